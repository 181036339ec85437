//! What the threads of a process share: translated code.

use super::blocks::Blocks;
use super::peek::{Cache, Peek};
use super::region::Region;
use super::{Code, Lifter};
use ashore_base::Addr;
use ashore_emit::asm::Asm;
use ashore_emit::{Emitter, Exit, ExitKind, Form, Guest, Mark, MarkKind, Part, Place, RegMap, Unit};
use ashore_ir::{Block, Op};
use ashore_isa::lift::Next;
use ashore_pivot::Errno;
use ashore_sys::translated::Arena;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The bytes for code.
const CODE_LEN: u64 = 256 << 20;
/// The bytes for counters.
const DATA_LEN: u64 = 16 << 20;
/// The most instructions of a block.
const BLOCK_LEN: usize = 64;
/// Never.
const COLD: u32 = u32::MAX;
/// Units begin at multiples of this.
const ALIGN: u32 = 64;

/// How a program is translated.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How often a block is entered before a region is made of it; zero for never.
    pub hot: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { hot: 1500 }
    }
}

/// Translated code, and which guest address it is for.
pub struct Jit {
    settings: Settings,
    pub(super) lifter: Box<dyn Lifter>,
    pub(super) arena: Arena,
    /// The map of the outside.
    pub(super) map: Arc<RegMap>,
    /// The place of the code that leaves; that which enters is at the first place.
    pub(super) leave: u32,
    /// The end of both.
    pub(super) gates_end: u32,
    inner: Mutex<Inner>,
}

/// What has been translated.
#[derive(Clone, Copy, Default, Debug)]
pub struct Stats {
    /// Blocks, and the instructions in them.
    pub blocks: u64,
    /// Instructions in blocks.
    pub instructions: u64,
    /// Regions.
    pub regions: u64,
    /// Instructions in regions.
    pub region_instructions: u64,
    /// The bytes of code.
    pub bytes: u64,
    /// Instructions without a template, as they stand in code.
    pub evaluated: u64,
    /// How often an instruction was evaluated.
    pub evaluations: u64,
}

/// A unit in the arena.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) base: u32,
    pub(super) end: u32,
    pub(super) pc: u64,
    pub(super) map: Arc<RegMap>,
    is_stale: bool,
}

/// An exit in the arena: where its unit begins, and the exit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) base: u32,
    pub(super) exit: Exit,
}

pub(super) struct Inner {
    blocks: Blocks,
    emitter: Emitter,
    peek: Cache,
    parts: Vec<Part>,
    region: Region,
    next: u32,
    next_counter: u32,
    pub(super) exits: Vec<Way>,
    marks: Vec<Packed>,
    units: Vec<Made>,
    pages: BTreeMap<u64, Vec<u32>>,
    pub(super) stats: Stats,
}

const PAGE_LOG2: u32 = 12;

impl Jit {
    /// The memory for one CPU's code.
    pub fn new(lifter: Box<dyn Lifter>, settings: Settings) -> Result<Arc<Jit>, Errno> {
        let arena = Arena::new(CODE_LEN, DATA_LEN)?;
        let layout = lifter.model().layout();
        let watch = [layout.watch_value, layout.watch_addr, layout.watch_size];
        let has_hashes = std::is_x86_feature_detected!("sha");
        let guest = Guest { flags: lifter.flags(), watch, align_log2: lifter.align_log2(), has_hashes };
        let map = Arc::new(RegMap::new(lifter.favourites(), guest));
        let mut asm = Asm::new();
        let leave = Emitter::gates(&map, &mut asm);
        arena.write(0, asm.bytes());
        let inner = Inner {
            blocks: Blocks::new(),
            emitter: Emitter::new(),
            peek: Cache::new(),
            parts: Vec::new(),
            region: Region::default(),
            next: asm.here().next_multiple_of(ALIGN),
            next_counter: arena.data_start(),
            exits: Vec::new(),
            marks: Vec::new(),
            units: Vec::new(),
            pages: BTreeMap::new(),
            stats: Stats::default(),
        };
        let gates_end = asm.here();
        Ok(Arc::new(Jit { settings, lifter, arena, map, leave, gates_end, inner: Mutex::new(inner) }))
    }

