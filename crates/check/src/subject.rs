//! One program of a file, and what rules ask about it.

use crate::machine::Machine;
use alloc::{collections::BTreeSet, string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Cpu};
use ashore_formats::{Detection, Functions, Mark, Parsed, Part, golang::BuildInfo};
use ashore_image::{FunctionIndex, Perms, Segment};
use ashore_isa::aarch64::{
    system::SysReg,
    walk::{self, Event, Memory},
};
use ashore_report::Place;

/// How entries of Go's runtime begin: they expect the stack a system makes.
const GO_ENTRY: &str = "_rt0_";

/// One program of a file.
pub struct Subject<'a> {
    parsed: &'a Parsed<'a>,
    part: &'a Part,
    functions: Functions<'a>,
    /// Which system it is for.
    pub detection: Detection,
    /// The record the Go toolchain left.
    pub go: Option<BuildInfo>,
    /// How it was made, as far as it shows.
    pub hints: Vec<String>,
    /// What a machine adds to every address.
    bias: u64,
}

/// A stretch of the program that its file names: a section, or a segment where there are none.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Its name.
    pub name: String,
    /// Where the program sees it.
    pub seen: AddrRange,
    /// Where it is in the machine's memory.
    pub memory: AddrRange,
    /// What may be done with it.
    pub perms: Perms,
    /// The alignment it asks for.
    pub align: u64,
    /// Whether the file holds nothing of it.
    pub is_zero_fill: bool,
    /// Whether it is a pool of strings.
    pub holds_strings: bool,
}

impl<'a> Subject<'a> {
    /// The program `part` of a file, as it stands.
    pub fn new(parsed: &'a Parsed<'a>, part: &'a Part) -> Subject<'a> {
        Subject {
            parsed,
            part,
            functions: ashore_formats::functions(parsed, part),
            detection: ashore_formats::detect(parsed, part),
            go: BuildInfo::find(parsed.bytes, part),
            hints: ashore_formats::hints(parsed, part),
            bias: 0,
        }
    }

    /// The same program as `machine` loads it.
    #[must_use]
    pub fn loaded_by(self, machine: &Machine) -> Subject<'a> {
        let bias = match self.boot_offset() {
            Some(offset) => machine.image_base(offset).0,
            None => 0,
        };
        Subject { bias, ..self }
    }

    /// The file it is in.
    pub fn parsed(&self) -> &'a Parsed<'a> {
        self.parsed
    }

