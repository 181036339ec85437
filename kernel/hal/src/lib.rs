//! The machine under the kernel: the only unsafe code of it.
#![no_std]
