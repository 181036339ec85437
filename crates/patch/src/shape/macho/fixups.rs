//! The words of data that the dynamic linker completes: lists of places (rebase opcodes), or chains through the words
//! themselves (chained fixups, `mach-o/fixup-chains.h`).

use super::{commands::Commands, table::*, uleb::Reader};
use ashore_base::Bytes;
use ashore_image::FileRange;
use ashore_report::{Place, Report, table::PATCH_UNSUPPORTED};

/// `pointer_format`: the target is an address; the target is an offset from the header.
const PTR_64: u16 = 2;
const PTR_64_OFFSET: u16 = 6;
/// Formats of signed pointers, for the message.
const SIGNED: [u16; 5] = [1, 7, 9, 10, 12];
/// `page_start` of a page without a chain.
const NO_CHAIN: u16 = 0xffff;
/// A word of a chain: 36 bits of target, 8 high bits of it, 7 unused, 12 of distance to the next, one that tells imports.
const TARGET_BITS: u32 = 36;
const NEXT_AT: u32 = 51;
const NEXT_MASK: u64 = 0xfff;
const IS_IMPORT: u64 = 1 << 63;
/// The distance is told in units of 4 bytes.
const STRIDE: u64 = 4;

/// The words the dynamic linker completes.
pub(super) enum Fixups {
    /// It completes none.
    None,
    /// Those in a list.
    Listed(Vec<Run>),
    /// Those in chains.
    Chained(Chains),
}

/// Words at equal distances.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    start: u64,
    count: u64,
    stride: u64,
}

impl Run {
    fn covers(&self, addr: u64) -> bool {
        addr.checked_sub(self.start).is_some_and(|distance| {
            distance.is_multiple_of(self.stride.max(1)) && distance / self.stride.max(1) < self.count
        })
    }
}

impl Fixups {
    /// Those of the program with these commands.
    pub(super) fn of(file: &[u8], commands: &Commands) -> Fixups {
        if let Some(command) = commands.find(LC_DYLD_CHAINED_FIXUPS) {
            return Fixups::Chained(
                Chains::read(file, commands, commands.in_file(command.stretch(8))).unwrap_or_default(),
            );
        }
        let info = commands.find(LC_DYLD_INFO_ONLY).or_else(|| commands.find(LC_DYLD_INFO));
        match info.map(|command| command.stretch(8)) {
            Some(list) => {
                let bytes = commands.in_file(list).of(file).unwrap_or_default();
                Fixups::Listed(listed(bytes, commands))
            }
            None => Fixups::None,
        }
    }

    /// Whether the list has the word at `addr`.
    pub(super) fn lists(&self, addr: u64) -> bool {
        match self {
            Fixups::Listed(runs) => runs.iter().any(|run| run.covers(addr)),
            Fixups::None | Fixups::Chained(_) => false,
        }
    }
}

/// Decodes the rebase opcodes. What is damaged ends the list, as it does for the dynamic linker.
fn listed(bytes: &[u8], commands: &Commands) -> Vec<Run> {
    const WORD: u64 = 8;
    let mut runs = Vec::new();
    let mut reader = Reader::new(bytes);
    let mut addr = 0u64;
    let mut step = || {
        let opcode = reader.byte()?;
        let low = u64::from(opcode & 15);
        let (count, stride) = match opcode >> 4 {
            0 => return None,
            1 => return Some(None),
            2 => {
                let segment = commands.segments.get(low as usize)?;
                addr = segment.addr.wrapping_add(reader.uleb()?);
                return Some(None);
            }
            3 => {
                addr = addr.wrapping_add(reader.uleb()?);
                return Some(None);
            }
            4 => {
                addr = addr.wrapping_add(low * WORD);
                return Some(None);
            }
            5 => (low, WORD),
            6 => (reader.uleb()?, WORD),
            7 => (1, reader.uleb()?.wrapping_add(WORD)),
            8 => {
                let count = reader.uleb()?;
                (count, reader.uleb()?.wrapping_add(WORD))
            }
            _ => return None,
        };
        let run = Run { start: addr, count, stride };
        addr = addr.wrapping_add(count.wrapping_mul(stride));
        Some(Some(run))
    };
    while let Some(found) = step() {
        runs.extend(found);
    }
    runs
}

/// The chains of a program.
#[derive(Default)]
pub(super) struct Chains {
    /// Every word that is no import.
    pub(super) links: Vec<Link>,
    /// A format that is not understood, if there is one.
    pub(super) foreign: Option<u16>,
    /// The table with a row per segment.
    pub(super) table: Option<StartsTable>,
}

