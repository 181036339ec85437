//! The machine under the kernel: the only unsafe code of it.
//!
//! An image is entered at [`head`] without a stack or translation, and goes on in [`start`], which reads the device tree,
//! maps the kernel ([`space`]) and hands a [`machine`] to the kernel's core. From then on everything begins in the core:
//! it asks the machine to run a program's thread, and the [`vectors`] bring control back to whoever asked.
//!
//! Deliberately absent: interrupts inside the kernel, kernel threads, and any access to memory through a program's own
//! addresses. Frames are read and written through the direct map of all RAM.
#![no_std]

extern crate alloc;

mod board;
mod bytes;
mod clock;
mod console;
mod cpu;
mod crash;
mod firmware;
mod head;
mod heap;
mod identity;
mod inbox;
mod interrupts;
mod machine;
mod memory;
mod random;
mod registers;
mod space;
mod start;
mod symbols;
mod trap;
mod vectors;
mod virtio;
