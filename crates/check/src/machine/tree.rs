//! Which machine a device tree describes.
//!
//! Only addresses matter here: memory, flash, reserved memory, devices, and how firmware is called. The blob itself is read by
//! [`Tree`]. Input is hostile: nodes, depth and lengths are bounded, and what does not fit is left out.

use super::{Loading, Machine, Region, TreeSlot, Use, table};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use ashore_base::{Addr, AddrRange, BadTree, Bytes, Cpu, Tree, TreeEvent};
use ashore_isa::aarch64::system::Upcall;
use ashore_report::{Place, Report, table::BAD_DEVICE_TREE};

/// The field of the header that says where the nodes are.
const STRUCTURE_AT: u64 = 8;
/// More than any board has.
const NODE_LIMIT: usize = 1 << 14;
const DEPTH_LIMIT: usize = 64;
const REGION_LIMIT: usize = 4096;
/// Cells of an address and of a size where a node does not say.
const ADDRESS_CELLS: u32 = 2;
const SIZE_CELLS: u32 = 1;
/// A PCI address has this many cells; its first holds flags.
const PCI_CELLS: u32 = 3;

/// A node and what of it matters.
#[derive(Default)]
struct Node<'a> {
    name: &'a [u8],
    parent: Option<usize>,
    address_cells: Option<u32>,
    size_cells: Option<u32>,
    reg: Option<&'a [u8]>,
    ranges: Option<&'a [u8]>,
    compatible: &'a [u8],
    device_type: &'a [u8],
    method: &'a [u8],
    model: &'a [u8],
    status: &'a [u8],
}

impl Node<'_> {
    fn is_compatible(&self, word: &str) -> bool {
        self.compatible.split(|byte| *byte == 0).any(|one| one == word.as_bytes())
    }

    /// Cells of the addresses and sizes of children.
    fn cells(&self) -> (u32, u32) {
        (self.address_cells.unwrap_or(ADDRESS_CELLS), self.size_cells.unwrap_or(SIZE_CELLS))
    }

    fn is_disabled(&self) -> bool {
        self.status.starts_with(b"disabled")
    }
}

/// A number of one or two cells at the start of `cells`, and the rest; of three, the last two.
fn number(cells: &[u8], count: u32) -> Option<(u64, &[u8])> {
    let len = usize::try_from(count.checked_mul(4)?).ok()?;
    let (own, rest) = (cells.get(..len)?, cells.get(len..)?);
    let low = own.iter().rev().take(8).rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    Some((low, rest))
}

fn damaged(at: u64, reason: impl Into<String>) -> Report {
    BAD_DEVICE_TREE.at(Place::offset(at), reason)
}

fn unreadable(bad: BadTree) -> Report {
    damaged(bad.at, bad.why)
}

/// Every node of a tree, parents before children.
fn nodes(tree: Tree<'_>) -> Result<Vec<Node<'_>>, Report> {
    let mut all: Vec<Node<'_>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for event in tree.events() {
        match event.map_err(unreadable)? {
            TreeEvent::Begin(name) => {
                if all.len() == NODE_LIMIT || open.len() == DEPTH_LIMIT {
                    return Err(damaged(STRUCTURE_AT, "too many or too deep nodes"));
                }
                all.push(Node { name, parent: open.last().copied(), ..Node::default() });
                open.push(all.len() - 1);
            }
            TreeEvent::Property { name, value } => {
                if let Some(node) = open.last().and_then(|index| all.get_mut(*index)) {
                    take(node, name, value);
                }
            }
            TreeEvent::End if open.pop().is_none() => {
                return Err(damaged(STRUCTURE_AT, "a node ends that did not begin"));
            }
            TreeEvent::End => {}
        }
    }
    Ok(all)
}

