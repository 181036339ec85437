//! What the threads of a process share: translated code.

use super::blocks::Blocks;
use super::cache::Kept;
use super::counts::{Once, Stats};
use super::customs::Customs;
use super::entry::with_jump;
use super::halves::{Half, Seen};
use super::lift::{lift, pages};
use super::mapper::Mapper;
use super::maps::Maps;
use super::memory::ignored;
use super::peek::{Cache, Peek};
use super::region::{Region, targets};
use super::settings::Settings;
use super::targets::{self, Targets};
use super::tenants::{Tenant, Tenants};
use super::{Code, Lifter};
use ashore_base::{Addr, AddrRange};
use ashore_emit::asm::Asm;
use ashore_emit::{CALL_LEN, Emitter, Exit, ExitKind, Gates, Guest, Mark, Part, Place, RegMap, Tiny, Unit};
use ashore_ir::float::Exceptions;
use ashore_pivot::Errno;
use ashore_sys::translated::Arena;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError};

/// The bytes for code to one for counters.
const DATA_SHARE: u64 = 16;
/// A program of so many blocks uses most pages of the table of targets.
const MANY: u64 = 8192;
/// How often a lock is tried before its owner is waited for, and how many of the CPU's pauses are between.
const TRIES: u32 = 16;
const PAUSES: u32 = 16;
/// The most instructions of a block.
pub(super) const BLOCK_LEN: usize = 64;
/// How often a block that is a loop goes around for each entry of another.
const ROUNDS: u32 = 128;
/// The host's call that lets other threads run.
const SCHED_YIELD: u64 = 24;
/// Never.
pub(super) const COLD: u32 = u32::MAX;
/// Units begin at multiples of this.
pub(super) const ALIGN: u32 = 8;
/// The most bytes that are behind a unit.
const ROOM: u32 = 64;

/// Translated code, and which guest address it is for.
pub struct Jit {
    pub(super) settings: Settings,
    pub(super) lifter: Box<dyn Lifter>,
    pub(super) arena: Arena,
    /// The map of the outside, and that alone.
    pub(super) map: Arc<RegMap>,
    pub(super) targets: Targets,
    /// The places of the code that all units use; that which enters is at the first place.
    pub(super) gates: Gates,
    /// The end of them.
    pub(super) gates_end: u32,
    pub(super) tenants: Tenants,
    pub(super) cache: Kept,
    pub(super) mapper: OnceLock<Arc<dyn Mapper>>,
    inner: Mutex<Inner>,
    /// How often an instruction was evaluated.
    pub(super) evaluations: AtomicU64,
}

/// A unit in the arena.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) base: u32,
    pub(super) end: u32,
    pub(super) pc: u64,
    /// Where registers live in it, unless that is where they do outside.
    pub(super) maps: Option<Arc<Maps>>,
    pub(super) is_stale: bool,
    /// Whether a thread may stay in it for ever.
    pub(super) has_loop: bool,
    /// The number of its first exit, without that of its half, and how many there are before that of the code behind it, which
    /// leaves for its first address.
    pub(super) first_exit: u32,
    pub(super) exits: u32,
    /// Where its tables are among those of its half, unless it was kept.
    pub(super) table: u32,
}

impl Made {
    /// The page of its address.
    pub(super) fn page(&self) -> u64 {
        self.pc >> PAGE_LOG2
    }
}

/// An exit in the arena: where its unit begins, and the exit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) base: u32,
    pub(super) exit: Exit,
}

pub(super) struct Inner {
    pub(super) blocks: Blocks,
    pub(super) emitter: Emitter,
    pub(super) peek: Cache,
    parts: Vec<Part>,
    pub(super) region: Region,
    pub(super) stub: Asm,
    pub(super) halves: [Half; 2],
    /// Grows with every half that is begun; the lowest bit says which one it is.
    pub(super) turn: u64,
    /// What code tells of tiny operands.
    pub(super) tiny: Tiny,
    pub(super) customs: Customs,
    pub(super) stats: Stats,
    pub(super) seen: Once,
}

pub(super) const PAGE_LOG2: u32 = 12;

/// What looking for an address's code gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// Its code, which is of this turn.
    At(u32, u64),
    /// Nothing can be executed there.
    Nothing,
    /// There is no room for more code in this turn.
    Full(u64),
}

/// There is no room for more code.
struct Full;

impl Inner {
    pub(super) fn half(&mut self) -> &mut Half {
        let [first, second] = &mut self.halves;
        if self.turn & 1 == 0 { first } else { second }
    }

    fn other_half(&mut self) -> &mut Half {
        let [first, second] = &mut self.halves;
        if self.turn & 1 == 0 { second } else { first }
    }
}

