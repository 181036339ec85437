//! Short pieces of code: branches, nothing, a returned number, a counter.

use crate::code::Unencodable;
use alloc::vec::Vec;
use ashore_base::Addr;

/// How far a 32-bit distance reaches either way.
pub(super) const REACH: u64 = 1 << 31;
/// How long a branch with a 32-bit distance is.
pub(super) const BRANCH_LEN: u64 = 5;
/// What fills bytes that never run: a breakpoint.
pub(super) const INT3: u8 = 0xcc;

/// The distance a field of 32 bits holds, counted from `next`, where the following instruction starts.
pub(super) fn distance(at: Addr, next: Addr, target: Addr) -> Result<i32, Unencodable> {
    let distance = target.0.wrapping_sub(next.0) as i64;
    i32::try_from(distance).map_err(|_| Unencodable::OutOfRange { at, target, reach: REACH })
}

/// `opcode` and a 32-bit distance behind it, at `at`.
pub(super) fn relative(at: Addr, opcode: &[u8], target: Addr) -> Result<Vec<u8>, Unencodable> {
    let distance = distance(at, at.plus(opcode.len() as u64 + 4), target)?;
    let mut bytes = opcode.to_vec();
    bytes.extend(distance.to_le_bytes());
    Ok(bytes)
}

/// `jmp target`. The two-byte form is not used, so that how long a branch is does not depend on where it goes.
pub(super) fn branch(at: Addr, target: Addr) -> Result<Vec<u8>, Unencodable> {
    relative(at, &[0xe9], target)
}

/// `jmp target`, or through the eight bytes behind the instruction where the target is out of its reach.
pub(super) fn far_branch(at: Addr, target: Addr) -> Vec<u8> {
    branch(at, target).unwrap_or_else(|_| through(0x25, target))
}

/// `jmp [rip]` or, by another second byte, what else takes its target from the eight bytes behind it.
fn through(form: u8, target: Addr) -> Vec<u8> {
    let mut bytes = alloc::vec![0xff, form, 0, 0, 0, 0];
    bytes.extend(target.0.to_le_bytes());
    bytes
}

/// Puts `value` in rax and returns.
pub(super) fn return_value(value: u64) -> Vec<u8> {
    const RET: u8 = 0xc3;
    let mut bytes = Vec::new();
    if value == 0 {
        // xor eax, eax
        bytes.extend([0x31, 0xc0]);
    } else if let Ok(low) = u32::try_from(value) {
        // mov eax, imm32, which clears the upper half.
        bytes.push(0xb8);
        bytes.extend(low.to_le_bytes());
    } else if let Ok(signed) = i32::try_from(value as i64) {
        // mov rax, imm32, sign-extended.
        bytes.extend([0x48, 0xc7, 0xc0]);
        bytes.extend(signed.to_le_bytes());
    } else {
        bytes.extend([0x48, 0xb8]);
        bytes.extend(value.to_le_bytes());
    }
    bytes.push(RET);
    bytes
}

/// The forms of nothing the manuals recommend, by length.
const NOTHING: [&[u8]; 9] = [
    &[0x90],
    &[0x66, 0x90],
    &[0x0f, 0x1f, 0x00],
    &[0x0f, 0x1f, 0x40, 0x00],
    &[0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
    &[0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

/// Does nothing for `len` bytes, with as few instructions as possible.
pub(super) fn nothing(len: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut left = usize::try_from(len).unwrap_or(usize::MAX);
    while left > 0 {
        let form = NOTHING.iter().rev().find(|form| form.len() <= left).copied().unwrap_or(&[0x90]);
        bytes.extend_from_slice(form);
        left -= form.len();
    }
    bytes
}

/// Adds one to the word at `counter`. The flags change: nobody expects them to survive the entry of a function.
///
/// A counter out of reach takes a register, kept on the stack meanwhile: no register is free under both the C and the Go
/// convention, and below the stack pointer nothing is alive at an entry.
pub(super) fn count(at: Addr, counter: Addr) -> Vec<u8> {
    // lock inc qword [rip + distance]
    if let Ok(bytes) = relative(at, &[0xf0, 0x48, 0xff, 0x05], counter) {
        return bytes;
    }
    // push rax; mov rax, counter; lock inc qword [rax]; pop rax
    let mut bytes = alloc::vec![0x50, 0x48, 0xb8];
    bytes.extend(counter.0.to_le_bytes());
    bytes.extend([0xf0, 0x48, 0xff, 0x00, 0x58]);
    bytes
}

/// How long the instruction is that marks the start of a function as a place indirect branches may go to (`endbr64`), or 0.
/// A detour written behind it leaves the mark where it is.
pub fn landing_pad_len(bytes: &[u8]) -> u64 {
    const ENDBR64: [u8; 4] = [0xf3, 0x0f, 0x1e, 0xfa];
    if bytes.starts_with(&ENDBR64) { ENDBR64.len() as u64 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_branch_reaches_two_gigabytes() {
        assert_eq!(hex(&branch(Addr(0x1000), Addr(0x1005)).unwrap()), "e900000000");
        assert_eq!(hex(&branch(Addr(0x1000), Addr(0x1000)).unwrap()), "e9fbffffff");
        assert!(branch(Addr(0x1000), Addr(0x8000_1004)).is_ok());
        assert!(branch(Addr(0x1000), Addr(0x8000_1005)).is_err());
        assert_eq!(
            hex(&far_branch(Addr(0x1000), Addr(0x1122_3344_5566))),
            "ff2500000000665544332211 0000".replace(' ', "")
        );
        assert_eq!(hex(&far_branch(Addr(0x1000), Addr(0x1005))), "e900000000");
    }

    #[test]
    fn a_value_is_returned_by_the_shortest_move() {
        assert_eq!(hex(&return_value(0)), "31c0c3");
        assert_eq!(hex(&return_value(7)), "b807000000c3");
        assert_eq!(hex(&return_value(u64::MAX)), "48c7c0ffffffffc3");
        assert_eq!(hex(&return_value(1 << 40)), "48b80000000000010000c3");
    }

    #[test]
    fn nothing_has_the_length_asked_for() {
        for len in 0..64 {
            let bytes = nothing(len);
            assert_eq!(bytes.len() as u64, len);
            let mut decoder = iced_x86::Decoder::new(64, &bytes, 0);
            assert!(decoder.iter().all(|i| i.mnemonic() == iced_x86::Mnemonic::Nop), "{len}");
        }
    }

    #[test]
    fn a_far_counter_takes_a_register_and_gives_it_back() {
        assert_eq!(hex(&count(Addr(0x1000), Addr(0x2000))), "f048ff05f80f0000");
        assert_eq!(hex(&count(Addr(0x1000), Addr(0x2000_0000_0000))), "5048b80000000000200000f048ff0058");
    }

    #[test]
    fn the_mark_at_an_entry_is_seen() {
        assert_eq!(landing_pad_len(&[0xf3, 0x0f, 0x1e, 0xfa, 0x55]), 4);
        assert_eq!(landing_pad_len(&[0x55]), 0);
    }
}
