//! What a file begins and ends with: its head, and the directory that the head leads to.
//!
//! Records of clusters are between them. Who adds to a file writes new clusters and a new directory behind everything, and the
//! head last: until then what was there counts.

use super::digest::{self, Digest, digest};
use super::record::Span;
use super::words::{Reader, Writer};

/// What begins every file.
const MAGIC: &[u8; 8] = b"ashoreC4";
/// The bytes of a key.
pub(in crate::jit) const KEY: usize = 32;
const PROMISED: usize = 8 + KEY + 8 + 8 + digest::LEN;
/// The bytes of a head.
pub(in crate::jit) const HEAD: usize = PROMISED + digest::LEN;

/// The bytes of a row of each table.
const PC: usize = 8;
const PLACE: usize = 4;
const LATE: usize = 8;

/// Where a directory is in a file, and what is in it.
#[derive(Debug)]
pub(super) struct Directory {
    pub(super) spans: Vec<Span>,
    /// The first place, exit and counter that are not used.
    pub(super) ends: [u32; 3],
    /// The bytes of code in all of it.
    pub(super) code: u32,
    pub(super) units: usize,
    late: usize,
    /// Where the tables begin in the file.
    pcs_at: usize,
}

/// A head that leads to a directory.
pub(in crate::jit) fn head(key: &[u8; KEY], at: u64, directory: &[u8]) -> Vec<u8> {
    head_of(key, at, (directory.len() as u64, digest(directory)))
}

fn head_of(key: &[u8; KEY], at: u64, (len, digest_of): (u64, Digest)) -> Vec<u8> {
    let mut to = Writer([MAGIC.as_slice(), key].concat());
    to.u64(at);
    to.u64(len);
    to.0.extend(digest_of);
    to.0.extend(digest(&to.0));
    to.0
}

/// Where the directory is, if the head is right and for this key, and the directory as well.
fn find(file: &[u8], key: &[u8; KEY]) -> Option<(usize, usize)> {
    let (promised, digest_of_head) = file.get(..HEAD)?.split_at_checked(PROMISED)?;
    if digest(promised) != digest_of_head {
        return None;
    }
    let mut from = Reader(promised.strip_prefix(MAGIC.as_slice())?.strip_prefix(key.as_slice())?);
    let (at, len) = (usize::try_from(from.u64()?).ok()?, usize::try_from(from.u64()?).ok()?);
    let directory = file.get(at..at.checked_add(len)?)?;
    (digest(directory) == from.array()?).then_some((at, len))
}

/// What a directory is made of.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) spans: Vec<Span>,
    pub(super) ends: [u32; 3],
    pub(super) code: u32,
    /// Addresses and the places of their code, in order.
    pub(super) units: Vec<(u64, u32)>,
    /// What was changed later in code of clusters: places, and where they lead, in order.
    pub(super) late: Vec<(u32, u32)>,
}

impl Contents {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let len = self.spans.len() * Span::LEN + self.units.len() * (PC + PLACE) + self.late.len() * LATE;
        let mut to = Writer(Vec::with_capacity(len + 64));
        for len in [self.spans.len(), self.units.len(), self.late.len()] {
            to.u32(len as u32);
        }
        self.ends.iter().for_each(|end| to.u32(*end));
        to.u32(self.code);
        self.spans.iter().for_each(|span| span.write(&mut to));
        self.units.iter().for_each(|(pc, _)| to.u64(*pc));
        self.units.iter().for_each(|(_, place)| to.u32(*place));
        self.late.iter().for_each(|(place, target)| {
            to.u32(*place);
            to.u32(*target);
        });
        to.0
    }
}

