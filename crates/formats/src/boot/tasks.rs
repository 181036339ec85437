//! Processes as a kernel leaves them in its memory for the host: who they were, their threads' registers, what was mapped
//! where, and where their translation tables lie. The host makes core files of it.
//!
//! Words of eight bytes, little-endian: [`MAGIC`], how many words follow the first two that are whole, then items. An item is
//! a word that says which, and its words; a text is its length in bytes and as many words as hold it. A process's item comes
//! first, its threads and areas follow. The items are written and read one at a time, so that a kernel in despair, which must
//! not ask for memory, can write them too.

use ashore_base::Bytes;

/// "ASHORE-P" in memory: the first word.
pub const MAGIC: u64 = u64::from_le_bytes(*b"ASHORE-P");
/// The words before the items: the magic, and how many words of items are whole.
pub const HEAD: usize = 2;
/// Registers of a thread: x0 to x30, sp, pc, the status, the thread pointer.
pub const REGISTERS: usize = 35;
/// Words of its vector registers, status and control at the end.
pub const VECTORS: usize = 66;
/// Words of a signal's record.
pub const INFO: usize = 16;

const PROCESS: u64 = 1;
const THREAD: u64 = 2;
const AREA: u64 = 3;

/// A process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Process<'a> {
    /// Its number, its parent's, its group's and its session's.
    pub ids: [u32; 4],
    /// Its user and group.
    pub owner: [u32; 2],
    /// The signal it died of; 0 for one that lives.
    pub signal: u64,
    /// Where the first of its translation tables lies, as the machine says it.
    pub root: u64,
    /// The path of its program.
    pub program: &'a [u8],
    /// Where its arguments begin and end in its memory, each ended by a zero byte.
    pub args: [u64; 2],
    /// Its auxiliary vector.
    pub auxv: &'a [u8],
}

/// A thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Thread {
    /// Its number.
    pub id: u32,
    /// Its name, zero-padded.
    pub name: [u64; 2],
    /// The signal it died of; 0 for none.
    pub signal: u64,
    /// The record of that signal, as a program sees it.
    pub info: [u64; INFO],
    /// Signals that waited for it, and those it held back.
    pub sets: [u64; 2],
    /// Its registers.
    pub registers: [u64; REGISTERS],
    /// Its vector registers.
    pub vectors: [u64; VECTORS],
}

impl Default for Thread {
    fn default() -> Thread {
        Thread {
            id: 0,
            name: [0; 2],
            signal: 0,
            info: [0; INFO],
            sets: [0; 2],
            registers: [0; REGISTERS],
            vectors: [0; VECTORS],
        }
    }
}

/// A stretch of a process's memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Area<'a> {
    /// Where it begins and where it ends.
    pub range: [u64; 2],
    /// What may be done with it, in `mmap`'s bits.
    pub prot: u64,
    /// The offset in its file.
    pub offset: u64,
    /// Whether it is of a file.
    pub is_file: bool,
    /// The file's path, or what else it is called.
    pub name: &'a [u8],
}

/// What comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::large_enum_variant, reason = "one at a time, in a place that must not ask for memory")]
pub enum Item<'a> {
    /// A process begins.
    Process(Process<'a>),
    /// A thread of it.
    Thread(Thread),
    /// An area of it.
    Area(Area<'a>),
}

impl Item<'_> {
    /// Hands over its words.
    pub fn write(&self, put: &mut dyn FnMut(u64)) {
        match self {
            Item::Process(process) => {
                put(PROCESS);
                process.ids.iter().chain(&process.owner).for_each(|id| put(u64::from(*id)));
                put(process.signal);
                put(process.root);
                process.args.iter().for_each(|at| put(*at));
                [process.program, process.auxv].into_iter().for_each(|text| write_text(text, put));
            }
            Item::Thread(thread) => {
                put(THREAD);
                put(u64::from(thread.id));
                let head = thread.name.iter().chain([&thread.signal]).chain(&thread.info).chain(&thread.sets);
                head.chain(&thread.registers).chain(&thread.vectors).for_each(|word| put(*word));
            }
            Item::Area(area) => {
                put(AREA);
                area.range.iter().chain([&area.prot, &area.offset]).for_each(|word| put(*word));
                put(u64::from(area.is_file));
                write_text(area.name, put);
            }
        }
    }
}

