//! The kernel image: the machine, which starts the kernel's core, laid out by the linker script.
#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use ashore_kernel_hal as _;
