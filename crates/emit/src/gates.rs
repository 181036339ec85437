//! Jumps whose target the thread's own cache does not have.

use crate::asm::{Alu, Asm, Shift};
use crate::frame;
use crate::reg::{Cc, Gpr, Mem};
use crate::unit::JUMP;
use ashore_ir::{Extend, Size, Width};

/// The bits of an address that say which entry of the jump cache is its own.
pub(crate) const fn jump_mask(align_log2: u8) -> i32 {
    ((1 << frame::JUMPS_LOG2) - 1) << align_log2
}

/// Whether addresses have entries in the jump cache: not if instructions are too far apart.
pub(crate) const fn has_entries(align_log2: u8) -> bool {
    align_log2 <= 2
}

/// An entry of the jump cache, by those bits of an address in a register. Gives nothing if instructions are too far apart.
pub(crate) fn jump_entry(asm: &mut Asm, align_log2: u8, bits: Gpr) -> Option<impl Fn(usize) -> Mem + use<>> {
    // An entry has sixteen bytes.
    for _ in align_log2..2 {
        asm.alu(Alu::Add, Width::W32, bits, bits);
    }
    let index = Some((bits, 2));
    has_entries(align_log2).then_some(move |offset: usize| Mem { index, ..frame::place(frame::JUMPS + offset) })
}

/// Looks for the address in `rax` in the thread's own jump cache: writes how the flags come to say whether it is there; gives
/// where its code's address is then. `rcx` is free.
pub(crate) fn look(align_log2: u8, asm: &mut Asm) -> Option<Mem> {
    // The entry of an address: its lowest bits that differ between instructions.
    asm.mov(Width::W32, Gpr::RCX, Gpr::RAX);
    asm.alu_number(Alu::And, Width::W32, Gpr::RCX, jump_mask(align_log2));
    let at = jump_entry(asm, align_log2, Gpr::RCX)?;
    asm.alu(Alu::Cmp, Width::W64, Gpr::RAX, at(0));
    Some(at(8))
}

/// Writes what goes to the address in `rax` after a return that was not foreseen: what is known of calls is wrong. What it
/// does not find, it leaves to [`miss`], which is behind it.
pub(crate) fn lost(align_log2: u8, asm: &mut Asm) {
    asm.load(Size::B8, Extend::Zero, Gpr::RSP, frame::place(frame::RETURNS_START));
    let miss = asm.label();
    if let Some(there) = look(align_log2, asm) {
        asm.jcc(Cc::NotEqual, miss);
        asm.jmp_rm(there);
    }
    asm.bind(miss);
    asm.resolve();
}

/// Writes what looks for the address in `rax` in the table that all threads share, and leaves if it is not there. Registers are
/// where the outside has them; `rcx` and `rdx` are free.
pub(crate) fn miss(align_log2: u8, asm: &mut Asm) {
    let (pc, bits, entry) = (Gpr::RAX, Gpr::RCX, Gpr::RDX);
    let out = asm.label();
    asm.store(Size::B8, frame::place(frame::TARGET), pc);
    asm.mov(Width::W32, bits, pc);
    asm.alu_number(Alu::And, Width::W32, bits, ((1 << frame::TARGETS_LOG2) - 1) << align_log2);
    asm.load(Size::B8, Extend::Zero, entry, frame::place(frame::TARGETS));
    let index = Some((bits, 3u8.saturating_sub(align_log2)));
    asm.load(Size::B8, Extend::Zero, entry, Mem { index, ..Mem::at(entry, 0) });
    // What is left of the address, at the top: nothing is right of it, unless the address is odd or wild.
    let tag_log2 = frame::TARGETS_LOG2 + u32::from(align_log2);
    asm.alu(Alu::Sub, Width::W64, pc, bits);
    asm.shift(Shift::Rol, Width::W64, pc, (frame::TARGET_PLACE_LOG2 - tag_log2) as u8);
    let place = bits;
    asm.mov(Width::W32, place, entry);
    asm.alu_number(Alu::And, Width::W32, place, (1 << frame::TARGET_PLACE_LOG2) - 1);
    asm.jcc(Cc::Equal, out);
    asm.alu(Alu::Sub, Width::W64, entry, place);
    asm.alu(Alu::Cmp, Width::W64, entry, pc);
    asm.jcc(Cc::NotEqual, out);
    // The thread's own cache has it from now on.
    asm.alu(Alu::Add, Width::W64, place, frame::place(frame::CODE));
    asm.load(Size::B8, Extend::Zero, pc, frame::place(frame::TARGET));
    asm.mov(Width::W32, Gpr::RDX, pc);
    asm.alu_number(Alu::And, Width::W32, Gpr::RDX, jump_mask(align_log2));
    if let Some(at) = jump_entry(asm, align_log2, Gpr::RDX) {
        asm.store(Size::B8, at(0), pc);
        asm.store(Size::B8, at(8), place);
    }
    asm.jmp_rm(place);
    asm.bind(out);
    asm.number(Gpr::RAX, JUMP);
    asm.resolve();
}
