//! A machine for tests: frames in a vector, translation in a map, a clock that stands still until it is set, and
//! programs that are closures.
//!
//! Frames come with rubbish in them, as on a real machine. Translations that were changed and not flushed stay in force
//! for programs, as on a real machine; [`Simulated::stale`] tells whether there are some.
#![allow(dead_code)] // Whoever writes a test finds what it needs here.

use crate::frames::Frames;
use crate::machine::*;
use crate::memory::Physical;
use crate::quick::Caller;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use core::cell::Cell;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::Mutex;

/// The number of the first frame.
const FIRST: u32 = 0x40000;
const PAGE: usize = PAGE_SIZE as usize;
const RUBBISH: u8 = 0xa5;

std::thread_local! {
    static CPU: Cell<usize> = const { Cell::new(0) };
}

type Page = Box<[u8; PAGE]>;
/// A page for every frame that was used.
type Ram = &'static [Mutex<Option<Page>>];
/// What a program does until it stops.
type Plan = Box<dyn FnOnce(&mut Context) -> Trap + Send>;

/// What programs do for which nothing is planned.
type Otherwise = Box<dyn FnMut(&mut Context) -> Trap + Send>;

/// The machine.
pub(crate) struct Simulated {
    ram: Ram,
    files: Vec<u8>,
    files_at: u32,
    cpus: usize,
    clock: AtomicU64,
    tables: Mutex<BTreeMap<u64, Arc<Mutex<Entries>>>>,
    roots: Vec<AtomicU64>,
    steps: Mutex<VecDeque<Plan>>,
    otherwise: Mutex<Option<Otherwise>>,
    printed: Mutex<Vec<u8>>,
    typed: Mutex<VecDeque<u8>>,
    alarms: Mutex<Vec<Option<Nanos>>>,
    kicks: Mutex<Vec<usize>>,
    random: AtomicU64,
    arrivals: AtomicUsize,
}

/// A machine with `frames` frames of memory, one CPU and no files. Tests leak it.
pub(crate) fn machine(frames: u32) -> &'static Simulated {
    machine_with(frames, 1, &[])
}

/// A machine with so many frames and CPUs, that came with `files`.
pub(crate) fn machine_with(frames: u32, cpus: usize, files: &[u8]) -> &'static Simulated {
    let pages = files.len().div_ceil(PAGE) as u32;
    let mut ram = Vec::new();
    ram.resize_with((frames + pages) as usize, || Mutex::new(None));
    let machine = Simulated {
        ram: Vec::leak(ram),
        files: files.to_vec(),
        files_at: FIRST + frames,
        cpus,
        clock: AtomicU64::new(0),
        tables: Mutex::default(),
        roots: (0..cpus).map(|_| AtomicU64::new(0)).collect(),
        steps: Mutex::default(),
        otherwise: Mutex::default(),
        printed: Mutex::default(),
        typed: Mutex::default(),
        alarms: Mutex::new(alloc::vec![None; cpus]),
        kicks: Mutex::default(),
        random: AtomicU64::new(1),
        arrivals: AtomicUsize::new(0),
    };
    for (nth, page) in files.chunks(PAGE).enumerate() {
        machine.zero_frame(Frame(machine.files_at + nth as u32));
        machine.write_frame(Frame(machine.files_at + nth as u32), 0, page);
    }
    Box::leak(Box::new(machine))
}

