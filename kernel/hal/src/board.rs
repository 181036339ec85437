//! What the device tree says about the machine. Nothing of it is known otherwise.

use crate::firmware::Upcall;
use alloc::vec::Vec;
use ashore_base::{BadTree, Tree, TreeEvent};

/// Physical addresses: the first and the one behind the last.
pub(crate) type Piece = (u64, u64);

/// Nodes within nodes.
const DEPTH: usize = 16;

/// The kinds of interrupt controllers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Controller {
    /// GICv2: distributor, CPU interface.
    Two(Piece, Piece),
    /// GICv3: distributor, redistributors.
    Three(Piece, Piece),
}

impl Controller {
    /// Its registers.
    pub(crate) fn pieces(self) -> [Piece; 2] {
        let (Controller::Two(one, two) | Controller::Three(one, two)) = self;
        [one, two]
    }
}

/// A device with registers and an interrupt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Device {
    /// Its registers.
    pub(crate) registers: Piece,
    /// Its interrupt's number at the controller.
    pub(crate) interrupt: u32,
}

/// The machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    /// Memory there is.
    pub(crate) ram: Vec<Piece>,
    /// Memory nobody may use.
    pub(crate) reserved: Vec<Piece>,
    /// The file that came with the kernel.
    pub(crate) files: Option<Piece>,
    /// The command line.
    pub(crate) words: Vec<u8>,
    /// Seeds for random numbers.
    pub(crate) seeds: Vec<u8>,
    /// The consoles (PL011), the chosen one first.
    pub(crate) consoles: Vec<Device>,
    /// The calendar (PL031).
    pub(crate) calendar: Option<Piece>,
    /// The interrupt controller.
    pub(crate) controller: Option<Controller>,
    /// The virtual timer's interrupt.
    pub(crate) timer: Option<u32>,
    /// How firmware is called.
    pub(crate) firmware: Option<Upcall>,
    /// The CPUs, by affinity.
    pub(crate) cpus: Vec<u64>,
    /// Virtio devices.
    pub(crate) virtio: Vec<Device>,
}

/// The properties of the node that is being read.
#[derive(Clone, Copy, Default)]
struct Node<'a> {
    name: &'a [u8],
    reg: &'a [u8],
    interrupts: &'a [u8],
    compatible: &'a [u8],
    device_type: &'a [u8],
    method: &'a [u8],
    status: &'a [u8],
    cells: (u32, u32),
    /// It was taken already, when its first child came.
    is_taken: bool,
}

/// A number of so many cells, and the rest.
fn number(bytes: &[u8], cells: u32) -> Option<(u64, &[u8])> {
    let (own, rest) = bytes.split_at_checked(cells as usize * 4)?;
    Some((own.iter().rev().take(8).rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), rest))
}

/// All of a value as one number, of one cell or two.
fn whole(bytes: &[u8]) -> u64 {
    number(bytes, (bytes.len() / 4) as u32).map_or(0, |(number, _)| number)
}

impl Node<'_> {
    fn is(&self, word: &[u8]) -> bool {
        self.compatible.split(|byte| *byte == 0).any(|one| one == word)
    }

    /// The ranges of `reg`, in the cells of the node around.
    fn pieces(&self, cells: (u32, u32)) -> impl Iterator<Item = Piece> {
        let mut left = self.reg;
        core::iter::from_fn(move || {
            let (start, rest) = number(left, cells.0)?;
            let (len, rest) = number(rest, cells.1)?;
            left = rest;
            Some((start, start.checked_add(len)?))
        })
    }

    /// Its `index`th interrupt: shared ones begin at 32, a CPU's own at 16.
    fn interrupt(&self, index: usize) -> Option<u32> {
        let cells = self.interrupts.get(index * 12..)?;
        let (kind, rest) = number(cells, 1)?;
        let (line, _) = number(rest, 1)?;
        Some(line as u32 + if kind == 0 { 32 } else { 16 })
    }
}

