//! The machines known by name.

use super::{Loading, Machine, Region, TreeSlot, Use};
use alloc::{borrow::ToOwned, vec::Vec};
use ashore_base::{Addr, AddrRange, Cpu};
use ashore_isa::aarch64::system::Upcall;

/// A machine known by name.
#[derive(Debug)]
pub struct Row {
    /// What a person types.
    pub name: &'static str,
    /// Its name in full.
    pub title: &'static str,
    /// Its CPU.
    pub cpu: Cpu,
    /// Where RAM begins, how much there is unless said, and the most there can be.
    pub ram: (u64, u64, u64),
    /// Everything else: name, start, length, use.
    pub regions: &'static [(&'static str, u64, u64, Use)],
    /// How programs get into its memory.
    pub loading: Loading,
    /// How its firmware is called.
    pub firmware: Option<Upcall>,
    /// The `compatible` words of its device tree's root, if they name it.
    pub compatible: &'static [&'static str],
    /// Where the facts are from.
    pub source: &'static str,
}

impl Row {
    /// The machine with `memory` bytes of RAM, or as much as is usual.
    pub fn machine(&self, memory: Option<u64>) -> Machine {
        let (start, usual, most) = self.ram;
        let range = |start: u64, len: u64| AddrRange::new(Addr(start), len).unwrap_or_default();
        let ram =
            Region { name: "ram".to_owned(), memory: range(start, memory.unwrap_or(usual).min(most)), kind: Use::Ram };
        let others = self.regions.iter().map(|&(name, start, len, kind)| Region {
            name: name.to_owned(),
            memory: range(start, len),
            kind,
        });
        Machine {
            name: self.name.to_owned(),
            title: self.title.to_owned(),
            cpu: self.cpu,
            regions: core::iter::once(ram).chain(others).collect::<Vec<_>>(),
            loading: self.loading,
            firmware: self.firmware,
        }
    }
}

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Every machine.
pub static MACHINES: &[Row] = &[
    Row {
        name: "virt",
        title: "QEMU's virt board for AArch64",
        cpu: Cpu::Aarch64,
        ram: (0x4000_0000, 128 * MIB, 255 * GIB),
        regions: VIRT,
        loading: Loading {
            flat_only: &[],
            image_base: 0x4000_0000,
            raw_base: 0x4008_0000,
            tree: TreeSlot::RamStart(MIB),
            level: 1,
        },
        firmware: Some(Upcall::Hypervisor),
        compatible: &["linux,dummy-virt"],
        source: "the device tree QEMU 7.2 writes (-M virt,dumpdtb=FILE), and loads measured there",
    },
    Row {
        name: "raspi4",
        title: "Raspberry Pi 4",
        cpu: Cpu::Aarch64,
        ram: (0, GIB, 0xfc00_0000),
        regions: RASPI4,
        loading: Loading {
            flat_only: &[0x8_0000, 0x20_0000],
            image_base: 0x20_0000,
            raw_base: 0x8_0000,
            tree: TreeSlot::Anywhere,
            level: 2,
        },
        firmware: None,
        compatible: &["raspberrypi,4-model-b", "brcm,bcm2711"],
        source: "BCM2711 ARM Peripherals, low-peripheral mode; kernel_address and 64-bit load rules of config.txt",
    },
    Row {
        name: "firecracker",
        title: "Firecracker on AArch64",
        cpu: Cpu::Aarch64,
        ram: (0x8000_0000, 128 * MIB, 1022 * GIB),
        regions: FIRECRACKER,
        loading: Loading {
            flat_only: &[0x8020_0000],
            image_base: 0x8020_0000,
            raw_base: 0x8020_0000,
            tree: TreeSlot::RamEnd(2 * MIB),
            level: 1,
        },
        firmware: Some(Upcall::Hypervisor),
        compatible: &[],
        source: "Firecracker's layout of AArch64 guests (arch/aarch64/layout)",
    },
];

const VIRT: &[(&str, u64, u64, Use)] = &[
    ("flash0", 0, 0x400_0000, Use::Flash),
    ("flash1", 0x400_0000, 0x400_0000, Use::Flash),
    ("interrupt controller", 0x800_0000, 0x100_0000, Use::Device),
    ("pl011 serial port", 0x900_0000, 0x1000, Use::Device),
    ("pl031 clock", 0x901_0000, 0x1000, Use::Device),
    ("fw_cfg", 0x902_0000, 0x18, Use::Device),
    ("pl061 pins", 0x903_0000, 0x1000, Use::Device),
    ("second pl011 serial port", 0x904_0000, 0x1000, Use::Device),
    ("smmu", 0x905_0000, 0x2_0000, Use::Device),
    ("acpi and nvdimm registers", 0x907_0000, 0x4_0000, Use::Device),
    ("virtio-mmio", 0xa00_0000, 0x4000, Use::Device),
    ("platform bus", 0xc00_0000, 0x200_0000, Use::Device),
    ("secure memory", 0xe00_0000, 0x100_0000, Use::Device),
    ("pcie", 0x1000_0000, 0x3000_0000, Use::Device),
    ("high pcie configuration", 0x40_1000_0000, 0x1000_0000, Use::Device),
    ("high pcie", 0x80_0000_0000, 0x80_0000_0000, Use::Device),
];

const RASPI4: &[(&str, u64, u64, Use)] = &[
    ("spin tables of the boot stub", 0, 0x1000, Use::Reserved),
    ("the VideoCore's memory", 0x3b40_0000, 0x4c0_0000, Use::Reserved),
    ("peripherals", 0xfc00_0000, 0x380_0000, Use::Device),
    ("arm-local registers and interrupt controller", 0xff80_0000, 0x80_0000, Use::Device),
    ("pcie", 0x6_0000_0000, 0x4000_0000, Use::Device),
];

const FIRECRACKER: &[(&str, u64, u64, Use)] = &[
    ("interrupt controller", 0x3ef0_0000, 0x110_0000, Use::Device),
    ("boot timer, clock, serial port and virtio-mmio", 0x4000_0000, 0x4000_0000, Use::Device),
    ("the monitor's own memory", 0x8000_0000, 0x20_0000, Use::Reserved),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_told_apart_and_their_regions_do_not_overlap() {
        for (at, row) in MACHINES.iter().enumerate() {
            assert!(MACHINES.iter().skip(at + 1).all(|other| other.name != row.name));
            let machine = row.machine(None);
            let plain: Vec<_> = machine.regions.iter().filter(|region| region.kind != Use::Reserved).collect();
            for (at, region) in plain.iter().enumerate() {
                let clash = plain.iter().skip(at + 1).find(|other| other.memory.overlaps(region.memory));
                assert!(clash.is_none(), "{}: {} and {clash:?}", row.name, region.name);
                assert!(!region.memory.is_empty(), "{}: {}", row.name, region.name);
            }
            for region in machine.all(Use::Reserved) {
                assert!(machine.is_ram(region.memory), "{}: {}", row.name, region.name);
            }
        }
    }
}