impl Jit {
    /// The memory for one CPU's code.
    pub fn new(lifter: Box<dyn Lifter>, settings: Settings) -> Result<Arc<Jit>, Errno> {
        let code_len = settings.arena_len();
        let arena = Arena::new(code_len, code_len / DATA_SHARE + targets::LEN)?;
        let layout = lifter.model().layout();
        let watch = [layout.watch_value, layout.watch_addr, layout.watch_size];
        let guest = Guest {
            pc: layout.pc,
            flags: lifter.flags(),
            watch,
            status: layout.fp_status,
            invalid: lifter.model().status(Exceptions::INVALID) as u32,
            align_log2: lifter.align_log2(),
            ignored: ignored(lifter.as_ref()),
        };
        let map = Arc::new(RegMap::new(lifter.favourites(settings.habit), guest));
        let mut asm = Asm::new();
        let gates = Emitter::gates(&map, &mut asm);
        arena.write(0, asm.bytes());
        let targets = Targets::at_end(&arena, lifter.align_log2());
        let mut halves = Half::both(&arena, asm.here(), targets.place);
        halves[0].turn = 2;
        let inner = Inner {
            blocks: Blocks::default(),
            emitter: Emitter::new(),
            peek: Cache::new(),
            parts: Vec::new(),
            region: Region::default(),
            stub: Asm::new(),
            halves,
            turn: 2,
            tiny: Tiny::default(),
            customs: Customs::default(),
            stats: Stats::default(),
            seen: Once::new(settings.counts),
        };
        let gates_end = asm.here();
        Ok(Arc::new(Jit {
            settings,
            lifter,
            arena,
            map,
            targets,
            gates,
            gates_end,
            tenants: Tenants::new(inner.turn),
            cache: Kept::default(),
            mapper: OnceLock::new(),
            inner: Mutex::new(inner),
            evaluations: AtomicU64::new(0),
        }))
    }

    /// Whoever has it has it for some microseconds: waiting a little is cheaper than being woken.
    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        for _ in 0..TRIES {
            match self.inner.try_lock() {
                Err(TryLockError::WouldBlock) => (0..PAUSES).for_each(|_| core::hint::spin_loop()),
                Ok(inner) => return inner,
                Err(TryLockError::Poisoned(inner)) => return inner.into_inner(),
            }
        }
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The code for an address, translated if it has not been, for a thread that will enter it.
    pub(super) fn place_of(&self, pc: u64, code: &dyn Code, who: &Tenant) -> Found {
        let mut inner = self.lock();
        let turn = inner.turn;
        match self.entry(&mut inner, pc, code) {
            Ok(Some(place)) => {
                inner.stats.misses += 1;
                self.targets.insert(&self.arena, pc, place);
                who.enters(turn);
                Found::At(place, turn)
            }
            Ok(None) => Found::Nothing,
            Err(Full) => Found::Full(turn),
        }
    }

    fn entry(&self, inner: &mut Inner, pc: u64, code: &dyn Code) -> Result<Option<u32>, Full> {
        match inner.blocks.get(pc) {
            Some(place) => Ok(Some(place)),
            None => match self.kept_place(inner, pc) {
                Some(place) => Ok(Some(place)),
                None => self.translate_block(inner, pc, code),
            },
        }
    }

    /// Throws the older half of the code away, if nobody did since the turn that was full. The calling thread, which knows no
    /// place any more, waits for others that are in that code still.
    pub(super) fn make_room(&self, full: u64, who: &Tenant) {
        who.leaves();
        loop {
            {
                let mut inner = self.lock();
                if inner.turn != full {
                    return;
                }
                let old = inner.other_half().turn;
                if !self.tenants.expel(old) {
                    let turn = full + 1;
                    inner.other_half().reuse(&self.arena, turn);
                    inner.turn = turn;
                    self.tenants.begins(turn);
                    inner.blocks = Blocks::default();
                    self.targets.clear(&self.arena);
                    inner.stats.flushes += 1;
                    return;
                }
            }
            let _ = ashore_sys::call(SCHED_YIELD, [0; 6]);
        }
    }

    /// The exit that was left by, and the code for the address it goes to, if it goes to one: from now on it goes there by itself.
    pub(super) fn follow(&self, exit: u64, code: &dyn Code) -> Option<(Way, Option<u32>)> {
        let mut inner = self.lock();
        let way = self.way(&mut inner, exit)?;
        inner.stats.left(way.exit.kind, way.exit.site != 0);
        let place = if way.exit.kind == ExitKind::Goto { self.link(&mut inner, way, code) } else { None };
        Some((way, place))
    }

    fn link(&self, inner: &mut Inner, way: Way, code: &dyn Code) -> Option<u32> {
        let place = self.entry(inner, way.exit.pc, code).ok()??;
        if way.exit.site != 0 {
            let site = way.base + way.exit.site;
            self.link_to(site, place);
            inner.half().relinks(site);
        } else {
            self.targets.insert(&self.arena, way.exit.pc, place);
        }
        Some(place)
    }

