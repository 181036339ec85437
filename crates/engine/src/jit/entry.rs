//! A unit's first bytes, which a jump may replace.

/// How many they are.
pub(super) const ENTRY_LEN: usize = 5;
const MASK: u64 = (1 << (8 * ENTRY_LEN)) - 1;

fn jump(entry: u32, to: u32) -> u64 {
    0xe9 | u64::from(to.wrapping_sub(entry + ENTRY_LEN as u32)) << 8
}

/// The first eight bytes with a jump in front.
pub(super) fn with_jump(word: u64, entry: u32, to: u32) -> u64 {
    word & !MASK | jump(entry, to)
}

/// Where such a jump at an entry leads, if that is one.
pub(super) fn jumps_to(word: u64, entry: u32) -> Option<u32> {
    let to = ((word >> 8) as u32).wrapping_add(entry + ENTRY_LEN as u32);
    (word & MASK == jump(entry, to)).then_some(to)
}