    /// The program.
    pub fn part(&self) -> &'a Part {
        self.part
    }

    /// Its CPU.
    pub fn cpu(&self) -> Cpu {
        self.part.image.cpu
    }

    /// The functions it is known to have.
    pub fn functions(&self) -> &Functions<'a> {
        &self.functions
    }

    /// The offset of an arm64 kernel; old kernels without a length count as 512 KiB.
    pub fn boot_offset(&self) -> Option<u64> {
        self.part.marks.iter().find_map(|mark| match *mark {
            Mark::Boot { image_len: 0, .. } => Some(0x8_0000),
            Mark::Boot { text_offset, .. } => Some(text_offset),
            _ => None,
        })
    }

    /// Whether the program's own address `seen` is of code, as its section says, or its segment where it has none.
    pub fn is_code(&self, seen: Addr) -> bool {
        let section = self.part.sections.iter().find(|section| section.memory.contains(seen));
        let segment = || self.part.image.segment_at(seen).map(|segment| segment.perms);
        section.map(|section| section.perms).or_else(segment).is_some_and(|perms| perms.is_exec)
    }

    /// Where the machine has what the program sees at `addr`.
    pub fn physical(&self, addr: Addr) -> Addr {
        self.part.physical(addr).plus(self.bias)
    }

    /// A range of the program as the machine has it.
    pub fn physical_range(&self, seen: AddrRange) -> AddrRange {
        let start = self.physical(seen.start);
        AddrRange { start, end: start.plus(seen.len()) }
    }

    /// The segments, each with where the machine has it.
    pub fn loaded(&self) -> impl Iterator<Item = (&'a Segment, AddrRange)> + '_ {
        self.part.image.segments.iter().map(|segment| (segment, self.physical_range(segment.memory)))
    }

    /// Where the program sees what the machine has at `addr`.
    pub fn seen(&self, addr: Addr) -> Option<Addr> {
        let (segment, memory) = self.loaded().find(|(_, memory)| memory.contains(addr))?;
        Some(segment.memory.start.plus(addr.0 - memory.start.0))
    }

    /// The named stretches that take memory.
    pub fn stretches(&self) -> Vec<Stretch> {
        let image = &self.part.image;
        let sections: Vec<Stretch> = self
            .part
            .sections
            .iter()
            .filter(|section| !section.memory.is_empty() && image.segment_at(section.memory.start).is_some())
            .map(|section| Stretch {
                name: section.name.clone(),
                seen: section.memory,
                memory: self.physical_range(section.memory),
                perms: section.perms,
                align: section.align,
                is_zero_fill: section.file.len == 0,
                holds_strings: section.holds_strings,
            })
            .collect();
        let bare =
            |segment: &&(&Segment, AddrRange)| !sections.iter().any(|section| section.seen.overlaps(segment.0.memory));
        let loaded: Vec<(&Segment, AddrRange)> = self.loaded().collect();
        let segments = loaded.iter().filter(bare).map(|&(segment, memory)| Stretch {
            name: alloc::format!("the segment at {}", segment.memory.start),
            seen: segment.memory,
            memory,
            perms: segment.perms,
            align: segment.align,
            is_zero_fill: segment.file.len == 0,
            holds_strings: false,
        });
        let mut all: Vec<Stretch> = segments.collect();
        all.extend(sections);
        all.sort_by_key(|stretch| stretch.memory.start);
        all
    }

    /// The place of an address of the machine's memory, in the program's own terms.
    pub fn place(&self, physical: Addr) -> Place {
        let seen = self.seen(physical).unwrap_or(physical);
        Place::code(seen, self.functions.name(seen))
    }

    /// The place of an address as the program sees it.
    pub fn place_seen(&self, seen: Addr) -> Place {
        Place::code(seen, self.functions.name(seen))
    }

    /// The name of the function the program begins in.
    pub fn entry_name(&self) -> Option<String> {
        self.functions.name(self.part.image.entry.addr()?)
    }

    /// Whether the program begins as one of a system: then how a bare CPU starts says nothing about it.
    pub fn begins_under_a_system(&self) -> bool {
        self.go.is_some() && self.entry_name().is_some_and(|name| name.starts_with(GO_ENTRY))
    }

    /// What the start-up code does, on every path from the entry.
    pub fn start_up(&self) -> Vec<Event> {
        match self.part.image.entry.addr() {
            Some(entry) if self.cpu() == Cpu::Aarch64 && !self.begins_under_a_system() => {
                walk::from_entry(self, self.physical(entry))
            }
            _ => Vec::new(),
        }
    }

    /// Calls `note` with everything that straight reading of all code shows.
    pub fn read_straight(&self, note: &mut dyn FnMut(Event)) {
        if self.cpu() != Cpu::Aarch64 || self.begins_under_a_system() {
            return;
        }
        for (segment, memory) in self.loaded().filter(|(segment, _)| segment.perms.is_exec) {
            let code = segment.file.of(self.parsed.bytes.0).unwrap_or_default();
            walk::straight(self, memory.start, code, note);
        }
    }

    /// The system registers its code writes anywhere.
    pub fn written_registers(&self) -> BTreeSet<SysReg> {
        let mut found = BTreeSet::new();
        for segment in self.part.image.code() {
            let code = segment.file.of(self.parsed.bytes.0).unwrap_or_default();
            let words = code.chunks_exact(4).filter_map(|raw| Some(u32::from_le_bytes(raw.try_into().ok()?)));
            // msr: op0 is 2 or 3.
            found.extend(words.filter(|word| word >> 20 == 0xd51).map(|word| SysReg((word >> 5 & 0x7fff) as u16)));
        }
        found
    }
}

impl Memory for Subject<'_> {
    fn word(&self, at: Addr) -> Option<u32> {
        let seen = self.seen(at)?;
        let segment = self.part.image.segment_at(seen).filter(|segment| segment.perms.is_exec)?;
        self.parsed.bytes.u32(segment.offset_of(seen)?)
    }

    fn constant(&self, at: Addr, size: u8) -> Option<u64> {
        let seen = self.seen(at)?;
        let segment = self.part.image.segment_at(seen)?;
        // A flat image's only segment holds everything; what its code loads by a literal is constant there too.
        if segment.perms.is_write && !self.part.format.is_flat {
            return None;
        }
        let offset = segment.offset_of(seen)?;
        match size {
            8 => self.parsed.bytes.u64(offset),
            4 => self.parsed.bytes.u32(offset).map(u64::from),
            _ => None,
        }
    }
}
