//! The kernel's own half: its image, all RAM, the devices it uses, and a stack for every CPU.
//!
//! Code is read-only, the rest of the image and RAM are not code, and the image's code and constants are not in the direct map.
//! Below each stack a page is missing.

use super::{ACCESSED, DEVICE, ENTRIES, NEVER_KERNEL, NEVER_USER, READ_ONLY, SHARED, TABLE, VALID, WHERE, nth, span};
use crate::head::KERNEL;
use crate::memory::{DEVICES, DIRECT, PAGE, direct};
use core::sync::atomic::{AtomicU64, Ordering};

/// Stacks of CPUs: each has a window, and ends where its window ends.
const STACKS: u64 = 0xffff_ffff_c000_0000;
const STACK_WINDOW: u64 = 0x4_0000;
/// Bytes of a stack.
pub(crate) const STACK_LEN: u64 = 0x2_0000;

/// The end of a CPU's stack.
pub(crate) const fn stack_of(cpu: usize) -> u64 {
    STACKS + STACK_WINDOW * (cpu as u64 + 1)
}

/// What a part of the kernel's half is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Code.
    Code,
    /// Constants.
    Constant,
    /// Data.
    Data,
    /// Registers of a device.
    Device,
}

impl Kind {
    const fn bits(self) -> u64 {
        let all = VALID | ACCESSED | SHARED | NEVER_USER;
        match self {
            Kind::Code => all | READ_ONLY,
            Kind::Constant => all | READ_ONLY | NEVER_KERNEL,
            Kind::Data => all | NEVER_KERNEL,
            Kind::Device => all | DEVICE | NEVER_KERNEL,
        }
    }
}

unsafe extern "C" {
    static _head: u8;
    static _text_end: u8;
    static _rodata_end: u8;
    static _end: u8;
    fn _root(root: u64, delta: u64);
}

/// Where the parts of the image end, as offsets in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image {
    /// Where it lies.
    pub(crate) physical: u64,
    /// Code ends.
    pub(crate) text: u64,
    /// Constants end.
    pub(crate) rodata: u64,
    /// Everything ends.
    pub(crate) len: u64,
}

impl Image {
    /// The running image, which lies at `physical`.
    pub(crate) fn at(physical: u64) -> Image {
        let (head, text) = (&raw const _head as u64, &raw const _text_end as u64);
        let (rodata, end) = (&raw const _rodata_end as u64, &raw const _end as u64);
        Image { physical, text: text - head, rodata: rodata - head, len: end - head }
    }
}

/// The kernel's half while it is built and afterwards.
#[derive(Debug)]
pub(crate) struct KernelSpace {
    root: u64,
    image: Image,
}

/// Where tables and stacks come from: RAM that is free for ever, zeroed when taken.
pub(crate) type Pages<'a> = &'a mut dyn FnMut() -> u64;

fn table(physical: u64) -> &'static [AtomicU64; ENTRIES] {
    // SAFETY: tables are whole pages of RAM that is in the direct map (the early one or the final one), and are only ever seen
    // as words.
    unsafe { &*direct(physical).cast() }
}

impl KernelSpace {
    /// The half with the image in it.
    pub(crate) fn new(image: Image, pages: Pages<'_>) -> KernelSpace {
        let space = KernelSpace { root: pages(), image };
        let parts = [
            (0, image.text, Kind::Code),
            (image.text, image.rodata, Kind::Constant),
            (image.rodata, image.len, Kind::Data),
        ];
        for (from, to, kind) in parts {
            space.map(KERNEL + from, image.physical + from, to - from, kind, pages);
        }
        space
    }

    /// Maps a part, in blocks of 2 MiB where that fits. It was not mapped before.
    fn map(&self, at: u64, physical: u64, len: u64, kind: Kind, pages: Pages<'_>) {
        let mut done = 0;
        while done < len {
            let (from, to) = (at + done, physical + done);
            let is_block = (from | to).is_multiple_of(span(2)) && len - done >= span(2);
            let last = if is_block { 2 } else { 3 };
            let mut physical_table = self.root;
            for level in 0..last {
                let entry = &table(physical_table)[nth(from, level)];
                let mut value = entry.load(Ordering::Relaxed);
                if value & VALID == 0 {
                    value = pages() | TABLE | VALID;
                    entry.store(value, Ordering::Relaxed);
                }
                physical_table = value & WHERE;
            }
            let page = if is_block { 0 } else { TABLE };
            table(physical_table)[nth(from, last)].store(to | kind.bits() | page, Ordering::Relaxed);
            done += span(last);
        }
    }

    /// Puts a range of RAM into the direct map, without the image's code and constants.
    pub(crate) fn add_ram(&self, start: u64, end: u64, pages: Pages<'_>) {
        let (hole, hole_end) = (self.image.physical, self.image.physical + self.image.rodata);
        for (from, to) in [(start, end.min(hole)), (start.max(hole_end), end)] {
            if from < to && !(from >= hole && to <= hole_end) {
                self.map(DIRECT + from, from, to - from, Kind::Data, pages);
            }
        }
    }

    /// Maps the registers of a device; twice the same is allowed.
    pub(crate) fn add_device(&self, start: u64, len: u64, pages: Pages<'_>) {
        let page = PAGE as u64;
        let (from, to) = (start / page * page, (start + len).next_multiple_of(page));
        for at in (from..to).step_by(PAGE) {
            self.map(DEVICES + at, at, page, Kind::Device, pages);
        }
    }

    /// Gives a CPU its stack.
    pub(crate) fn add_stack(&self, cpu: usize, pages: Pages<'_>) {
        let end = stack_of(cpu);
        for at in (end - STACK_LEN..end).step_by(PAGE) {
            let page = pages();
            self.map(at, page, PAGE as u64, Kind::Data, pages);
        }
    }

    /// The table's physical address.
    pub(crate) fn root(&self) -> u64 {
        self.root
    }

    /// Makes this the half the calling CPU runs in, instead of the early one.
    pub(crate) fn enter(&self) {
        crate::registers::barrier!("dsb ish");
        // SAFETY: the image is mapped at the same addresses as now, and the routine runs in the lower half meanwhile, where the
        // first steps have left the image's own addresses.
        unsafe { _root(self.root, self.image.physical.wrapping_sub(KERNEL)) }
    }
}