/// The machine's memory, all of it free but the files and the frame of zeros. Tests leak it.
pub(crate) fn physical(machine: &'static Simulated) -> &'static Physical {
    let range = FrameRange { start: Frame(FIRST), count: machine.files_at - FIRST };
    let frames = Frames::new(&[range]);
    Box::leak(Box::new(Physical::new(machine, frames).unwrap()))
}

impl Simulated {
    /// Makes this thread of the test that CPU; every thread begins as CPU 0.
    pub(crate) fn be_cpu(cpu: usize) {
        CPU.set(cpu);
    }

    /// Sets the clock.
    pub(crate) fn set_now(&self, now: Nanos) {
        self.clock.store(now, SeqCst);
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, nanos: Nanos) {
        self.clock.fetch_add(nanos, SeqCst);
    }

    /// What the next `run` that nothing is planned for yet does.
    pub(crate) fn plan(&self, step: impl FnOnce(&mut Context) -> Trap + Send + 'static) {
        self.steps.lock().unwrap().push_back(Box::new(step));
    }

    /// What every `run` does that nothing is planned for.
    pub(crate) fn plan_rest(&self, step: impl FnMut(&mut Context) -> Trap + Send + 'static) {
        *self.otherwise.lock().unwrap() = Some(Box::new(step));
    }

    /// The next run asks the kernel for `number` with `args`.
    pub(crate) fn plan_call(&self, number: u64, args: &[u64]) {
        let args = args.to_vec();
        self.plan(move |context| {
            context.regs.x[8] = number;
            context.regs.x[..args.len()].copy_from_slice(&args);
            Trap::Call
        });
    }

    /// The program's next stop, as it was planned.
    fn stop(&self, context: &mut Context) -> Trap {
        let step = self.steps.lock().unwrap().pop_front();
        if let Some(step) = step {
            return step(context);
        }
        let mut otherwise = self.otherwise.lock().unwrap();
        otherwise.as_mut().expect("a program runs for which the test planned nothing")(context)
    }

    /// Types at the console.
    pub(crate) fn type_in(&self, bytes: &[u8]) {
        self.typed.lock().unwrap().extend(bytes);
    }

    /// How much of what was typed nobody took.
    pub(crate) fn not_typed(&self) -> usize {
        self.typed.lock().unwrap().len()
    }

    /// What was printed, and forgets it.
    pub(crate) fn printed(&self) -> Vec<u8> {
        core::mem::take(&mut self.printed.lock().unwrap())
    }

    /// When this CPU wants to be interrupted.
    pub(crate) fn alarm_at(&self) -> Option<Nanos> {
        self.alarms.lock().unwrap()[self.cpu()]
    }

    /// Which CPUs were kicked, and forgets it.
    pub(crate) fn kicked(&self) -> Vec<usize> {
        core::mem::take(&mut self.kicks.lock().unwrap())
    }

    /// How often a context arrived at a CPU less how often one left.
    pub(crate) fn arrivals(&self) -> usize {
        self.arrivals.load(SeqCst)
    }

    /// Reads memory as a program does in the address space this CPU is in.
    pub(crate) fn load(&self, at: Addr, into: &mut [u8]) -> Result<(), Fault> {
        for (nth, byte) in into.iter_mut().enumerate() {
            let (frame, offset) = self.translate(at.plus(nth as u64), Access::Read)?;
            self.read_frame(frame, offset, core::slice::from_mut(byte));
        }
        Ok(())
    }

    /// Writes memory as a program does in the address space this CPU is in.
    pub(crate) fn store(&self, at: Addr, bytes: &[u8]) -> Result<(), Fault> {
        for (nth, byte) in bytes.iter().enumerate() {
            let (frame, offset) = self.translate(at.plus(nth as u64), Access::Write)?;
            self.write_frame(frame, offset, &[*byte]);
        }
        Ok(())
    }

    /// Whether translations that changed are still remembered in an address space.
    pub(crate) fn stale(&self, root: u64) -> bool {
        self.table(root).is_some_and(|table| !table.lock().unwrap().remembered.is_empty())
    }

    /// How many entries an address space has.
    pub(crate) fn entries(&self, root: u64) -> usize {
        self.table(root).map_or(0, |table| table.lock().unwrap().pages.len())
    }

    fn table(&self, root: u64) -> Option<Arc<Mutex<Entries>>> {
        self.tables.lock().unwrap().get(&root).cloned()
    }

    fn translate(&self, at: Addr, access: Access) -> Result<(Frame, usize), Fault> {
        let fault = Fault::Memory { at, access, syndrome: 0 };
        let table = self.table(self.roots[self.cpu()].load(SeqCst)).ok_or(fault)?;
        let table = table.lock().unwrap();
        let page = at.align_down(PAGE_SIZE).0;
        let (frame, rights) = *table.remembered.get(&page).or(table.pages.get(&page)).ok_or(fault)?;
        let allowed = match access {
            Access::Read => rights.read,
            Access::Write => rights.write,
            Access::Execute => rights.execute,
        };
        if allowed { Ok((frame, (at.0 - page) as usize)) } else { Err(fault) }
    }

    fn with<T>(&self, frame: Frame, seen: impl FnOnce(&mut [u8; PAGE]) -> T) -> T {
        with(self.ram, frame, seen)
    }
}

fn with<T>(ram: Ram, frame: Frame, seen: impl FnOnce(&mut [u8; PAGE]) -> T) -> T {
    let mut page = ram[(frame.0 - FIRST) as usize].lock().unwrap();
    seen(page.get_or_insert_with(|| Box::new([RUBBISH; PAGE])))
}

impl Machine for Simulated {
    fn cpu(&self) -> usize {
        CPU.get()
    }

    fn cpus(&self) -> usize {
        self.cpus
    }

    fn now(&self) -> Nanos {
        self.clock.load(SeqCst)
    }

    fn born(&self) -> Nanos {
        1_700_000_000_000_000_000
    }

    fn alarm(&self, at: Option<Nanos>) {
        self.alarms.lock().unwrap()[self.cpu()] = at;
    }

    fn kick(&self, cpu: usize) {
        self.kicks.lock().unwrap().push(cpu);
    }

    /// Time passes until the alarm.
    fn idle(&self) {
        if let Some(at) = self.alarm_at() {
            self.clock.fetch_max(at, SeqCst);
        }
    }

    fn enter(&self, root: u64) {
        self.roots[self.cpu()].store(root, SeqCst);
    }

    fn arrive(&self, _context: &Context) {
        self.arrivals.fetch_add(1, SeqCst);
    }

    fn leave(&self, _context: &mut Context) {
        self.arrivals.fetch_sub(1, SeqCst);
    }

    fn run(&self, context: &mut Context, caller: &Caller<'_>) -> Trap {
        loop {
            let trap = self.stop(context);
            let [a, b, .., number] = *context.regs.x.first_chunk::<9>().unwrap();
            match trap {
                Trap::Call => match caller.answer(number, [a, b]) {
                    Some(value) => context.regs.x[0] = value,
                    None => return trap,
                },
                trap => return trap,
            }
        }
    }

    fn new_table(&self, frames: &Frames) -> Result<Box<dyn PageTable>, NoMemory> {
        let root = frames.take()?;
        let entries = Arc::new(Mutex::new(Entries::default()));
        self.tables.lock().unwrap().insert(u64::from(root.0), entries.clone());
        Ok(Box::new(Table { root, entries, ram: self.ram }))
    }

    fn read_frame(&self, frame: Frame, from: usize, into: &mut [u8]) {
        self.with(frame, |page| into.copy_from_slice(&page[from..from + into.len()]));
    }

    fn write_frame(&self, frame: Frame, to: usize, bytes: &[u8]) {
        self.with(frame, |page| page[to..to + bytes.len()].copy_from_slice(bytes));
    }

    fn zero_frame(&self, frame: Frame) {
        self.with(frame, |page| page.fill(0));
    }

    fn copy_frame(&self, from: Frame, to: Frame) {
        let page = self.with(from, |page| *page);
        self.with(to, |into| *into = page);
    }

    fn exchange(&self, frame: Frame, at: usize, old: u32, new: u32) -> u32 {
        assert_eq!(at % 4, 0);
        self.with(frame, |page| {
            let word = u32::from_le_bytes(page[at..at + 4].try_into().unwrap());
            if word == old {
                page[at..at + 4].copy_from_slice(&new.to_le_bytes());
            }
            word
        })
    }

    fn sync_code(&self, _frame: Frame) {}

    fn print(&self, bytes: &[u8]) {
        self.printed.lock().unwrap().extend(bytes);
    }

    fn typed(&self, into: &mut [u8]) -> usize {
        let mut typed = self.typed.lock().unwrap();
        let count = into.len().min(typed.len());
        into.iter_mut().zip(typed.drain(..count)).for_each(|(to, byte)| *to = byte);
        count
    }

    /// The same bytes in every run.
    fn random(&self, into: &mut [u8]) {
        for byte in into {
            let state = self.random.load(SeqCst).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            self.random.store(state, SeqCst);
            *byte = (state >> 56) as u8;
        }
    }

    fn files_len(&self) -> usize {
        self.files.len()
    }

    fn files_frame(&self, page: usize) -> Option<Frame> {
        (page < self.files.len().div_ceil(PAGE)).then(|| Frame(self.files_at + page as u32))
    }

    fn end(&self, ending: Ending) -> ! {
        panic!("the machine ends: {ending:?}");
    }
}

/// What a table translates.
#[derive(Default)]
struct Entries {
    pages: BTreeMap<u64, (Frame, Rights)>,
    /// Entries as they were before a change, until a flush: a CPU may still remember them.
    remembered: BTreeMap<u64, (Frame, Rights)>,
    /// The table's own frames, one for each 2 MiB that have entries.
    own: BTreeMap<u64, Frame>,
    /// Tables that were released.
    is_gone: bool,
}

struct Table {
    root: Frame,
    entries: Arc<Mutex<Entries>>,
    ram: Ram,
}

impl Table {
    fn with<T>(&self, seen: impl FnOnce(&mut Entries) -> T) -> T {
        let mut entries = self.entries.lock().unwrap();
        assert!(!entries.is_gone, "a table is used after its release");
        seen(&mut entries)
    }
}

fn page(at: Addr) -> u64 {
    assert_eq!(at.0 % PAGE_SIZE, 0, "a page's address");
    assert!(at.0 < 1 << 48, "a program's address");
    at.0
}

impl PageTable for Table {
    fn map(&mut self, at: Addr, frame: Frame, rights: Rights, frames: &Frames) -> Result<(), NoMemory> {
        self.with(|entries| {
            if let alloc::collections::btree_map::Entry::Vacant(vacant) = entries.own.entry(at.0 >> 21) {
                vacant.insert(frames.take()?);
            }
            assert!(entries.pages.insert(page(at), (frame, rights)).is_none(), "{at} has an entry");
            Ok(())
        })
    }

    fn look(&self, at: Addr) -> Option<(Frame, Rights)> {
        self.with(|entries| entries.pages.get(&page(at)).copied())
    }

    fn store(&self, at: Addr, words: (u64, u64)) -> bool {
        let within = (at.0 % PAGE_SIZE) as usize;
        let Some((frame, Rights { write: true, .. })) = self.look(Addr(at.0 - within as u64)) else { return false };
        let bytes = [words.0, words.1].map(u64::to_le_bytes);
        with(self.ram, frame, |page| {
            let room = page.get_mut(within..within + 16);
            room.map(|room| room.copy_from_slice(bytes.as_flattened())).is_some()
        })
    }

    fn protect(&mut self, at: Addr, rights: Rights) {
        self.with(|entries| {
            if let Some(entry) = entries.pages.get_mut(&page(at)) {
                entries.remembered.entry(at.0).or_insert(*entry);
                entry.1 = rights;
            }
        });
    }

    fn replace(&mut self, at: Addr, frame: Frame, rights: Rights) {
        self.with(|entries| {
            let old = entries.pages.insert(page(at), (frame, rights)).expect("there is an entry to replace");
            entries.remembered.entry(at.0).or_insert(old);
        });
    }

    fn unmap(&mut self, at: Addr) -> Option<Frame> {
        self.with(|entries| {
            let old = entries.pages.remove(&page(at))?;
            entries.remembered.entry(at.0).or_insert(old);
            Some(old.0)
        })
    }

    fn each(&self, range: AddrRange, seen: &mut dyn FnMut(Addr, Frame, Rights)) {
        let found: Vec<_> =
            self.with(|entries| entries.pages.range(range.start.0..range.end.0).map(|(at, e)| (*at, *e)).collect());
        found.into_iter().for_each(|(at, (frame, rights))| seen(Addr(at), frame, rights));
    }

    fn walk(&mut self, range: AddrRange, step: &mut dyn FnMut(Addr, Frame, Rights) -> Step) -> Option<Addr> {
        let mut found = Vec::new();
        self.each(range, &mut |at, frame, rights| found.push((at, frame, rights)));
        for (at, frame, rights) in found {
            match step(at, frame, rights) {
                Step::Keep => {}
                Step::Protect(rights) => self.protect(at, rights),
                Step::Remove => drop(self.unmap(at)),
                Step::Stop => return Some(at),
            }
        }
        None
    }

    fn flush(&mut self, range: AddrRange) {
        self.with(|entries| entries.remembered.retain(|at, _| !range.contains(Addr(*at))));
    }

    fn release(&mut self, frames: &Frames) {
        self.with(|entries| {
            entries.is_gone = true;
            core::mem::take(&mut entries.own).into_values().for_each(|frame| frames.drop(frame));
            frames.drop(self.root);
        });
    }

    fn root(&self) -> u64 {
        u64::from(self.root.0)
    }
}

/// Numbers that are the same in every run, for tests that try many things.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `below`.
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_sees_what_its_table_says_and_old_entries_until_a_flush() {
        let machine = machine_with(64, 2, b"hello");
        let physical = physical(machine);
        assert_eq!(physical.frames.free(), 63);
        let mut table = machine.new_table(&physical.frames).unwrap();
        let rights = Rights { read: true, ..Rights::default() };
        let at = Addr(0x1000);
        table.map(at, machine.files_frame(0).unwrap(), rights, &physical.frames).unwrap();
        machine.enter(table.root());
        let mut bytes = [0; 5];
        machine.load(at, &mut bytes).unwrap();
        assert_eq!(&bytes, b"hello");
        assert!(machine.store(at, b"x").is_err());
        table.unmap(at);
        assert!(machine.load(at, &mut bytes).is_ok() && machine.stale(table.root()));
        table.flush(AddrRange { start: at, end: at.plus(PAGE_SIZE) });
        assert!(machine.load(at, &mut bytes).is_err() && !machine.stale(table.root()));
        table.release(&physical.frames);
        assert_eq!(physical.frames.free(), 63);
    }

    #[test]
    fn what_is_planned_runs_in_order() {
        let machine = machine(1);
        machine.plan_call(64, &[1, 2, 3]);
        machine.plan(|_| Trap::Interrupt);
        let mut context = Context::default();
        assert_eq!(machine.stop(&mut context), Trap::Call);
        assert_eq!((context.regs.x[8], context.regs.x[2]), (64, 3));
        assert_eq!(machine.stop(&mut context), Trap::Interrupt);
    }
}