    /// An exit: of a number, or that which ends at an address.
    fn way(&self, inner: &mut Inner, exit: u64) -> Option<Way> {
        match self.arena.place(exit) {
            Some(end) => inner.halves.iter().find_map(|half| half.way_at(end.checked_sub(CALL_LEN)?)),
            None => inner.halves.iter_mut().find(|half| half.has_exit(exit))?.exit(exit),
        }
    }

    /// Translates the block at an address, for measuring; gives the address behind its last instruction.
    pub fn translate(&self, pc: u64, code: &dyn Code) -> Option<u64> {
        let mut inner = self.lock();
        let before = inner.stats.instructions;
        self.translate_block(&mut inner, pc, code).ok()??;
        let count = inner.stats.instructions - before;
        Some(pc + (count << self.lifter.align_log2()))
    }

    fn translate_block(&self, inner: &mut Inner, pc: u64, code: &dyn Code) -> Result<Option<u32>, Full> {
        let code = &Seen::new(code, self.cache.sources.lock());
        let mut bytes = [0; BLOCK_LEN * 4];
        let len = code.fetch(pc, &mut bytes);
        let mut part = inner.parts.pop().unwrap_or_default();
        part.pc = pc;
        let count = lift(self.lifter.as_ref(), &mut part.block, pc, bytes.get(..len).unwrap_or_default(), None);
        inner.stats.blocks += u64::from(count != 0);
        if inner.stats.blocks == MANY {
            self.targets.make(&self.arena);
        }
        inner.stats.instructions += count as u64;
        let counter = inner.half().counter(BLOCK_LEN);
        let parts = [part];
        let place = match count {
            0 => Ok(None),
            _ => self.add(inner, (&parts, 0, core::slice::from_ref(&*self.map)), counter, code).map(Some),
        };
        let [part] = parts;
        inner.parts.push(part);
        place
    }

    /// Translates parts and puts them into the arena.
    fn add(
        &self,
        inner: &mut Inner,
        (parts, entry, maps): (&[Part], usize, &[RegMap]),
        counter: Option<u32>,
        code: &Seen<'_>,
    ) -> Result<u32, Full> {
        let (base, first_exit) = (inner.half().next, inner.half().next_exit());
        inner.count(parts);
        let (addresses, nans) = inner.customs.of(parts);
        let (outside, tiny, host) = (&*self.map, inner.tiny, self.settings.host);
        let unit = Unit { parts, entry, maps, outside, addresses, nans, tiny, host };
        let place = Place { base, gates: self.gates, first_exit, counter };
        let mut peek = Peek { lifter: self.lifter.as_ref(), code, cache: &mut inner.peek };
        let made = inner.emitter.translate(&unit, place, &mut peek);
        let len = made.asm.here();
        let [first, second] = &mut inner.halves;
        let half = if inner.turn & 1 == 0 { first } else { second };
        if !half.has_room(len + ROOM) {
            return Err(Full);
        }
        let pc = parts.get(entry).map_or(0, |part| part.pc);
        half.make_room(&self.arena, len + ROOM);
        self.arena.write(base, made.asm.bytes());
        for exit in made.exits.iter().filter(|exit| exit.kind == ExitKind::Hot) {
            self.arena.set_counter(exit.resume, self.rounds(pc, exit.pc));
        }
        inner.stats.bytes += u64::from(len);
        inner.stats.evaluated += u64::from(made.evaluated);
        // Behind it, for when it is stale: to its address again.
        let end = base + len;
        inner.stub.clear();
        self.write_stub(&mut inner.stub, end);
        self.arena.write(end, inner.stub.bytes());
        half.next = (end + inner.stub.here()).next_multiple_of(ALIGN);
        let has_loop = parts.len() > 1 || parts.iter().any(|part| targets(&part.block).any(|to| to == part.pc));
        let is_outside = maps.first().is_some_and(|map| core::ptr::eq(map, &*self.map));
        let maps = if is_outside { None } else { Some(Arc::new(Maps::of(maps, &made.maps))) };
        inner.blocks.insert(pc, base);
        let known = self.link_known(&inner.blocks, base, &made.exits);
        let (first_exit, table) = half.add_tables((base, pc), &made.exits, &made.marks);
        let exits = made.exits.len() as u32;
        let made = Made { base, end, pc, maps, is_stale: false, has_loop, first_exit, exits, table };
        half.add_unit(made, parts.iter().flat_map(pages), code);
        inner.stats.known += known;
        self.told((base, end + inner.stub.here()), pc, parts.len());
        Ok(base)
    }