/// One word of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Link {
    /// Where in the file.
    pub(super) offset: u64,
    /// The word.
    pub(super) raw: u64,
    /// What is subtracted from an address before it is written.
    pub(super) bias: u64,
}

impl Link {
    /// The address the word leads to.
    pub(super) fn target(&self) -> u64 {
        (self.raw & ((1 << TARGET_BITS) - 1)).wrapping_add(self.bias)
    }

    /// The word that leads to `target` and is as much part of the chain.
    pub(super) fn with(&self, target: u64) -> Option<u64> {
        let value = target.checked_sub(self.bias).filter(|value| value >> TARGET_BITS == 0)?;
        Some(self.raw >> TARGET_BITS << TARGET_BITS | value)
    }
}

/// The table that says where each segment's chains start.
#[derive(Clone, Copy, Debug)]
pub(super) struct StartsTable {
    /// Where the header of the fixups is in the file.
    pub(super) header: u64,
    /// Where the table is in the file: a count and as many offsets from here.
    pub(super) at: u64,
    /// How many segments it counts.
    pub(super) count: u64,
}

impl Chains {
    fn read(file: &[u8], commands: &Commands, range: FileRange) -> Option<Chains> {
        let file = Bytes(file);
        let fixups = Bytes(file.slice(range.offset, range.len)?);
        let starts = u64::from(fixups.u32(4)?);
        let count = u64::from(fixups.u32(starts)?);
        let table = StartsTable { header: range.offset, at: range.offset + starts, count };
        let mut chains = Chains { table: Some(table), ..Chains::default() };
        // More words than the file has room for mean rows that lead to the same ones.
        let mut left = file.0.len() as u64 / STRIDE;
        for segment in 0..count.min(commands.segments.len() as u64) {
            let row = u64::from(fixups.u32(starts + 4 + segment * 4)?);
            if row != 0 {
                chains.segment(
                    file,
                    commands,
                    Bytes(fixups.slice(starts + row, 22)?),
                    range.offset + starts + row,
                    &mut left,
                )?;
            }
        }
        Some(chains)
    }

    /// Follows the chains of one segment, whose row is `row` and stands at `at` of the file.
    fn segment(&mut self, file: Bytes<'_>, commands: &Commands, row: Bytes<'_>, at: u64, left: &mut u64) -> Option<()> {
        let (page_len, format) = (u64::from(row.u16(4)?), row.u16(6)?);
        let (start, pages) = (row.u64(8)?, u64::from(row.u16(20)?));
        let bias = match format {
            PTR_64 => 0,
            PTR_64_OFFSET => commands.base(),
            other => {
                self.foreign = Some(other);
                return Some(());
            }
        };
        for page in 0..pages {
            let first = file.u16(at + 22 + page * 2)?;
            if first == NO_CHAIN {
                continue;
            }
            let addr = commands.base().checked_add(start)?.checked_add(page * page_len)?.checked_add(first.into())?;
            let mut offset = commands.offset_of(addr)?;
            loop {
                *left = left.checked_sub(1)?;
                let raw = file.u64(offset)?;
                if raw & IS_IMPORT == 0 {
                    self.links.push(Link { offset, raw, bias });
                }
                match raw >> NEXT_AT & NEXT_MASK {
                    0 => break,
                    next => offset = offset.checked_add(next * STRIDE)?,
                }
            }
        }
        Some(())
    }

    /// Refuses words that are not understood: there could be no telling what leads to a function.
    pub(super) fn check(&self) -> Result<(), Report> {
        let Some(format) = self.foreign else { return Ok(()) };
        let what = if SIGNED.contains(&format) { "signed pointers (arm64e)" } else { "pointers of an unknown format" };
        let reason = format!("its data holds {what}: pointer format {format} of chained fixups");
        let at = self.table.map_or(0, |table| table.header);
        Err(PATCH_UNSUPPORTED.at(Place::offset(at), reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_its_place_in_the_chain() {
        let link = Link { offset: 0, raw: 0x0018_0000_0000_0460, bias: 0x1_0000_0000 };
        assert_eq!(link.target(), 0x1_0000_0460);
        assert_eq!(link.with(0x1_0000_0470), Some(0x0018_0000_0000_0470));
        assert_eq!(link.with(0x0_f000_0000), None);
        assert_eq!(link.with(0x20_0000_0000), None);
    }

    #[test]
    fn a_run_covers_its_words_and_no_other() {
        let run = Run { start: 0x100, count: 3, stride: 16 };
        let covered: Vec<u64> = (0..0x200).filter(|&addr| run.covers(addr)).collect();
        assert_eq!(covered, [0x100, 0x110, 0x120]);
    }
}
