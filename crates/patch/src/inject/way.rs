//! How one CPU's object files are completed: relocations as rows, and the little code that linking adds.

use super::{aarch64, riscv64, x86_64};
use ashore_base::{Addr, Cpu};

/// A relocation's row.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its number.
    pub(super) number: u32,
    /// Its name in the CPU's document.
    pub(super) name: &'static str,
    /// What is computed.
    pub(super) value: Value,
    /// How that is written.
    pub(super) field: Field,
}

/// What a relocation computes, from the symbol's address S, the addend A, the place P, and the address G of a word that holds S.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    /// Nothing: it is a hint to linkers that move code.
    Nothing,
    /// S + A in an instruction or a part of a word.
    Absolute,
    /// S + A in a whole word, which a loader can complete.
    Pointer,
    /// S + A - P.
    Relative,
    /// The same for a branch, which may go through an island.
    Branch,
    /// The distance of the pages of S + A and P.
    Page,
    /// S + A within its page.
    InPage,
    /// G + A - P, or S + A - P where the instruction can do without the word.
    Word,
    /// The same for pages.
    WordPage,
    /// The same within the page.
    WordInPage,
    /// What the relocation at S computes: its lower part.
    Low,
    /// S + A as one of several parts of a difference.
    Part,
    /// A place in a thread's own memory.
    ThreadLocal,
}

/// How a value is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// The values it can hold.
    pub(super) range: Range,
    /// Values are multiples of this.
    pub(super) unit: u64,
    /// Writes one at the start of the bytes; `None` when they are too few.
    pub(super) put: fn(&mut [u8], u64) -> Option<()>,
}

/// What can be done with a word that holds its function only after the first call through it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Late {
    /// Whoever calls what it holds comes to the function in the end.
    Call,
    /// Only [`Way::through`] comes to the function.
    GoThrough,
    /// Nothing.
    Nothing,
}

/// Values that can be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Range {
    /// All, or their lower part on purpose.
    Any,
    /// Numbers of so many bits with a sign.
    Signed(u32),
    /// Numbers of so many bits without a sign.
    Unsigned(u32),
    /// Either of the two.
    Either(u32),
    /// Numbers of 32 bits that are rounded to pages of 4 KiB because a signed lower part is added later.
    Rounded,
}

impl Range {
    /// Whether `value` fits.
    pub(super) fn contains(self, value: u64) -> bool {
        let signed = |bits: u32| {
            let unused = u64::BITS - bits;
            (value as i64) << unused >> unused == value as i64
        };
        let unsigned = |bits: u32| value >> bits == 0;
        match self {
            Range::Any => true,
            Range::Signed(bits) => signed(bits),
            Range::Unsigned(bits) => unsigned(bits),
            Range::Either(bits) => signed(bits) || unsigned(bits),
            Range::Rounded => i32::try_from((value as i64).wrapping_add(0x800)).is_ok(),
        }
    }
}

/// Numbers of `N` bytes.
pub(super) fn bytes<const N: usize>(place: &mut [u8], value: u64) -> Option<()> {
    let place = place.first_chunk_mut::<N>()?;
    place.iter_mut().zip(value.to_le_bytes()).for_each(|(byte, new)| *byte = new);
    Some(())
}

/// A field that takes nothing.
pub(super) const NONE: Field = Field { range: Range::Any, unit: 1, put: |_, _| Some(()) };
/// Eight bytes.
pub(super) const LONG: Field = Field { range: Range::Any, unit: 1, put: bytes::<8> };
/// Four bytes of a distance.
pub(super) const SIGNED_INT: Field = Field { range: Range::Signed(32), unit: 1, put: bytes::<4> };
/// Four bytes of a number.
pub(super) const INT: Field = Field { range: Range::Either(32), unit: 1, put: bytes::<4> };
/// Two bytes.
pub(super) const SHORT: Field = Field { range: Range::Either(16), unit: 1, put: bytes::<2> };
/// One byte.
pub(super) const BYTE: Field = Field { range: Range::Either(8), unit: 1, put: bytes::<1> };

/// A CPU's ways.
pub(crate) trait Way: Sync {
    /// Its relocations.
    fn rows(&self) -> &'static [Row];

    /// Whether an instruction of `row` that loads an address from a word can compute that address instead. `code` is the
    /// section, `offset` the relocation's.
    fn can_compute(&self, row: &Row, code: &[u8], offset: u64) -> bool;

    /// Makes it compute, and tells how the address is written now. `None` only where [`Way::can_compute`] said no.
    fn compute(&self, row: &Row, code: &mut [u8], offset: u64) -> Option<Field>;

    /// The same for the instruction that takes the lower part of what another, of [`Value::Word`], begins.
    fn compute_low(&self, code: &mut [u8], offset: u64) -> Option<()>;

    /// Makes a branch do nothing, which leads to a function that is missing.
    fn skip(&self, code: &mut [u8], offset: u64) -> Option<()>;

    /// How far behind the place of a branch's distance that distance is counted from.
    fn branch_base(&self) -> u64;

    /// Code that goes to where the word at `slot` says; it runs at `at` and is no function of its own. Lazily bound words of
    /// procedure linkage tables are found by what it leaves in registers, where `can_bind` says so.
    fn through(&self, at: Addr, slot: Addr) -> Option<Vec<u8>>;

    /// What can be done with a word that the loader completes when its function is first called.
    fn late(&self) -> Late;
}

impl Row {
    /// The row of `number` among `rows`.
    pub(super) fn find(rows: &'static [Row], number: u32) -> Option<&'static Row> {
        rows.binary_search_by_key(&number, |row| row.number).ok().and_then(|at| rows.get(at))
    }
}

/// The ways of `cpu`.
pub(crate) fn of(cpu: Cpu) -> &'static dyn Way {
    match cpu {
        Cpu::X86_64 => &x86_64::Amd64,
        Cpu::Aarch64 => &aarch64::Arm64,
        Cpu::Riscv64 => &riscv64::Rv64,
    }
}

/// The word of four bytes at the start of `place`, changed.
pub(super) fn word(place: &mut [u8], change: impl FnOnce(u32) -> u32) -> Option<()> {
    let place = place.first_chunk_mut::<4>()?;
    *place = change(u32::from_le_bytes(*place)).to_le_bytes();
    Some(())
}

/// The bytes from `offset` on.
pub(super) fn from(code: &mut [u8], offset: u64) -> Option<&mut [u8]> {
    code.get_mut(usize::try_from(offset).ok()?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_what_they_say() {
        assert!(Range::Signed(8).contains(-128i64 as u64) && !Range::Signed(8).contains(128));
        assert!(Range::Unsigned(8).contains(255) && !Range::Unsigned(8).contains(-1i64 as u64));
        assert!(Range::Either(8).contains(255) && Range::Either(8).contains(-1i64 as u64));
        assert!(!Range::Rounded.contains(0x7fff_f800) && Range::Rounded.contains(0x7fff_f7ff));
    }
}
