//! Which bytes of the guest's memory a Linux call writes or sends, by its row.

use ashore_base::{Addr, Bytes, PAGE_SIZE};
use ashore_pivot::effect::{Input, Kind, Length, Special, When, ioctl_len};
use ashore_pivot::{IoVec, Memory};
use ashore_sys::GuestMemory;

/// `ioctl`'s request for the list of interfaces, whose record points at the list.
const SIOCGIFCONF: u32 = 0x8912;
/// As the kernel has it: more pieces than these are refused.
const VECTOR_MAX: u64 = 1024;
const HEADER_LEN: u64 = 56;

/// What has to be read before a call is made, because the call may change it.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// The 32-bit word that tells how long a place is.
    held: Option<u64>,
    /// The pieces that data goes to, or comes from.
    vector: Vec<IoVec>,
    /// `struct msghdr`, as words.
    header: [u64; 7],
}

/// A piece of the guest's memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) at: u64,
    pub(super) len: u64,
}

/// Pieces of the guest's memory: few, as a rule.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    first: [Piece; 6],
    len: usize,
    many: Vec<Piece>,
}

impl Pieces {
    fn add(&mut self, at: u64, len: u64) {
        if at == 0 || len == 0 {
            return;
        }
        let piece = Piece { at, len };
        if let Some(place) = self.first.get_mut(self.len) {
            *place = piece;
            self.len += 1;
            return;
        }
        if self.many.is_empty() {
            self.many.extend(self.first);
        }
        self.many.push(piece);
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Piece] {
        if self.many.is_empty() { self.first.get(..self.len).unwrap_or_default() } else { &self.many }
    }
}

fn word(words: &[u64; 6], at: u8) -> u64 {
    words.get(usize::from(at)).copied().unwrap_or_default()
}

fn vector(memory: &dyn Memory, at: u64, count: u64) -> Vec<IoVec> {
    let mut bytes = vec![0; count.min(VECTOR_MAX) as usize * 16];
    if memory.read(Addr(at), &mut bytes).is_err() {
        return Vec::new();
    }
    let (records, _) = bytes.as_chunks::<16>();
    let word = |record: &[u8; 16], at: u64| Bytes(record).u64(at).unwrap_or(0);
    records.iter().map(|record| IoVec { base: word(record, 0), len: word(record, 8) }).collect()
}

impl Before {
    /// Reads what the call of this kind with these words may change.
    pub(super) fn new(kind: Kind, words: &[u64; 6], memory: &dyn Memory) -> Before {
        let mut before = Before::default();
        match kind {
            Kind::Writes(outputs) => {
                for output in outputs {
                    match output.len {
                        Length::Held(pointer) => before.held = held(memory, word(words, pointer)),
                        Length::Vector(count) => {
                            before.vector = vector(memory, word(words, output.word), word(words, count));
                        }
                        _ => {}
                    }
                }
            }
            Kind::Sends(Input::Vector { at, count }) => {
                before.vector = vector(memory, word(words, at), word(words, count));
            }
            Kind::Sends(Input::Message { at }) => before.message(word(words, at), memory),
            Kind::By(Special::ReceiveMessage) => before.message(word(words, 1), memory),
            _ => {}
        }
        before
    }

    fn message(&mut self, at: u64, memory: &dyn Memory) {
        let mut bytes = [0; HEADER_LEN as usize];
        if memory.read(Addr(at), &mut bytes).is_err() {
            return;
        }
        for (n, word) in self.header.iter_mut().enumerate() {
            *word = Bytes(&bytes).u64(n as u64 * 8).unwrap_or(0);
        }
        let [_, _, pieces, count, ..] = self.header;
        self.vector = vector(memory, pieces, count);
    }

    /// The first `len` bytes of the pieces.
    pub(super) fn pieces(&self, len: u64) -> Pieces {
        pieces_of(&self.vector, len)
    }
}

/// The first `len` bytes of `vector`.
pub(super) fn pieces_of(vector: &[IoVec], mut len: u64) -> Pieces {
    let mut pieces = Pieces::default();
    for piece in vector {
        let part = piece.len.min(len);
        pieces.add(piece.base, part);
        len -= part;
    }
    pieces
}

fn held(memory: &dyn Memory, at: u64) -> Option<u64> {
    let mut bytes = [0; 4];
    memory.read(Addr(at), &mut bytes).ok()?;
    Some(u64::from(u32::from_le_bytes(bytes)))
}

