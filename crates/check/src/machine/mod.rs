//! Machines: what is at which address, and how programs get into memory.

pub mod table;
mod tree;

use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, Cpu};
use ashore_isa::aarch64::system::Upcall;
use ashore_report::Report;

/// What a range of addresses is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Memory that can be read and written.
    Ram,
    /// A flash chip: it can be read and run; stores are commands to it.
    Flash,
    /// Registers of a device.
    Device,
    /// Memory inside RAM that is meant for something else.
    Reserved,
}

impl Use {
    /// The word a person reads.
    pub const fn word(self) -> &'static str {
        match self {
            Use::Ram => "RAM",
            Use::Flash => "flash",
            Use::Device => "a device",
            Use::Reserved => "reserved memory",
        }
    }
}

/// A range of addresses of a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// What people call it.
    pub name: String,
    /// The addresses.
    pub memory: AddrRange,
    /// What it is.
    pub kind: Use,
}

/// Where the device tree is put for a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TreeSlot {
    /// Nobody puts one there, or its place depends on the program.
    Anywhere,
    /// At the start of RAM, this long; left out without a word when the program covers the place. Only for ELF.
    RamStart(u64),
    /// In the last bytes of RAM, this many.
    RamEnd(u64),
}

/// How programs get into memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Loading {
    /// Where a flat image must begin if the loader takes no ELF file; empty when it loads ELF where it is linked.
    pub flat_only: &'static [u64],
    /// From where an arm64 Image's offset counts.
    pub image_base: u64,
    /// Where a raw image goes.
    pub raw_base: u64,
    /// Where the device tree goes.
    pub tree: TreeSlot,
    /// The exception level programs begin at.
    pub level: u8,
}

/// A machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Machine {
    /// Its short name.
    pub name: String,
    /// Its name in full.
    pub title: String,
    /// Its CPU.
    pub cpu: Cpu,
    /// Its addresses; reserved memory overlaps RAM, nothing else overlaps.
    pub regions: Vec<Region>,
    /// How programs get into its memory.
    pub loading: Loading,
    /// How its firmware is called.
    pub firmware: Option<Upcall>,
}

/// The unit of arm64 boot loaders.
const UNIT: u64 = 2 << 20;
/// Room for the bytes of boot code QEMU puts before a kernel that begins right at the start of RAM.
const BOOT_CODE_LEN: u64 = 4096;

impl Machine {
    /// The machine of this name, with `memory` bytes of RAM if that is said.
    pub fn named(name: &str, memory: Option<u64>) -> Option<Machine> {
        Some(table::MACHINES.iter().find(|row| row.name == name)?.machine(memory))
    }

    /// The machine a device tree describes; loading is that of `row` if one is named, else of the row that fits.
    pub fn of_tree(tree: &[u8], row: Option<&str>, memory: Option<u64>) -> Result<Machine, Report> {
        tree::machine(tree, row, memory)
    }

    /// The regions of a kind.
    pub fn all(&self, kind: Use) -> impl Iterator<Item = &Region> {
        self.regions.iter().filter(move |region| region.kind == kind)
    }

    /// What is at `addr`, reserved memory aside.
    pub fn at(&self, addr: Addr) -> Option<&Region> {
        self.regions.iter().find(|region| region.kind != Use::Reserved && region.memory.contains(addr))
    }

    /// Whether all of `memory` is RAM.
    pub fn is_ram(&self, memory: AddrRange) -> bool {
        self.pieces(memory).iter().all(|(_, region)| region.is_some_and(|region| region.kind == Use::Ram))
    }

    /// `memory` cut where one region ends and another begins; pieces without a region are holes.
    pub fn pieces(&self, memory: AddrRange) -> Vec<(AddrRange, Option<&Region>)> {
        let mut pieces = Vec::new();
        let mut at = memory.start;
        while at < memory.end {
            let region = self.at(at);
            let next = self.regions.iter().filter(|region| region.kind != Use::Reserved);
            let next = next.map(|region| region.memory.start).filter(|start| *start > at).min();
            let end = region.map(|region| region.memory.end).or(next).unwrap_or(memory.end).min(memory.end);
            pieces.push((AddrRange { start: at, end }, region));
            at = end;
        }
        pieces
    }

    /// Where RAM is, for a person.
    pub fn ram(&self) -> String {
        let ranges: Vec<String> = self.all(Use::Ram).map(|region| words(region.memory)).collect();
        if ranges.is_empty() { "nowhere".to_owned() } else { ranges.join(", ") }
    }

    /// Where the first RAM begins.
    pub fn ram_start(&self) -> Addr {
        self.all(Use::Ram).map(|region| region.memory.start).min().unwrap_or_default()
    }

    /// The place of the device tree, if the loader has one for a program that `is_flat` or not.
    pub fn tree_slot(&self, is_flat: bool) -> Option<AddrRange> {
        match self.loading.tree {
            TreeSlot::Anywhere => None,
            TreeSlot::RamStart(_) if is_flat => None,
            TreeSlot::RamStart(len) => AddrRange::new(self.ram_start(), len),
            TreeSlot::RamEnd(len) => {
                let end = self.all(Use::Ram).map(|region| region.memory.end).max()?;
                Some(AddrRange { start: end.minus(len), end })
            }
        }
    }

    /// Where an arm64 Image of this offset is loaded. A kernel that would cover the boot code goes one unit further.
    pub fn image_base(&self, text_offset: u64) -> Addr {
        let near = self.ram_start() == Addr(self.loading.image_base) && text_offset < BOOT_CODE_LEN;
        Addr(self.loading.image_base).plus(text_offset).plus(if near { UNIT } else { 0 })
    }

    /// An address that a program can be linked at.
    pub fn link_base(&self) -> Addr {
        if let Some(base) = self.loading.flat_only.first() {
            return Addr(*base);
        }
        let after = self.tree_slot(false).filter(|slot| slot.start == self.ram_start());
        after.map_or(self.ram_start(), |slot| slot.end).plus(1).align_up(UNIT)
    }
}

/// A range of addresses, for a person.
pub(crate) fn words(memory: AddrRange) -> String {
    format!("{}..{}", memory.start, memory.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn virt() -> Machine {
        Machine::named("virt", None).unwrap()
    }

    #[test]
    fn a_range_is_cut_at_the_ends_of_regions() {
        let memory = AddrRange { start: Addr(0x3ff_f000), end: Addr(0x400_1000) };
        let machine = virt();
        let pieces: Vec<_> = machine.pieces(memory).iter().map(|(_, region)| region.unwrap().name.clone()).collect();
        assert_eq!(pieces, ["flash0", "flash1"]);
        let beyond = AddrRange { start: Addr(0x47ff_f000), end: Addr(0x4800_1000) };
        assert!(!machine.is_ram(beyond) && machine.pieces(beyond)[1].1.is_none());
        assert!(Machine::named("virt", Some(1 << 30)).unwrap().is_ram(beyond));
    }

    #[test]
    fn kernels_are_loaded_where_their_offset_says() {
        // Measured with QEMU 7.2.
        assert_eq!(virt().image_base(0), Addr(0x4020_0000));
        assert_eq!(virt().image_base(0x8_0000), Addr(0x4008_0000));
        assert_eq!(virt().link_base(), Addr(0x4020_0000));
        let other = Machine::named("firecracker", None).unwrap();
        assert_eq!(other.image_base(0), Addr(0x8020_0000));
    }
}
