//! Flattened device trees (Devicetree Specification 0.4, chapter 5) as a row of events: firmware's word on what a machine has.
//!
//! Nothing is allocated and nothing is trusted: a blob that is cut or damaged ends the row with an error and its place.

use crate::Bytes;

/// First word of a blob.
const MAGIC: u32 = 0xd00d_feed;
/// Fields of the header.
const TOTAL_LEN_AT: u64 = 4;
const STRUCTURE_AT: u64 = 8;
const STRINGS_AT: u64 = 12;
const RESERVED_AT: u64 = 16;
/// Tokens of the structure.
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOTHING: u32 = 4;
const END: u32 = 9;

/// A blob whose header was read.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a> {
    blob: Bytes<'a>,
    structure: u64,
    strings: u64,
}

/// What comes next in a tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TreeEvent<'a> {
    /// A node begins, with this name; its properties come before its children.
    Begin(&'a [u8]),
    /// A property of the node that began last.
    Property {
        /// Its name.
        name: &'a [u8],
        /// Its value, numbers big-endian.
        value: &'a [u8],
    },
    /// The innermost open node ends.
    End,
}

/// What is wrong with a tree, and at which offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadTree {
    /// The offset in the blob.
    pub at: u64,
    /// What is wrong, as a sentence without a full stop.
    pub why: &'static str,
}

fn be32(bytes: Bytes<'_>, at: u64) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.array(at)?))
}

fn be64(bytes: Bytes<'_>, at: u64) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.array(at)?))
}

impl<'a> Tree<'a> {
    /// How many bytes the blob that begins with `header` has, if it is one: at least eight bytes are looked at.
    pub fn total_len(header: &[u8]) -> Option<u64> {
        (be32(Bytes(header), 0)? == MAGIC).then_some(u64::from(be32(Bytes(header), TOTAL_LEN_AT)?))
    }

    /// The tree in `blob`.
    pub fn new(blob: &'a [u8]) -> Result<Tree<'a>, BadTree> {
        let blob = Bytes(blob);
        let header = |at| be32(blob, at).map(u64::from).ok_or(BadTree { at, why: "the header is cut" });
        if header(0)? != u64::from(MAGIC) {
            return Err(BadTree { at: 0, why: "it does not begin with the magic 0xd00dfeed" });
        }
        if header(TOTAL_LEN_AT)? > blob.0.len() as u64 {
            return Err(BadTree { at: TOTAL_LEN_AT, why: "it is to have more bytes than there are" });
        }
        Ok(Tree { blob, structure: header(STRUCTURE_AT)?, strings: header(STRINGS_AT)? })
    }

    /// What it says, node by node. After an error comes nothing more.
    pub fn events(self) -> TreeEvents<'a> {
        TreeEvents { tree: self, at: Some(self.structure) }
    }

    /// The memory nobody may use: start and length of each piece.
    pub fn reserved(self) -> impl Iterator<Item = (u64, u64)> + 'a {
        let mut at = u64::from(be32(self.blob, RESERVED_AT).unwrap_or(u32::MAX));
        core::iter::from_fn(move || {
            let piece = (be64(self.blob, at)?, be64(self.blob, at + 8)?);
            at += 16;
            (piece.1 != 0).then_some(piece)
        })
    }
}

/// The events of a tree.
#[derive(Clone, Debug)]
pub struct TreeEvents<'a> {
    tree: Tree<'a>,
    at: Option<u64>,
}

impl<'a> TreeEvents<'a> {
    /// The event at `at` and where the next one is; `None` at the end.
    fn step(&self, mut at: u64) -> Result<Option<(TreeEvent<'a>, u64)>, BadTree> {
        let (blob, cut) = (self.tree.blob, |at, why| BadTree { at, why });
        loop {
            let token = be32(blob, at).ok_or(cut(at, "the structure ends without its end mark"))?;
            at += 4;
            match token {
                BEGIN_NODE => {
                    let name = blob.cstr(at).ok_or(cut(at, "a node's name has no end"))?;
                    return Ok(Some((TreeEvent::Begin(name), (at + name.len() as u64 + 1).next_multiple_of(4))));
                }
                END_NODE => return Ok(Some((TreeEvent::End, at))),
                PROPERTY => {
                    let short = cut(at, "a property is cut");
                    let (len, name_at) = (be32(blob, at).ok_or(short)?, be32(blob, at + 4).ok_or(short)?);
                    let value = blob.slice(at + 8, len.into()).ok_or(short)?;
                    let name = blob.cstr(self.tree.strings + u64::from(name_at)).unwrap_or_default();
                    let next = (at + 8 + u64::from(len)).next_multiple_of(4);
                    return Ok(Some((TreeEvent::Property { name, value }, next)));
                }
                NOTHING => {}
                END => return Ok(None),
                _ => return Err(cut(at - 4, "this is no token")),
            }
        }
    }
}

impl<'a> Iterator for TreeEvents<'a> {
    type Item = Result<TreeEvent<'a>, BadTree>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at.take()?;
        let step = self.step(at).transpose()?;
        Some(step.map(|(event, next)| {
            self.at = Some(next);
            event
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A blob of one node `a` with the property `p` of value `v`, and a reserved piece.
    fn blob() -> [u8; 108] {
        let words: [u32; 27] = [
            MAGIC,
            108,
            72,
            104,
            40,
            17,
            16,
            0,
            0,
            0,
            0,
            0x4000,
            0,
            0x1000,
            0,
            0,
            0,
            0,
            BEGIN_NODE,
            0x6100_0000,
            PROPERTY,
            1,
            0,
            0x7600_0000,
            END_NODE,
            END,
            0x7000_0000,
        ];
        let mut bytes = [0; 108];
        for (at, word) in bytes.chunks_exact_mut(4).zip(words) {
            at.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    #[test]
    fn a_tree_is_a_row_of_events() {
        let blob = blob();
        let tree = Tree::new(&blob).unwrap();
        assert_eq!(Tree::total_len(&blob), Some(108));
        assert!(tree.reserved().eq([(0x4000, 0x1000)]));
        let expected = [TreeEvent::Begin(b"a"), TreeEvent::Property { name: b"p", value: b"v" }, TreeEvent::End]
            .map(Ok::<_, BadTree>);
        assert!(tree.events().eq(expected));
    }

    #[test]
    fn damage_ends_the_row() {
        let good = blob();
        for len in 0..good.len() {
            if let Ok(tree) = Tree::new(&good[..len]) {
                tree.events().for_each(drop);
            }
        }
        for at in 0..good.len() {
            for value in [0, 1, 3, 9, 0x7f, 0xff] {
                let mut bad = good;
                bad[at] = value;
                if let Ok(tree) = Tree::new(&bad) {
                    assert!(tree.events().count() < 100 && tree.reserved().count() < 100);
                }
            }
        }
        assert_eq!(Tree::new(b"no tree").unwrap_err().at, 0);
    }
}