fn write_text(text: &[u8], put: &mut dyn FnMut(u64)) {
    put(text.len() as u64);
    for piece in text.chunks(8) {
        put(piece.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }
}

/// The items that bytes hold, as far as they are whole.
pub fn items(bytes: &[u8]) -> impl Iterator<Item = Item<'_>> {
    let bytes = Bytes(bytes);
    let is_ours = bytes.u64(0) == Some(MAGIC);
    let words = bytes.u64(8).filter(|_| is_ours).unwrap_or(0);
    let first = HEAD as u64 * 8;
    let mut cursor = Cursor { bytes, at: first, end: words.saturating_mul(8).saturating_add(first) };
    core::iter::from_fn(move || cursor.item())
}

struct Cursor<'a> {
    bytes: Bytes<'a>,
    at: u64,
    end: u64,
}

impl<'a> Cursor<'a> {
    fn word(&mut self) -> Option<u64> {
        if self.at >= self.end {
            return None;
        }
        let word = self.bytes.u64(self.at)?;
        self.at += 8;
        Some(word)
    }

    fn words<const N: usize>(&mut self) -> Option<[u64; N]> {
        let mut words = [0; N];
        for word in &mut words {
            *word = self.word()?;
        }
        Some(words)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let len = self.word()?;
        let text = self.bytes.slice(self.at, len)?;
        self.at = self.at.checked_add(len)?.checked_next_multiple_of(8)?;
        (self.at <= self.end).then_some(text)
    }

    fn item(&mut self) -> Option<Item<'a>> {
        Some(match self.word()? {
            PROCESS => {
                let (ids, owner) = (self.words()?.map(|id: u64| id as u32), self.words()?.map(|id: u64| id as u32));
                let [signal, root] = self.words()?;
                let (args, program, auxv) = (self.words()?, self.text()?, self.text()?);
                Item::Process(Process { ids, owner, signal, root, program, args, auxv })
            }
            THREAD => Item::Thread(Thread {
                id: self.word()? as u32,
                name: self.words()?,
                signal: self.word()?,
                info: self.words()?,
                sets: self.words()?,
                registers: self.words()?,
                vectors: self.words()?,
            }),
            AREA => {
                let range = self.words()?;
                let [prot, offset, is_file] = self.words()?;
                Item::Area(Area { range, prot, offset, is_file: is_file != 0, name: self.text()? })
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    fn sample() -> Vec<Item<'static>> {
        let process = Process {
            ids: [7, 2, 7, 2],
            owner: [0, 100],
            signal: 11,
            root: 0x4123_4000,
            program: b"/bin/dies",
            args: [0xffff_0000, 0xffff_0009],
            auxv: &[1; 32],
        };
        let mut thread = Thread { id: 8, signal: 11, ..Thread::default() };
        thread.registers.iter_mut().zip(100..).for_each(|(word, nth)| *word = nth);
        let area = Area { range: [0x1000, 0x3000], prot: 5, offset: 0x1000, is_file: true, name: b"/bin/dies" };
        vec![Item::Process(process), Item::Thread(thread), Item::Area(area), Item::Area(Area::default())]
    }

    fn bytes(items: &[Item<'_>]) -> Vec<u8> {
        let mut words = Vec::new();
        items.iter().for_each(|item| item.write(&mut |word| words.push(word)));
        let head = [MAGIC, words.len() as u64];
        head.into_iter().chain(words).flat_map(u64::to_le_bytes).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(items(&bytes(&sample())).collect::<Vec<_>>(), sample());
        assert_eq!(items(b"").count(), 0);
    }

    #[test]
    fn damage_ends_the_row() {
        let good = bytes(&sample());
        for len in 0..good.len() {
            assert!(items(&good[..len]).count() < 4);
        }
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] = 0xff;
            assert!(items(&bad).count() <= 4);
        }
    }
}