impl Board {
    /// What a tree says.
    pub(crate) fn read(tree: Tree<'_>) -> Result<Board, BadTree> {
        let mut board = Board::default();
        board.reserved.extend(tree.reserved().map(|(start, len)| (start, start.saturating_add(len))));
        let mut open = [Node::default(); DEPTH];
        let mut depth = 0;
        let mut chosen: &[u8] = &[];
        let mut files = (0, 0);
        for event in tree.events() {
            match event? {
                TreeEvent::Begin(name) => {
                    board.close(&mut open, depth);
                    depth += 1;
                    if let Some(node) = open.get_mut(depth) {
                        *node = Node { name, cells: (2, 1), ..Node::default() };
                    }
                }
                TreeEvent::Property { name, value } => {
                    let Some(node) = open.get_mut(depth) else { continue };
                    match name {
                        b"reg" => node.reg = value,
                        b"interrupts" => node.interrupts = value,
                        b"compatible" => node.compatible = value,
                        b"device_type" => node.device_type = value,
                        b"method" => node.method = value,
                        b"status" => node.status = value,
                        b"#address-cells" => node.cells.0 = whole(value) as u32,
                        b"#size-cells" => node.cells.1 = whole(value) as u32,
                        b"bootargs" => board.words = value.split(|byte| *byte == 0).next().unwrap_or_default().into(),
                        b"stdout-path" => chosen = value,
                        b"rng-seed" | b"kaslr-seed" => board.seeds.extend(value),
                        b"linux,initrd-start" => files.0 = whole(value),
                        b"linux,initrd-end" => files.1 = whole(value),
                        _ => {}
                    }
                }
                TreeEvent::End => {
                    board.close(&mut open, depth);
                    depth = depth.saturating_sub(1);
                }
            }
        }
        board.files = (files.0 < files.1).then_some(files);
        board.choose(chosen);
        Ok(board)
    }

    /// The console the tree chose comes first. It is named by path, whose last part ends with the address.
    fn choose(&mut self, path: &[u8]) {
        let last = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let digits = last.split(|byte| *byte == b'@').nth(1).unwrap_or_default();
        let digits = digits.split(|byte| !byte.is_ascii_hexdigit()).next().unwrap_or_default();
        let address = core::str::from_utf8(digits).ok().and_then(|text| u64::from_str_radix(text, 16).ok());
        self.consoles.sort_by_key(|console| Some(console.registers.0) != address);
    }

    /// Takes what the node at `depth` says, once: its first child or its end comes.
    fn close(&mut self, open: &mut [Node<'_>; DEPTH], depth: usize) {
        let Some(around) = depth.checked_sub(1).and_then(|depth| open.get(depth)).copied() else { return };
        let Some(node) = open.get_mut(depth) else { return };
        if core::mem::replace(&mut node.is_taken, true) || node.status.starts_with(b"disabled") {
            return;
        }
        let mut pieces = node.pieces(around.cells);
        let device = |piece: Option<Piece>| Some(Device { registers: piece?, interrupt: node.interrupt(0)? });
        if node.device_type.starts_with(b"memory") {
            self.ram.extend(pieces);
        } else if node.device_type.starts_with(b"cpu") {
            let affinity = number(node.reg, around.cells.0).map_or(0, |(number, _)| number);
            self.cpus.push(affinity);
        } else if around.name == b"reserved-memory" {
            self.reserved.extend(pieces);
        } else if node.is(b"arm,pl011") {
            self.consoles.extend(device(pieces.next()));
        } else if node.is(b"arm,pl031") {
            self.calendar = pieces.next();
        } else if node.is(b"virtio,mmio") {
            self.virtio.extend(device(pieces.next()));
        } else if node.is(b"arm,armv8-timer") {
            // Secure, not secure, virtual.
            self.timer = node.interrupt(2);
        } else if node.is(b"arm,gic-v3") {
            self.controller = pieces.next().zip(pieces.next()).map(|(one, two)| Controller::Three(one, two));
        } else if [&b"arm,cortex-a15-gic"[..], b"arm,gic-400", b"arm,cortex-a7-gic"].iter().any(|word| node.is(word)) {
            self.controller = pieces.next().zip(pieces.next()).map(|(one, two)| Controller::Two(one, two));
        } else if node.compatible.starts_with(b"arm,psci") {
            let is_monitor = node.method.starts_with(b"smc");
            self.firmware = Some(if is_monitor { Upcall::Monitor } else { Upcall::Hypervisor });
        }
    }

    /// RAM without the pieces in `taken`, in whole pages.
    pub(crate) fn free(&self, taken: &[Piece]) -> Vec<Piece> {
        let mut free: Vec<Piece> = self.ram.clone();
        for (start, end) in
            self.reserved.iter().chain(taken).map(|piece| (piece.0 & !0xfff, (piece.1 + 0xfff) & !0xfff))
        {
            let parts = free.iter().flat_map(|piece| [(piece.0, piece.1.min(start)), (piece.0.max(end), piece.1)]);
            free = parts.filter(|piece| piece.0 < piece.1).collect();
        }
        free
    }
}
