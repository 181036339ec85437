//! The calls that the kernel records, told while the machine runs: they are read out of its memory.

use super::terminal::Lines;
use ashore_base::trace::{CHUNKS, Header, Outcome, RECORD, at};
use ashore_base::{Addr, Bytes};
use ashore_debug::trace::Decoder;
use ashore_guest::linux::arm64;
use ashore_pivot::{Errno, Memory};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// Bytes of a word.
const WORD: u64 = 8;
/// The largest ring that is believed.
const MOST_RECORDS: u64 = 1 << 20;

/// Tells calls as they come.
pub(super) struct Teller {
    memory: File,
    decoder: Decoder,
    out: Box<dyn Write + Send>,
    lines: Lines,
    /// The record to tell next.
    next: u64,
    /// What threads wait for.
    waiting: BTreeMap<u64, String>,
    /// Why the trace has an end before its end.
    failed: Option<io::Error>,
}

impl Teller {
    pub(super) fn new(memory: File, out: Box<dyn Write + Send>, lines: Lines) -> Teller {
        let decoder = Decoder::new(&arm64::OS);
        Teller { memory, decoder, out, lines, next: 0, waiting: BTreeMap::new(), failed: None }
    }

    /// Tells what is new.
    pub(super) fn look(&mut self) {
        let Some(ring) = self.ring() else { return };
        let (Some(records), Some(total)) = (self.word(ring, Header::RECORDS), self.word(ring, Header::TOTAL)) else {
            return;
        };
        if records == 0 || records > MOST_RECORDS {
            return;
        }
        let oldest = total.saturating_sub(records);
        if self.next < oldest {
            self.say(&format!("... {} calls are lost", oldest - self.next));
            self.next = oldest;
        }
        while self.next < total {
            let place = ring + (Header::LEN as u64 + self.next % records * RECORD as u64) * WORD;
            let mut bytes = [0; RECORD * WORD as usize];
            if self.memory.read_exact_at(&mut bytes, place).is_err() {
                return;
            }
            let record = Record(bytes);
            // It may have been written over meanwhile, or be half written still.
            if record.word(at::NUMBER) == self.next + 1 && record.word(at::PLACE) == self.next {
                self.tell(&record);
            } else if record.word(at::NUMBER) <= self.next {
                return;
            }
            self.next += 1;
        }
    }

    /// Tells the rest, after the machine's end; why not all was told, if so.
    pub(super) fn finish(mut self) -> Option<io::Error> {
        self.look();
        for line in std::mem::take(&mut self.waiting).into_values() {
            self.say(&format!("{line} (to the end)"));
        }
        let flushed = self.out.flush();
        self.failed.or(flushed.err())
    }

    fn tell(&mut self, record: &Record) {
        let ids = record.word(at::IDS);
        let (process, thread) = (ids >> 32, ids & u64::from(u32::MAX));
        let who = if process == thread { format!("{process}") } else { format!("{process}.{thread}") };
        let args: Vec<u64> = (0..6).map(|nth| record.word(at::ARGS + nth)).collect();
        let outcome = record.word(at::OUTCOME);
        let result = (outcome == Outcome::DONE).then(|| record.word(at::RESULT));
        let line = self.decoder.line(record.word(at::CALL), &args, result, Some(&record.pieces()));
        let line = format!("{who:>5} {line}");
        if outcome == Outcome::WAITS {
            self.waiting.insert(ids, line);
        } else {
            self.waiting.remove(&ids);
            self.say(&line);
        }
    }

    fn say(&mut self, line: &str) {
        if self.failed.is_none() {
            self.failed = self.out.write_all(&self.lines.ended(format!("{line}\n").as_bytes())).err();
        }
    }

    /// Where the ring is, from the start of the memory, once the kernel has said so.
    fn ring(&self) -> Option<u64> {
        let mailbox = super::mailbox::read(&self.memory)?;
        let ring = mailbox.trace_at.checked_sub(mailbox.ram_at).filter(|_| mailbox.trace_at != 0)?;
        (self.word(ring, Header::MAGIC_AT)? == Header::MAGIC).then_some(ring)
    }

    fn word(&self, from: u64, nth: usize) -> Option<u64> {
        let mut bytes = [0; WORD as usize];
        self.memory.read_exact_at(&mut bytes, from + nth as u64 * WORD).ok()?;
        Some(u64::from_le_bytes(bytes))
    }
}

/// A record's words.
struct Record([u8; RECORD * WORD as usize]);

impl Record {
    fn word(&self, nth: usize) -> u64 {
        Bytes(&self.0).u64(nth as u64 * WORD).unwrap_or_default()
    }

    fn pieces(&self) -> Pieces<'_> {
        let piece = |nth: usize| {
            let first = at::CHUNKS + nth * CHUNKS.words;
            let len = self.word(first + 1).min(CHUNKS.len as u64);
            let bytes = Bytes(&self.0).slice((first as u64 + 2) * WORD, len)?;
            (len > 0).then(|| (self.word(first), bytes))
        };
        Pieces((0..CHUNKS.count).filter_map(piece).collect())
    }
}

/// The program's memory, as far as it came with the record.
struct Pieces<'a>(Vec<(u64, &'a [u8])>);

impl Pieces<'_> {
    fn from(&self, at: Addr) -> Result<&[u8], Errno> {
        let rest = |(start, bytes): &(u64, &'_ [u8])| {
            let offset = at.0.checked_sub(*start).and_then(|offset| usize::try_from(offset).ok())?;
            bytes.len().checked_sub(offset).filter(|left| *left > 0).map(|_| offset)
        };
        let found = self.0.iter().find_map(|piece| Some((piece.1, rest(piece)?)));
        found.and_then(|(bytes, offset)| bytes.get(offset..)).ok_or(Errno::EFAULT)
    }
}

impl Memory for Pieces<'_> {
    fn read(&self, from: Addr, into: &mut [u8]) -> Result<(), Errno> {
        let bytes = self.from(from)?;
        into.copy_from_slice(bytes.get(..into.len()).ok_or(Errno::EFAULT)?);
        Ok(())
    }

    fn write(&self, _: Addr, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EFAULT)
    }

    fn cstr_len(&self, at: Addr, max: usize) -> Result<usize, Errno> {
        let bytes = self.from(at)?;
        bytes.iter().take(max).position(|byte| *byte == 0).ok_or(Errno::EFAULT)
    }

    fn load_u32(&self, at: Addr) -> Result<u32, Errno> {
        Bytes(self.from(at)?).u32(0).ok_or(Errno::EFAULT)
    }

    fn compare_exchange_u32(&self, _: Addr, _: u32, _: u32) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_what_came_with_the_record() {
        let pieces = Pieces(vec![(0x1000, b"name\0rest"), (0x2000, b"\x01\0\0\0")]);
        let mut into = [0; 4];
        assert_eq!(pieces.read(Addr(0x1005), &mut into), Ok(()));
        assert_eq!(&into, b"rest");
        assert_eq!(pieces.read(Addr(0x1006), &mut into), Err(Errno::EFAULT));
        assert_eq!(pieces.cstr_len(Addr(0x1000), 100), Ok(4));
        assert_eq!(pieces.cstr_len(Addr(0x1005), 100), Err(Errno::EFAULT));
        assert_eq!(pieces.load_u32(Addr(0x2000)), Ok(1));
        assert_eq!(pieces.load_u32(Addr(0xfff)), Err(Errno::EFAULT));
    }
}
