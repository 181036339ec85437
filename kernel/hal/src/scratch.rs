//! A program of a few instructions, until the kernel's core starts programs itself.

use alloc::sync::Arc;
use ashore_base::Addr;
use ashore_kernel_core::Kernel;
use ashore_kernel_core::call::Own;
use ashore_kernel_core::memory::Space;
use ashore_kernel_core::process::{Inner, Parts, Process};
use ashore_kernel_core::thread::Thread;

pub(crate) fn begin(kernel: &Kernel) {
    let space = Space::new(kernel.physical).unwrap();
    let at = space.map(&ashore_kernel_core::memory::MapRequest {
        place: ashore_kernel_core::memory::Place::Fixed(Addr(0x40_0000)),
        prot: ashore_kernel_core::memory::Prot::ALL,
        ..ashore_kernel_core::memory::MapRequest::plain(0x10000)
    });
    let code: [u32; 9] = [
        0xd2817713, // mov x19, #3000
        0xd2801588, // mov x8, #172
        0xd4000001, // svc 0
        0xf1000673, // subs x19, x19, #1
        0x54ffffa1, // b.ne -12
        0xd28000e0, // mov x0, #7
        0xd2800bc8, // mov x8, #94
        0xd4000001, // svc 0
        0,
    ];
    let bytes: alloc::vec::Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
    assert_eq!(space.copy_out(at.unwrap(), &bytes), bytes.len());
    let pid = kernel.new_id();
    let process = Process::new(pid, Inner::default(), pid, pid);
    let mut own = Own::default();
    own.context.regs.pc = 0x40_0000;
    let thread = Thread::new(pid, process.clone(), Parts::new(space, kernel.tree.root()), own);
    process.inner.lock().threads.push(thread.clone());
    kernel.start(&thread);
    let _ = Arc::clone(&thread);
}