    /// Links the exits of a unit that go to code which is there; gives how many.
    fn link_known(&self, blocks: &Blocks, base: u32, exits: &[Exit]) -> u64 {
        let mut count = 0;
        for exit in exits.iter().filter(|exit| exit.site != 0) {
            if let Some(place) = blocks.get(exit.pc) {
                self.link_to(base + exit.site, place);
                count += 1;
            }
        }
        count
    }

    /// Has the jump with its distance at a site go to a place.
    fn link_to(&self, site: u32, place: u32) {
        self.arena.patch(site, place.wrapping_sub(site + 4));
    }

    /// The code at a place that leaves.
    pub(super) fn write_stub(&self, stub: &mut Asm, place: u32) {
        stub.call_to(self.gates.called as i32 - place as i32);
    }

    /// How often a block at an address goes back to another one before a region is made of that. One that goes back to its
    /// start is to do it more often: code around it is to be found hot first.
    fn rounds(&self, pc: u64, to: u64) -> u32 {
        match self.settings.hot {
            0 => COLD,
            hot if to == pc => hot.saturating_mul(hot.min(ROUNDS)),
            hot => hot,
        }
    }

    /// An address was gone back to often: a region from it, if there is none.
    pub(super) fn promote(&self, (pc, counter): (u64, u32), code: &dyn Code) -> Option<u32> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        self.arena.set_counter(counter, COLD);
        let old = self.entry(inner, pc, code).ok()??;
        // Another jump back to it was made as often.
        let made = inner.halves.iter().find_map(|half| half.find(old));
        if made.is_some_and(|(made, _)| made.maps.is_some()) {
            return Some(old);
        }
        let place = self.add_region(inner, pc, code);
        inner.half().relinks(old);
        match place {
            Some(place) => self.redirect(old, place),
            None => inner.stats.refused += 1,
        }
        place.or(Some(old))
    }

    pub(super) fn add_region(&self, inner: &mut Inner, pc: u64, code: &dyn Code) -> Option<u32> {
        let code = &Seen::new(code, self.cache.sources.lock());
        let mut region = core::mem::take(&mut inner.region);
        let place = region.form(self.lifter.as_ref(), &self.map, pc, code).and_then(|entry| {
            inner.stats.regions += 1;
            inner.stats.region_instructions += region.len() as u64;
            self.add(inner, (region.parts(), entry, region.maps()), None, code).ok()
        });
        inner.region = region;
        place
    }

    /// Makes a unit's entry go elsewhere, for whoever jumps to it.
    pub(super) fn redirect(&self, entry: u32, to: u32) {
        self.arena.patch_eight(entry, with_jump(self.arena.eight(entry), entry, to));
    }

    /// Guest code in a range may have changed: what was made of it is not entered any more. A thread that is inside of it
    /// stays there until it leaves it, as on a CPU that has fetched ahead; out of a loop it is fetched.
    pub fn invalidate(&self, start: u64, len: u64) {
        self.changed_text(AddrRange { start: Addr(start), end: Addr(start.saturating_add(len)) });
        self.renew(start, len);
    }

    /// Has what was made of code in a range made again.
    pub(super) fn renew(&self, start: u64, len: u64) {
        self.renew_in(&mut self.lock(), start, len);
    }

    fn renew_in(&self, inner: &mut Inner, start: u64, len: u64) {
        let last = start.saturating_add(len.saturating_sub(1));
        let pages = (start >> PAGE_LOG2)..=(last >> PAGE_LOG2);
        let (mut is_known, mut has_loop) = (false, false);
        for half in &mut inner.halves {
            for made in half.take_stale(pages.clone()) {
                is_known = true;
                has_loop |= made.has_loop;
                if inner.blocks.get(made.pc) == Some(made.base) {
                    inner.blocks.remove(made.pc);
                }
                self.redirect(made.base, made.end);
            }
        }
        if is_known {
            inner.peek.clear();
        }
        if has_loop {
            self.tenants.expel(inner.turn);
        }
    }

    /// A thread has tiny numbers flushed: from now on code tells of every one of them. Code that does is right for everybody,
    /// but slower.
    pub(super) fn tell_tiny(&self) {
        let mut inner = self.lock();
        if core::mem::replace(&mut inner.tiny, Tiny::Always) == Tiny::Mostly {
            self.renew_in(&mut inner, 0, u64::MAX);
        }
    }

    /// Runs something, a fork, while no thread holds a lock of this.
    pub(super) fn locked(&self, what: &mut dyn FnMut()) {
        let _inner = self.lock();
        what();
    }

    /// What a place of code belongs to: its unit, and the last mark at or before it.
    pub(super) fn find(&self, place: u32) -> Option<(Made, Mark)> {
        self.lock().halves.iter().find_map(|half| half.find(place))
    }
}
