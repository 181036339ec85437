//! Writing frames into a buffer.

use super::{Head, MAGIC, Tag, VERSION};

/// How long a tag and a length are.
const FRAME_HEAD: usize = 5;
/// The first bits of a number, and the mark that more follow.
const GROUP: u64 = 0x7f;
const MORE: u8 = 0x80;

/// The beginning of a file.
pub fn begin(into: &mut Vec<u8>) {
    into.extend_from_slice(MAGIC);
    into.extend_from_slice(&VERSION.to_le_bytes());
}

/// The first frame.
pub fn head(into: &mut Vec<u8>, head: &Head) {
    let mut frame = Frame::new(into, Tag::Head);
    for text in [&head.version, &head.os, &head.cpu] {
        frame.bytes(text.as_bytes());
    }
    frame.bytes(&head.path);
    frame.number(head.program_len);
    frame.number(head.program_hash);
    match &head.root {
        Some(root) => {
            frame.number(1);
            frame.bytes(root);
        }
        None => frame.number(0),
    }
    for list in [&head.args, &head.env] {
        frame.number(list.len() as u64);
        list.iter().for_each(|text| frame.bytes(text));
    }
    frame.end();
}

/// A frame that is being written.
#[derive(Debug)]
pub struct Frame<'a> {
    into: &'a mut Vec<u8>,
    start: usize,
}

impl<'a> Frame<'a> {
    /// Begins a frame at the end of a buffer.
    pub fn new(into: &'a mut Vec<u8>, tag: Tag) -> Frame<'a> {
        let start = into.len();
        into.extend_from_slice(&[tag as u8, 0, 0, 0, 0]);
        Frame { into, start }
    }

    /// Adds one byte.
    pub fn byte(&mut self, byte: u8) {
        self.into.push(byte);
    }

    /// Adds a number.
    pub fn number(&mut self, number: u64) {
        if number <= GROUP {
            return self.into.push(number as u8);
        }
        let mut groups = [0; 10];
        let (mut rest, mut len) = (number, 0);
        for group in &mut groups {
            *group = (rest & GROUP) as u8 | MORE;
            rest >>= 7;
            len += 1;
            if rest == 0 {
                *group &= !MORE;
                break;
            }
        }
        self.into.extend_from_slice(groups.get(..len).unwrap_or_default());
    }

    /// Adds bytes and how many they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.into.extend_from_slice(bytes);
    }

    /// Adds bytes without their number: they end the frame.
    pub fn rest(&mut self, bytes: &[u8]) {
        self.into.extend_from_slice(bytes);
    }

    /// Adds `len` bytes that `fill` fills in, and how many they are: none when it cannot.
    pub fn filled(&mut self, len: usize, fill: impl FnOnce(&mut [u8]) -> bool) {
        let start = self.into.len();
        self.number(len as u64);
        let bytes = self.into.len();
        self.into.resize(bytes + len, 0);
        if !self.into.get_mut(bytes..).is_some_and(fill) {
            self.into.truncate(start);
            self.number(0);
        }
    }

    /// Ends the frame.
    pub fn end(self) {
        let len = (self.into.len() - self.start - FRAME_HEAD) as u32;
        if let Some(place) = self.into.get_mut(self.start + 1..self.start + FRAME_HEAD) {
            place.copy_from_slice(&len.to_le_bytes());
        }
    }
}