impl Directory {
    /// Reads it; nothing if anything is not as it should be.
    pub(super) fn read(file: &[u8], key: &[u8; KEY]) -> Option<Directory> {
        let (at, len) = find(file, key)?;
        let mut from = Reader(file.get(at..at.checked_add(len)?)?);
        let [spans, units, late] = [from.u32()? as usize, from.u32()? as usize, from.u32()? as usize];
        let ends = [from.u32()?, from.u32()?, from.u32()?];
        let code = from.u32()?;
        // Thirty-two bits times a few do not overflow.
        if from.0.len() != spans * Span::LEN + units * (PC + PLACE) + late * LATE {
            return None;
        }
        let spans: Vec<Span> = (0..spans).map(|_| Span::read(&mut from)).collect::<Option<_>>()?;
        let is_before = |one: &Span, next: &Span| {
            one.end <= next.place && one.exits_end <= next.first_exit && one.counters_end <= next.first_counter
        };
        let [place, exit, counter] = ends;
        let is_sound = spans.iter().all(Span::is_sound)
            && spans.array_windows().all(|[one, next]| is_before(one, next))
            && spans
                .last()
                .is_none_or(|last| last.end <= place && last.exits_end <= exit && last.counters_end <= counter);
        let pcs_at = at + len - from.0.len();
        is_sound.then_some(Directory { spans, ends, code, units, late, pcs_at })
    }

    pub(super) fn pc(&self, file: &[u8], index: usize) -> Option<u64> {
        let at = self.pcs_at + index * PC;
        file.get(at..at + PC)?.try_into().ok().map(u64::from_le_bytes)
    }

    pub(super) fn place(&self, file: &[u8], index: usize) -> Option<u32> {
        let at = self.pcs_at + self.units * PC + index * PLACE;
        file.get(at..at + PLACE)?.try_into().ok().map(u32::from_le_bytes)
    }

    /// The place of an address's code.
    pub(super) fn lookup(&self, file: &[u8], pc: u64) -> Option<u32> {
        let (mut low, mut high) = (0, self.units);
        while low < high {
            let middle = low.midpoint(high);
            match self.pc(file, middle)?.cmp(&pc) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.place(file, middle),
            }
        }
        None
    }

    /// All units: addresses and places.
    pub(super) fn all_units<'a>(&'a self, file: &'a [u8]) -> impl Iterator<Item = (u64, u32)> + 'a {
        (0..self.units).filter_map(|index| Some((self.pc(file, index)?, self.place(file, index)?)))
    }

    /// What was changed later.
    pub(super) fn late<'a>(&self, file: &'a [u8]) -> impl Iterator<Item = (u32, u32)> + 'a {
        let at = self.pcs_at + self.units * (PC + PLACE);
        let mut from = Reader(file.get(at..at + self.late * LATE).unwrap_or_default());
        (0..self.late).map_while(move |_| Some((from.u32()?, from.u32()?)))
    }
}

/// Makes the digests of a file right, whatever is in it: for tests of what is behind them.
pub fn seal(file: &mut [u8], key: &[u8]) -> Option<()> {
    let key: &[u8; KEY] = key.try_into().ok()?;
    let mut from = Reader(file.get(MAGIC.len() + KEY..HEAD)?);
    let (at, len) = (usize::try_from(from.u64()?).ok()?, usize::try_from(from.u64()?).ok()?);
    let directory = at..at.checked_add(len)?;
    let mut from = Reader(file.get(directory.clone())?);
    let spans = from.u32()? as usize;
    let first = at + 7 * 4;
    for index in 0..spans {
        let from = first + index * Span::LEN;
        let Some(span) = file.get(from..).and_then(|bytes| Span::read(&mut Reader(bytes))) else { break };
        let record = usize::try_from(span.at).ok().and_then(|at| file.get(at..at.checked_add(span.len as usize)?));
        let Some(digest_of) = record.map(digest) else { continue };
        let place = from + Span::LEN - digest::LEN;
        file.get_mut(place..place + digest::LEN)?.copy_from_slice(&digest_of);
    }
    let digest_of = digest(file.get(directory)?);
    let head = head_of(key, at as u64, (len as u64, digest_of));
    file.get_mut(..HEAD)?.copy_from_slice(&head);
    Some(())
}
