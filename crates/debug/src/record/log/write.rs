//! Writing frames into a buffer.

use super::{Head, MAGIC, Tag, VERSION};

/// How long a tag and a length are.
const FRAME_HEAD: usize = 5;
/// The first bits of a number, and the mark that more follow.
const GROUP: u64 = 0x7f;
const MORE: u8 = 0x80;

/// Bytes that are written one after the other. What it once held stays: filling it again costs no zeroing.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    len: usize,
}

impl Buffer {
    /// One that holds so many bytes before it grows.
    pub fn new(capacity: usize) -> Buffer {
        Buffer { bytes: vec![0; capacity], len: 0 }
    }

    /// What was written.
    pub fn written(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// How much was written.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets what was written.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// The next `len` bytes, to be filled.
    #[inline]
    fn take(&mut self, len: usize) -> &mut [u8] {
        let end = self.len + len;
        if end > self.bytes.len() {
            self.grow(end);
        }
        let start = std::mem::replace(&mut self.len, end);
        self.bytes.get_mut(start..end).unwrap_or_default()
    }

    #[cold]
    fn grow(&mut self, end: usize) {
        self.bytes.resize(end.max(self.bytes.len() * 2), 0);
    }

    #[inline]
    fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        if let Some(place) = self.take(N).first_chunk_mut::<N>() {
            *place = bytes;
        }
    }
}

/// The beginning of a file.
pub fn begin(into: &mut Buffer) {
    into.put(*MAGIC);
    into.put(VERSION.to_le_bytes());
}

/// The first frame.
pub fn head(into: &mut Buffer, head: &Head) {
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
    into: &'a mut Buffer,
    start: usize,
}

impl<'a> Frame<'a> {
    /// Begins a frame at the end of a buffer.
    pub fn new(into: &'a mut Buffer, tag: Tag) -> Frame<'a> {
        let start = into.len;
        into.put([tag as u8, 0, 0, 0, 0]);
        Frame { into, start }
    }

    /// Begins the answer of a Linux call, all but what it wrote.
    pub fn linux(into: &'a mut Buffer, sys: u16, check: u32, result: u64, sent: u32) -> Frame<'a> {
        let start = into.len;
        let [s0, s1] = sys.to_le_bytes();
        let [c0, c1, c2, c3] = check.to_le_bytes();
        let [w0, w1, w2, w3] = sent.to_le_bytes();
        into.put([Tag::Linux as u8, 0, 0, 0, 0, s0, s1, c0, c1, c2, c3]);
        into.put(result.to_le_bytes());
        into.put([w0, w1, w2, w3]);
        Frame { into, start }
    }

    /// Adds one byte.
    pub fn byte(&mut self, byte: u8) {
        self.into.put([byte]);
    }

    /// Adds 16 bits.
    pub fn half(&mut self, half: u16) {
        self.into.put(half.to_le_bytes());
    }

    /// Adds 32 bits.
    pub fn word(&mut self, word: u32) {
        self.into.put(word.to_le_bytes());
    }

    /// Adds 64 bits.
    pub fn long(&mut self, long: u64) {
        self.into.put(long.to_le_bytes());
    }

    /// Adds eight words of 64 bits: which of them are not 0, and those.
    pub fn longs(&mut self, longs: &[u64; 8]) {
        const LEN: usize = 8;
        let mut bytes = [0; 1 + 8 * LEN];
        let (mut mask, mut len) = (0, 1);
        for (at, long) in longs.iter().enumerate() {
            if let Some(place) = bytes.get_mut(len..len + LEN).filter(|_| *long != 0) {
                place.copy_from_slice(&long.to_le_bytes());
                mask |= 1 << at;
                len += LEN;
            }
        }
        if let Some(first) = bytes.first_mut() {
            *first = mask;
        }
        // All of it is written, and what is too much is forgotten.
        let end = self.into.len + len;
        self.into.put(bytes);
        self.into.len = end;
    }

    /// Adds a number.
    pub fn number(&mut self, mut number: u64) {
        while number > GROUP {
            self.byte((number & GROUP) as u8 | MORE);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    /// Adds bytes and how many they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.rest(bytes);
    }

    /// Adds bytes without their number: they end the frame.
    pub fn rest(&mut self, bytes: &[u8]) {
        self.into.take(bytes.len()).copy_from_slice(bytes);
    }

    /// Adds what a call wrote: so many bytes, 32 bits of them, that `fill` fills in; none when it cannot.
    pub fn filled(&mut self, len: u32, fill: impl FnOnce(&mut [u8]) -> bool) {
        let start = self.into.len;
        self.word(len);
        if !fill(self.into.take(len as usize)) {
            self.into.len = start;
            self.word(0);
        }
    }

    /// The same with bytes that are there.
    pub fn output(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u32);
        self.rest(bytes);
    }

    /// Ends the frame.
    pub fn end(self) {
        let len = (self.into.len - self.start - FRAME_HEAD) as u32;
        if let Some(place) = self.into.bytes.get_mut(self.start + 1..self.start + FRAME_HEAD) {
            place.copy_from_slice(&len.to_le_bytes());
        }
    }
}