/// How many bytes a call wrote at one of its words; `None` for one its row says nothing of.
pub(super) fn len_at(kind: Kind, at: u8, words: &[u64; 6], before: &Before, result: Option<u64>) -> Option<u64> {
    let Kind::Writes(outputs) = kind else { return None };
    let output = outputs.iter().find(|output| output.word == at)?;
    if result.is_none() && output.when == When::Success {
        return Some(0);
    }
    len_of(output.len, words, before, result.unwrap_or(0))
}

fn len_of(len: Length, words: &[u64; 6], before: &Before, result: u64) -> Option<u64> {
    Some(match len {
        Length::Bytes(len) => u64::from(len),
        Length::Result(max) => result.min(word(words, max)),
        Length::ResultAfter(len) => result.saturating_add(u64::from(len)),
        Length::Results(size) => result.saturating_mul(u64::from(size)),
        Length::Count(at, size) => word(words, at).saturating_mul(u64::from(size)),
        Length::Held(_) => before.held?,
        Length::Vector(_) => return None,
        Length::Bits(at) => word(words, at).div_ceil(64).saturating_mul(8),
        Length::Pages(at) => word(words, at).div_ceil(PAGE_SIZE),
    })
}

/// Which request of a call that succeeded it is of which nobody knows what it writes.
pub(super) fn unknown(kind: Kind, words: &[u64; 6]) -> Option<u32> {
    let request = word(words, 1) as u32;
    let is_unknown = matches!(kind, Kind::By(Special::Ioctl)) && request != SIOCGIFCONF && ioctl_len(request).is_none();
    is_unknown.then_some(request)
}

/// Calls `each` with everything a call wrote to the guest's memory.
#[inline]
pub(super) fn written(kind: Kind, words: &[u64; 6], before: &Before, result: Option<u64>, mut each: impl FnMut(Piece)) {
    let mut add = |at: u64, len: u64| {
        if at != 0 && len != 0 {
            each(Piece { at, len });
        }
    };
    match kind {
        Kind::Writes(outputs) => {
            for output in outputs.iter().filter(|output| result.is_some() || output.when == When::Always) {
                let result = result.unwrap_or(0);
                if let Length::Vector(_) = output.len {
                    before.pieces(result).all().iter().for_each(|piece| add(piece.at, piece.len));
                } else if let Some(len) = len_of(output.len, words, before, result) {
                    add(word(words, output.word), len);
                }
            }
        }
        Kind::By(special) if result.is_some() => {
            let place = word(words, 2);
            match special {
                Special::Ioctl => match word(words, 1) as u32 {
                    SIOCGIFCONF => {
                        let mut record = [0; 16];
                        let _ = GuestMemory.read(Addr(place), &mut record);
                        add(place, 16);
                        let list = Bytes(&record);
                        add(list.u64(8).unwrap_or(0), u64::from(list.u32(0).unwrap_or(0)));
                    }
                    request => add(place, u64::from(ioctl_len(request).unwrap_or(0))),
                },
                Special::Fcntl => add(place, fcntl_len(word(words, 1))),
                Special::Prctl => add(word(words, 1), prctl_len(word(words, 0))),
                Special::Futex => match word(words, 1) & 0x7f {
                    5 => add(word(words, 4), 4),
                    6..=8 | 13 => add(word(words, 0), 4),
                    _ => {}
                },
                Special::ReceiveMessage => {
                    let [name, name_len, _, _, control, control_len, _] = before.header;
                    add(word(words, 1), HEADER_LEN);
                    add(name, u64::from(name_len as u32));
                    add(control, control_len);
                    before.pieces(result.unwrap_or(0)).all().iter().for_each(|piece| add(piece.at, piece.len));
                }
            }
        }
        _ => {}
    }
}

/// How long the record is that a command of `fcntl` writes: locks, owners, hints.
fn fcntl_len(command: u64) -> u64 {
    match command {
        5 | 36 => 32,
        16 | 17 | 1035 | 1037 => 8,
        _ => 0,
    }
}

/// What an option of `prctl` writes: a number, a name, an address.
fn prctl_len(option: u64) -> u64 {
    match option {
        2 | 5 | 9 | 11 | 19 | 25 | 37 => 4,
        16 => 16,
        40 => 8,
        _ => 0,
    }
}

/// What a call sent of the guest's memory.
pub(super) fn sent(kind: Kind, words: &[u64; 6], before: &Before, result: u64) -> Pieces {
    match kind {
        Kind::Sends(Input::Bytes { at, len }) => {
            let mut pieces = Pieces::default();
            pieces.add(word(words, at), result.min(word(words, len)));
            pieces
        }
        Kind::Sends(Input::Vector { .. } | Input::Message { .. }) => before.pieces(result),
        _ => Pieces::default(),
    }
}