    /// What has been translated so far.
    pub fn stats(&self) -> Stats {
        self.lock().stats
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The code for an address, translated if it has not been. Nothing if nothing can be executed there.
    pub(super) fn place_of(&self, pc: u64, code: &dyn Code) -> Option<u32> {
        let mut inner = self.lock();
        self.entry(&mut inner, pc, code)
    }

    fn entry(&self, inner: &mut Inner, pc: u64, code: &dyn Code) -> Option<u32> {
        match inner.blocks.get(pc) {
            Some(place) => Some(place),
            None => self.translate_block(inner, pc, code),
        }
    }

    /// The code for the address an exit goes to; from now on the exit goes there by itself.
    pub(super) fn link(&self, way: Way, code: &dyn Code) -> Option<u32> {
        let mut inner = self.lock();
        let place = self.entry(&mut inner, way.exit.pc, code)?;
        if way.exit.site != 0 {
            let site = way.base + way.exit.site;
            self.arena.patch(site, place.wrapping_sub(site + 4));
        }
        Some(place)
    }

    /// The exit of a number.
    pub(super) fn way(&self, number: u64) -> Option<Way> {
        self.lock().exits.get(number as usize).copied()
    }

    /// Translates the block at an address, for measuring; gives the address behind its last instruction.
    pub fn translate(&self, pc: u64, code: &dyn Code) -> Option<u64> {
        let mut inner = self.lock();
        let before = inner.stats.instructions;
        self.translate_block(&mut inner, pc, code)?;
        let count = inner.stats.instructions - before;
        Some(pc + (count << self.lifter.align_log2()))
    }

    fn translate_block(&self, inner: &mut Inner, pc: u64, code: &dyn Code) -> Option<u32> {
        let mut bytes = [0; BLOCK_LEN * 4];
        let len = code.fetch(pc, &mut bytes);
        let mut part = inner.parts.pop().unwrap_or_default();
        part.pc = pc;
        let count = lift(self.lifter.as_ref(), &mut part.block, pc, bytes.get(..len).unwrap_or_default(), None);
        inner.stats.blocks += u64::from(count != 0);
        inner.stats.instructions += count as u64;
        let counter =
            (inner.next_counter + 4 <= self.arena.data_start() + self.arena.data_len()).then_some(inner.next_counter);
        if let Some(counter) = counter {
            inner.next_counter += 4;
            let hot = if self.settings.hot == 0 { COLD } else { self.settings.hot };
            self.arena.set_counter(counter, hot);
        }
        let map = self.map.clone();
        let parts = [part];
        let place = if count == 0 { None } else { self.add(inner, (&parts, 0, &map), counter, code) };
        let [part] = parts;
        inner.parts.push(part);
        place
    }

    /// Translates parts and puts them into the arena.
    fn add(
        &self,
        inner: &mut Inner,
        (parts, entry, map): (&[Part], usize, &Arc<RegMap>),
        counter: Option<u32>,
        code: &dyn Code,
    ) -> Option<u32> {
        let base = inner.next;
        let unit = Unit { parts, entry, map, outside: &self.map };
        let place = Place { base, leave: self.leave, first_exit: inner.exits.len() as u32, counter };
        let mut peek = Peek { lifter: self.lifter.as_ref(), code, cache: &mut inner.peek };
        let made = inner.emitter.translate(&unit, place, &mut peek);
        let end = base + made.asm.here();
        if end + ALIGN > self.arena.code_len() {
            return None;
        }
        self.arena.write(base, made.asm.bytes());
        inner.exits.extend(made.exits.iter().map(|exit| Way { base, exit: *exit }));
        inner.marks.extend(made.marks.iter().map(|mark| Packed::new(base, mark)));
        inner.stats.bytes += u64::from(made.asm.here());
        inner.stats.evaluated += u64::from(made.evaluated);
        inner.next = end.next_multiple_of(ALIGN);
        let pc = parts.get(entry)?.pc;
        let number = inner.units.len() as u32;
        inner.units.push(Made { base, end, pc, map: map.clone(), is_stale: false });
        inner.blocks.insert(pc, base);
        let mut last = u64::MAX;
        for page in parts.iter().flat_map(pages) {
            if page != last {
                inner.pages.entry(page).or_default().push(number);
                last = page;
            }
        }
        Some(base)
    }

    /// A block was entered often: a region from it, if it is part of a loop.
    pub(super) fn promote(&self, (pc, counter): (u64, u32), code: &dyn Code) -> Option<u32> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        self.arena.set_counter(counter, COLD);
        let old = inner.blocks.get(pc)?;
        let mut region = core::mem::take(&mut inner.region);
        let place = region.form(self.lifter.as_ref(), &self.map, pc, code).and_then(|(entry, map)| {
            inner.stats.regions += 1;
            inner.stats.region_instructions += region.len() as u64;
            self.add(inner, (region.parts(), entry, &Arc::new(map)), None, code)
        });
        inner.region = region;
        match place {
            Some(place) => self.redirect(old, place),
            None => self.arena.patch_eight(old, Asm::UNCOUNTED),
        }
        place.or(Some(old))
    }

    /// Makes a unit's entry go elsewhere, for whoever jumps to it.
    fn redirect(&self, entry: u32, to: u32) {
        let distance = u64::from(to.wrapping_sub(entry + 5));
        // A jump, and three bytes that nobody reaches.
        self.arena.patch_eight(entry, 0xe9 | distance << 8 | 0x90_9090 << 40);
    }