fn take<'a>(node: &mut Node<'a>, name: &[u8], value: &'a [u8]) {
    let cell = || Bytes(value).array(0).map(u32::from_be_bytes);
    match name {
        b"#address-cells" => node.address_cells = cell(),
        b"#size-cells" => node.size_cells = cell(),
        b"reg" => node.reg = Some(value),
        b"ranges" => node.ranges = Some(value),
        b"compatible" => node.compatible = value,
        b"device_type" => node.device_type = value,
        b"method" => node.method = value,
        b"model" => node.model = value,
        b"status" => node.status = value,
        _ => {}
    }
}

/// An address of a child of `bus` as the CPU sees it.
fn translated(all: &[Node<'_>], mut bus: usize, mut at: u64) -> Option<u64> {
    for _ in 0..DEPTH_LIMIT {
        let node = all.get(bus)?;
        let Some(parent) = node.parent else { return Some(at) };
        let mut ranges = node.ranges?;
        if !ranges.is_empty() {
            let ((child_cells, size_cells), (parent_cells, _)) = (node.cells(), all.get(parent)?.cells());
            at = loop {
                let (child, rest) = number(ranges, child_cells)?;
                let (to, rest) = number(rest, parent_cells)?;
                let (len, rest) = number(rest, size_cells)?;
                if at.checked_sub(child).is_some_and(|delta| delta < len) {
                    break to.checked_add(at - child)?;
                }
                ranges = rest;
            };
        }
        bus = parent;
    }
    None
}

/// The ranges a node's `reg` names.
fn own_ranges(all: &[Node<'_>], node: &Node<'_>) -> Vec<AddrRange> {
    let (Some(parent), Some(mut reg)) = (node.parent, node.reg) else { return Vec::new() };
    let Some((address_cells, size_cells)) = all.get(parent).map(Node::cells) else { return Vec::new() };
    let mut found = Vec::new();
    if size_cells == 0 || address_cells == 0 || address_cells == PCI_CELLS {
        return found;
    }
    while let Some((at, rest)) = number(reg, address_cells) {
        let Some((len, rest)) = number(rest, size_cells) else { break };
        let range = translated(all, parent, at).and_then(|at| AddrRange::new(Addr(at), len));
        found.extend(range.filter(|range| !range.is_empty()));
        reg = rest;
    }
    found
}

/// The windows a PCI bridge opens to its devices.
fn windows(all: &[Node<'_>], node: &Node<'_>) -> Vec<AddrRange> {
    let mut found = Vec::new();
    let (Some(parent), Some(mut ranges), (PCI_CELLS, size_cells @ 1..)) = (node.parent, node.ranges, node.cells())
    else {
        return found;
    };
    let parent_cells = all.get(parent).map_or(ADDRESS_CELLS, |parent| parent.cells().0);
    while let Some((_, rest)) = number(ranges, PCI_CELLS) {
        let window = number(rest, parent_cells).and_then(|(to, rest)| {
            let (len, rest) = number(rest, size_cells)?;
            Some((AddrRange::new(Addr(translated(all, parent, to)?), len)?, rest))
        });
        let Some((range, rest)) = window else { break };
        found.push(range);
        ranges = rest;
    }
    found
}

fn text(bytes: &[u8]) -> String {
    let first = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(first).into_owned()
}

fn kind(all: &[Node<'_>], node: &Node<'_>) -> Use {
    let is_under_reserved =
        node.parent.and_then(|parent| all.get(parent)).is_some_and(|p| p.name == b"reserved-memory");
    if is_under_reserved {
        Use::Reserved
    } else if node.device_type.starts_with(b"memory") {
        Use::Ram
    } else if node.is_compatible("cfi-flash") || node.is_compatible("jedec-flash") {
        Use::Flash
    } else {
        Use::Device
    }
}

/// The list of memory nobody may use.
fn reserved(tree: Tree<'_>) -> Vec<Region> {
    let region = |(start, len)| {
        let memory = AddrRange::new(Addr(start), len).unwrap_or_default();
        Region { name: "reserved by the device tree".to_owned(), memory, kind: Use::Reserved }
    };
    tree.reserved().take(REGION_LIMIT).map(region).collect()
}

/// The machine `tree` describes. How it loads programs no tree says: that is taken from the row called `row`, else from one
/// that is compatible.
pub(super) fn machine(tree: &[u8], row: Option<&str>, memory: Option<u64>) -> Result<Machine, Report> {
    let tree = Tree::new(tree).map_err(unreadable)?;
    let all = nodes(tree)?;
    let root = all.first().ok_or_else(|| damaged(STRUCTURE_AT, "it has no nodes"))?;
    let mut regions = reserved(tree);
    for node in all.iter().filter(|node| !node.is_disabled()) {
        let kind = kind(&all, node);
        let ranges = own_ranges(&all, node).into_iter().chain(windows(&all, node));
        for memory in ranges.take(REGION_LIMIT.saturating_sub(regions.len())) {
            regions.push(Region { name: text(node.name), memory, kind });
        }
    }
    if let (Some(len), Some(first)) = (memory, regions.iter_mut().find(|region| region.kind == Use::Ram)) {
        first.memory.end = Addr(first.memory.start.0.saturating_add(len));
    }
    if !regions.iter().any(|region| region.kind == Use::Ram) {
        return Err(damaged(STRUCTURE_AT, "it names no memory"));
    }
    let known = match row {
        Some(name) => table::MACHINES.iter().find(|row| row.name == name),
        // Others borrow QEMU's word; what nobody else has is its flash.
        None => table::MACHINES.iter().find(|row| {
            row.compatible.iter().any(|word| root.is_compatible(word))
                && row.regions.iter().any(|region| region.3 == Use::Flash)
                    == regions.iter().any(|region| region.kind == Use::Flash)
        }),
    };
    let psci = all.iter().find(|node| node.compatible.starts_with(b"arm,psci"));
    let firmware = psci.and_then(|node| match text(node.method).as_str() {
        "hvc" => Some(Upcall::Hypervisor),
        "smc" => Some(Upcall::Monitor),
        _ => None,
    });
    let ram_start = regions.iter().filter(|region| region.kind == Use::Ram).map(|region| region.memory.start.0).min();
    let base = ram_start.unwrap_or_default();
    let loading = known.map_or(
        Loading { flat_only: &[], image_base: base, raw_base: base, tree: TreeSlot::Anywhere, level: 1 },
        |row| row.loading,
    );
    let is_riscv = all.iter().any(|node| node.device_type.starts_with(b"cpu") && node.compatible.starts_with(b"riscv"));
    let model = if root.model.is_empty() { root.compatible } else { root.model };
    Ok(Machine {
        name: known.map_or_else(|| "device tree".to_owned(), |row| row.name.to_owned()),
        title: format!("the machine of the device tree ({})", text(model)),
        cpu: if is_riscv { Cpu::Riscv64 } else { Cpu::Aarch64 },
        regions,
        loading,
        firmware,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First word of a blob, and tokens of its structure (Devicetree Specification 0.4, chapter 5).
    const MAGIC: u32 = 0xd00d_feed;
    const BEGIN_NODE: u32 = 1;
    const END_NODE: u32 = 2;
    const PROPERTY: u32 = 3;
    const END: u32 = 9;

    /// A blob written node by node.
    #[derive(Default)]
    struct Blob {
        structure: Vec<u8>,
        strings: Vec<u8>,
    }

    impl Blob {
        fn word(&mut self, word: u32) {
            self.structure.extend(word.to_be_bytes());
        }

        fn pad(&mut self) {
            while !self.structure.len().is_multiple_of(4) {
                self.structure.push(0);
            }
        }

        fn begin(mut self, name: &str) -> Blob {
            self.word(BEGIN_NODE);
            self.structure.extend(name.bytes().chain([0]));
            self.pad();
            self
        }

        fn end(mut self) -> Blob {
            self.word(END_NODE);
            self
        }

        fn text(self, name: &str, value: &str) -> Blob {
            let bytes: Vec<u8> = value.bytes().chain([0]).collect();
            self.bytes(name, &bytes)
        }

        fn cells(self, name: &str, cells: &[u32]) -> Blob {
            let bytes: Vec<u8> = cells.iter().flat_map(|cell| cell.to_be_bytes()).collect();
            self.bytes(name, &bytes)
        }

        fn bytes(mut self, name: &str, value: &[u8]) -> Blob {
            let at = self.strings.len() as u32;
            self.strings.extend(name.bytes().chain([0]));
            self.word(PROPERTY);
            self.word(value.len() as u32);
            self.word(at);
            self.structure.extend(value);
            self.pad();
            self
        }

        fn done(mut self) -> Vec<u8> {
            self.word(END);
            let (structure_at, strings_at) = (0x50u32, 0x50 + self.structure.len() as u32);
            let total = strings_at + self.strings.len() as u32;
            let header = [MAGIC, total, structure_at, strings_at, 0x28, 17, 16, 0, 0, 0];
            let mut blob: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
            // One reserved range, then the end of the list.
            blob.extend([0x4300_0000u64, 0x1000, 0, 0, 0].iter().flat_map(|word| word.to_be_bytes()));
            blob.extend(self.structure);
            blob.extend(self.strings);
            blob
        }
    }

    fn board() -> Vec<u8> {
        let blob = Blob::default().begin("").cells("#address-cells", &[2]).cells("#size-cells", &[2]);
        let blob = blob.text("model", "a board").begin("memory@40000000").text("device_type", "memory");
        let blob = blob.cells("reg", &[0, 0x4000_0000, 0, 0x800_0000]).end();
        let blob = blob.begin("flash@0").text("compatible", "cfi-flash").cells("reg", &[0, 0, 0, 0x400_0000]).end();
        let blob = blob.begin("psci").text("compatible", "arm,psci-1.0").text("method", "smc").end();
        let blob = blob.begin("reserved-memory").cells("#address-cells", &[2]).cells("#size-cells", &[2]);
        let blob = blob.bytes("ranges", &[]).begin("pool").cells("reg", &[0, 0x4700_0000, 0, 0x10_0000]).end().end();
        let blob = blob.begin("soc").cells("#address-cells", &[1]).cells("#size-cells", &[1]);
        let blob = blob.cells("ranges", &[0x7e00_0000, 0, 0xfe00_0000, 0x180_0000]);
        let blob = blob.begin("serial@7e201000").cells("reg", &[0x7e20_1000, 0x200]).end().end();
        blob.end().done()
    }

    fn at(machine: &Machine, addr: u64) -> (Use, &str) {
        let region = machine.at(Addr(addr)).unwrap();
        (region.kind, &region.name)
    }

    #[test]
    fn a_board_is_read_with_its_buses() {
        let machine = machine(&board(), None, None).unwrap();
        assert_eq!(at(&machine, 0x4000_0000), (Use::Ram, "memory@40000000"));
        assert_eq!(at(&machine, 0x1000), (Use::Flash, "flash@0"));
        assert_eq!(at(&machine, 0xfe20_1000), (Use::Device, "serial@7e201000"));
        assert!(machine.at(Addr(0x7e20_1000)).is_none());
        let reserved: Vec<u64> = machine.all(Use::Reserved).map(|region| region.memory.start.0).collect();
        assert_eq!(reserved, [0x4300_0000, 0x4700_0000]);
        assert_eq!(machine.firmware, Some(Upcall::Monitor));
        assert!(machine.title.contains("a board"));
    }

    #[test]
    fn damage_is_refused_wherever_it_is() {
        let blob = board();
        for len in 0..blob.len() {
            let _ = machine(&blob[..len], None, None);
        }
        for at in 0..blob.len() {
            for value in [0, 1, 3, 9, 0x7f, 0xff] {
                let mut bad = blob.clone();
                bad[at] = value;
                let _ = machine(&bad, Some("virt"), Some(1 << 30));
            }
        }
        assert_eq!(machine(b"", None, None).unwrap_err().diagnosis.slug, "bad-device-tree");
    }
}
