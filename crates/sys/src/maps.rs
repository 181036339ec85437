//! What is mapped at an address, as the kernel tells it.

use ashore_base::{Addr, AddrRange, PAGE_SIZE};

/// Instructions may be fetched.
pub const PROT_EXEC: u32 = 4;

/// The mapping that holds an address, and its permissions. Where the kernel does not tell mappings, every page counts as
/// one with all permissions: an access then says the rest.
pub fn mapped_at(at: Addr) -> Option<(AddrRange, u32)> {
    let Ok(text) = std::fs::read("/proc/self/maps") else {
        let start = at.align_down(PAGE_SIZE);
        return Some((AddrRange { start, end: start.plus(PAGE_SIZE) }, 7));
    };
    text.split(|byte| *byte == b'\n').filter_map(row).find(|(range, _)| range.contains(at))
}

/// The range and permissions of one line: `401000-402000 r-xp ...`.
fn row(line: &[u8]) -> Option<(AddrRange, u32)> {
    let mut words = line.split(|byte| *byte == b' ');
    let (range, perms) = (words.next()?, words.next()?);
    let mut ends =
        range.split(|byte| *byte == b'-').map(|digits| u64::from_str_radix(str::from_utf8(digits).ok()?, 16).ok());
    let (start, end) = (ends.next()??, ends.next()??);
    let prot = [(b'r', 1), (b'w', 2), (b'x', PROT_EXEC)];
    let prot = prot.iter().zip(perms).filter(|((letter, _), seen)| letter == *seen).map(|((_, bit), _)| bit).sum();
    Some((AddrRange { start: Addr(start), end: Addr(end) }, prot))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_text_is_executable_and_nothing_is_at_null() {
        let own = mapped_at as *const () as u64;
        let (range, prot) = mapped_at(Addr(own)).unwrap();
        assert!(range.contains(Addr(own)) && prot & PROT_EXEC != 0 && prot & 2 == 0, "{range:?} {prot}");
        assert!(mapped_at(Addr(8)).is_none());
    }
}