    /// Guest code in a range may have changed: what was made of it is not entered any more. A thread that is inside of it
    /// stays there until it leaves it, as on a CPU that has fetched ahead.
    pub fn invalidate(&self, start: u64, len: u64) {
        let mut guard = self.lock();
        let inner = &mut *guard;
        let last = start.saturating_add(len.saturating_sub(1));
        let pages = (start >> PAGE_LOG2)..=(last >> PAGE_LOG2);
        let numbers: Vec<u32> = inner.pages.range(pages).flat_map(|(_, units)| units.iter().copied()).collect();
        for (_, units) in inner.pages.range_mut((start >> PAGE_LOG2)..=(last >> PAGE_LOG2)) {
            units.clear();
        }
        if numbers.is_empty() {
            return;
        }
        inner.peek.clear();
        for number in numbers {
            let Some(made) = inner.units.get_mut(number as usize) else { continue };
            if core::mem::replace(&mut made.is_stale, true) {
                continue;
            }
            let (base, pc) = (made.base, made.pc);
            if inner.blocks.get(pc) == Some(base) {
                inner.blocks.remove(pc);
            }
            // A stub of its own, which asks for the address again.
            let stub = inner.next;
            if stub + ALIGN > self.arena.code_len() {
                continue;
            }
            let mut asm = Asm::new();
            asm.number(ashore_emit::reg::Gpr::RAX, inner.exits.len() as u64);
            asm.jmp_to(self.leave as i32 - stub as i32);
            self.arena.write(stub, asm.bytes());
            let exit = Exit { kind: ExitKind::Goto, pc, site: 0, resume: 0 };
            inner.exits.push(Way { base: stub, exit });
            inner.next = (stub + asm.here()).next_multiple_of(ALIGN);
            self.redirect(base, stub);
        }
    }

    /// What a place of code belongs to: its unit, and the last mark at or before it.
    pub(super) fn find(&self, place: u32) -> Option<(Made, Mark)> {
        let inner = self.lock();
        let unit = inner.units.partition_point(|unit| unit.base <= place).checked_sub(1)?;
        let unit = inner.units.get(unit).filter(|unit| place < unit.end)?;
        let mark = inner.marks.partition_point(|mark| mark.place() <= place).checked_sub(1)?;
        Some((unit.clone(), inner.marks.get(mark)?.near(unit.pc)))
    }
}

/// A mark in the arena, in eight bytes: there is one for almost every instruction.
#[derive(Clone, Copy, Debug)]
struct Packed {
    /// The place, which has 28 bits, and below it what is there and where the flags are.
    at: u32,
    /// The low half of the guest address.
    pc: u32,
}

const _: () = assert!(CODE_LEN <= 1 << 28);

const KINDS: [MarkKind; 3] = [MarkKind::Start, MarkKind::Inside, MarkKind::Between];
const FORMS: [Form; 4] = [Form::Stored, Form::Sub, Form::Add, Form::Float];

impl Packed {
    fn new(base: u32, mark: &Mark) -> Packed {
        Packed { at: (mark.at + base) << 4 | (mark.kind as u32) << 2 | mark.flags as u32, pc: mark.pc as u32 }
    }

    fn place(self) -> u32 {
        self.at >> 4
    }

    /// The mark, whose address is less than two gigabytes from another.
    fn near(self, pc: u64) -> Mark {
        let distance = self.pc.wrapping_sub(pc as u32) as i32;
        let kind = KINDS.get((self.at >> 2 & 3) as usize).copied().unwrap_or(MarkKind::Between);
        let flags = FORMS.get((self.at & 3) as usize).copied().unwrap_or_default();
        Mark { at: self.place(), kind, flags, pc: pc.wrapping_add(distance as u64) }
    }
}

/// The pages a part's instructions are on: they follow each other.
fn pages(part: &Part) -> RangeInclusive<u64> {
    let last = part.block.ops().iter().rev().find_map(|op| match op {
        Op::At(pc) => Some(*pc),
        _ => None,
    });
    part.pc >> PAGE_LOG2..=last.unwrap_or(part.pc) >> PAGE_LOG2
}

/// Lifts instructions until one ends the block, `stop` is reached or there is no more code; gives how many.
pub(super) fn lift(lifter: &dyn Lifter, block: &mut Block, start: u64, code: &[u8], stop: Option<u64>) -> usize {
    block.clear();
    let (mut pc, mut rest, mut count) = (start, code, 0);
    while let Some(lifted) = lifter.lift(block, Addr(pc), rest) {
        count += 1;
        pc = pc.wrapping_add(u64::from(lifted.length));
        rest = rest.get(usize::from(lifted.length)..).unwrap_or_default();
        if lifted.next == Next::Ends {
            return count;
        }
        if stop == Some(pc) {
            break;
        }
    }
    block.push(Op::Goto(pc));
    count
}
