//! The export trie: names other files bind to, each with an offset from the header.

use super::{commands::Commands, table::*, uleb::Reader};
use ashore_image::FileRange;
use std::collections::BTreeSet;

/// Flags of an export: where its kind is, that another file has it, and that a function chooses the address.
const KIND_MASK: u64 = 3;
const KIND_REGULAR: u64 = 0;
const IS_ELSEWHERE: u64 = 8;
const HAS_RESOLVER: u64 = 16;

/// An address in the trie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Export {
    /// Its bytes in the file.
    pub(super) file: FileRange,
    /// The offset from the header that they say.
    pub(super) value: u64,
}

/// Where the trie is in the file; none when there is none or it is empty.
pub(super) fn trie(commands: &Commands) -> Option<FileRange> {
    let own = commands.find(LC_DYLD_EXPORTS_TRIE).map(|command| command.stretch(8));
    let info = commands.find(LC_DYLD_INFO_ONLY).or_else(|| commands.find(LC_DYLD_INFO));
    let range = own.or_else(|| info.map(|command| command.stretch(40)))?;
    (range.len > 0).then(|| commands.in_file(range))
}

/// Every address in the trie at `range`.
pub(super) fn exports(file: &[u8], range: FileRange) -> Vec<Export> {
    let bytes = range.of(file).unwrap_or_default();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut waiting = vec![0usize];
    while let Some(node) = waiting.pop() {
        // Two ways to one node do not exist; damage could make a circle.
        if seen.insert(node) {
            let _ = visit(bytes, range.offset, node, &mut found, &mut waiting);
        }
    }
    found
}

fn visit(bytes: &[u8], base: u64, node: usize, found: &mut Vec<Export>, waiting: &mut Vec<usize>) -> Option<()> {
    let mut reader = Reader::from(bytes, node);
    let len = usize::try_from(reader.uleb()?).ok()?;
    let children = reader.at.checked_add(len)?;
    if len > 0 {
        let flags = reader.uleb()?;
        if flags & IS_ELSEWHERE == 0 && flags & KIND_MASK == KIND_REGULAR {
            for _ in 0..if flags & HAS_RESOLVER != 0 { 2 } else { 1 } {
                let start = reader.at;
                let value = reader.uleb()?;
                let file = FileRange { offset: base + start as u64, len: (reader.at - start) as u64 };
                found.push(Export { file, value });
            }
        }
    }
    let mut reader = Reader::from(bytes, children);
    for _ in 0..reader.byte()? {
        reader.text()?;
        waiting.push(usize::try_from(reader.uleb()?).ok()?);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_the_whole_trie() {
        // "_a" at 0x10, "_ab" at 0x80, and a name of another library.
        let trie = [
            0, 1, b'_', b'a', 0, 5, // the root: one child
            2, 0, 0x10, 2, b'b', 0, 16, b'c', 0, 21, // "_a"
            3, 0, 0x80, 1, 0, // "_ab"
            2, 8, 1, 0, // "_ac", from library 1
        ];
        // Child offsets are given from the trie's start: the node of "_a" stands at 6.
        let mut trie = trie.to_vec();
        trie[5] = 6;
        let range = FileRange { offset: 0, len: trie.len() as u64 };
        let mut values: Vec<_> = exports(&trie, range).iter().map(|export| (export.value, export.file.len)).collect();
        values.sort_unstable();
        assert_eq!(values, [(0x10, 1), (0x80, 2)]);
        trie[15] = 0;
        assert!(!exports(&trie, range).is_empty());
    }
}
