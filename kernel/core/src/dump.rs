//! Processes that die of a signal, kept for the host: it makes core files of them when the machine has ended.
//!
//! The thread that dies begins a [`Dying`]. Every thread of the process leaves its registers there on its way out, and the
//! last one writes the record ([`tasks`]) and leaves the memory to [`Dumps`], as it was. When the kernel itself breaks, the
//! processes that live are written as far as nobody holds a lock on them, and nothing is asked for that could be broken.

use crate::call::Own;
use crate::kernel::Kernel;
use crate::lock::Lock;
use crate::machine::Access;
use crate::memory::{AreaView, Flags, Space};
use crate::process::{Inner, Process};
use crate::thread::Thread;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::{Bytes, PAGE_SIZE};
use ashore_formats::boot::tasks::{self, Item};
use ashore_isa::aarch64::{Regs, Vectors};
use ashore_pivot::layout::siginfo::SigInfo;
use core::sync::atomic::{AtomicU64, Ordering};

/// Words of all records.
const WORDS: usize = 0x2_0000;
/// So many processes are kept beside the first, whose end is the machine's.
const MOST_KEPT: usize = 8;
/// Where a process's parts end that leave room for the first one.
const ROOM: usize = WORDS / 2;

/// The dead whose memory is kept.
#[derive(Debug)]
pub(crate) struct Dumps {
    words: &'static [AtomicU64],
    kept: Lock<Vec<Arc<Space>>>,
}

/// A process on its way out.
#[derive(Debug)]
pub(crate) struct Dying {
    space: Arc<Space>,
    thread: u32,
    info: SigInfo,
    threads: Vec<tasks::Thread>,
}

impl Dumps {
    /// Nothing is kept yet.
    pub(crate) fn new() -> Dumps {
        let mut words = Vec::new();
        words.resize_with(WORDS, || AtomicU64::new(0));
        let words: &'static [AtomicU64] = Box::leak(words.into_boxed_slice());
        if let Some(magic) = words.first() {
            magic.store(tasks::MAGIC, Ordering::Relaxed);
        }
        let kept = Lock::new(Vec::with_capacity(MOST_KEPT + 1));
        Dumps { words, kept }
    }

    /// The words, for the mailbox.
    pub(crate) fn words(&self) -> &'static [AtomicU64] {
        self.words
    }

    fn used(&self) -> usize {
        self.words.get(1).map_or(0, |used| used.load(Ordering::Relaxed) as usize)
    }

    /// Adds an item, if there is room for all of it. Whoever calls is the only one.
    fn add(&self, item: &Item<'_>) {
        let used = self.used();
        let mut at = used + tasks::HEAD;
        item.write(&mut |word| {
            if let Some(place) = self.words.get(at) {
                place.store(word, Ordering::Relaxed);
            }
            at += 1;
        });
        if at <= self.words.len()
            && let Some(used) = self.words.get(1)
        {
            used.store((at - tasks::HEAD) as u64, Ordering::Release);
        }
    }

    fn add_area(&self, area: &AreaView) {
        if area.flags.has(Flags::NOT_DUMPED) {
            return;
        }
        let name = area.file.as_ref().map_or(area.name.as_bytes(), |file| &file.path);
        self.add(&Item::Area(tasks::Area {
            range: [area.range.start.0, area.range.end.0],
            prot: area.prot.0.into(),
            offset: area.offset,
            is_file: area.file.is_some() && name.starts_with(b"/"),
            name,
        }));
    }
}

impl Kernel {
    /// A process dies of a signal that one of its threads took: what is left of it shall be kept.
    pub(crate) fn begin_dump(&self, thread: &Arc<Thread>, info: &SigInfo) {
        if self.dumps.is_none() {
            return;
        }
        let dying = Dying { space: thread.space(), thread: thread.tid, info: *info, threads: Vec::new() };
        thread.process.inner.lock().dying.get_or_insert_with(|| Box::new(dying));
    }

    /// A thread of a process that dies leaves its registers.
    pub(crate) fn leave_registers(&self, thread: &Thread, own: &mut Own) {
        if self.dumps.is_none() || thread.process.inner.lock().dying.is_none() {
            return;
        }
        self.machine().leave(&mut own.context);
        let mut record = record(thread, &own.context.regs, Some(&own.context.vectors));
        if let Some(dying) = &mut thread.process.inner.lock().dying {
            if dying.thread == thread.tid {
                record.signal = dying.info.signal.0.into();
                record.info = words(&dying.info.encode());
            }
            dying.threads.push(record);
        }
    }

    /// The last thread is gone: writes the record and keeps the memory.
    pub(crate) fn keep(&self, process: &Process) {
        let Some(dumps) = &self.dumps else { return };
        let Some(dying) = process.inner.lock().dying.take() else { return };
        let mut kept = dumps.kept.lock();
        if !self.is_first(process) && (kept.len() >= MOST_KEPT || dumps.used() > ROOM) {
            return;
        }
        let signal = dying.info.signal.0.into();
        dumps.add(&head(process, &process.inner.lock(), (signal, dying.space.root())));
        dying.threads.iter().for_each(|thread| dumps.add(&Item::Thread(*thread)));
        for area in dying.space.areas() {
            // What is nobody's file is in the core file or nowhere: the code of the vDSO, which debuggers want to see.
            if area.file.as_ref().is_some_and(|file| !file.path.starts_with(b"/")) {
                let pages = (0..).map(|nth| area.range.start.plus(nth * PAGE_SIZE));
                pages.take_while(|at| area.range.contains(*at)).for_each(|at| {
                    let _ = dying.space.fault(at, Access::Read);
                });
            }
            dumps.add_area(&area);
        }
        kept.push(dying.space);
    }

    /// The kernel broke: writes every process that lives. `running` says what registers a CPU's program had when it was left
    /// last. Nothing waits here, and nothing is given back.
    pub fn leave_tasks(&self, running: &dyn Fn(usize) -> Option<Regs>) {
        let Some(dumps) = &self.dumps else { return };
        let (Some(kept), Some(tasks)) = (dumps.kept.try_lock(), self.tasks.try_lock()) else { return };
        for process in tasks.processes.values().filter_map(alloc::sync::Weak::upgrade) {
            if let Some(inner) = process.inner.try_lock() {
                self.leave_task(dumps, (&process, &inner), running);
            }
            core::mem::forget(process);
        }
        drop(kept);
    }

    fn leave_task(&self, dumps: &Dumps, of: (&Process, &Inner), running: &dyn Fn(usize) -> Option<Regs>) {
        let (process, inner) = of;
        let parts = inner.threads.first().and_then(|thread| thread.parts.try_lock());
        let Some(space) = parts.as_ref().map(|parts| &parts.space) else { return };
        dumps.add(&head(process, inner, (0, space.root())));
        for thread in &inner.threads {
            if let Some(own) = thread.own.try_lock() {
                dumps.add(&Item::Thread(record(thread, &own.context.regs, Some(&own.context.vectors))));
                continue;
            }
            let runs = |cpu: usize| {
                let current = self.sched.cpu(cpu)?.current.try_lock()?;
                current.as_ref().filter(|current| Arc::ptr_eq(current, thread)).map(|_| cpu)
            };
            let cpu = (0..self.machine().cpus()).find_map(runs);
            if let Some(regs) = cpu.and_then(running) {
                dumps.add(&Item::Thread(record(thread, &regs, None)));
            }
        }
        space.try_each_area(&mut |area| dumps.add_area(area));
    }
}

fn head<'a>(process: &Process, inner: &'a Inner, (signal, root): (u64, u64)) -> Item<'a> {
    let parent = inner.parent.as_ref().and_then(alloc::sync::Weak::upgrade);
    let parent_id = parent.as_ref().map_or(0, |parent| parent.pid);
    // The last to let go of it would have to clean up, which a kernel in despair cannot.
    core::mem::forget(parent);
    let [uid, _, _, gid, ..] = inner.ids;
    Item::Process(tasks::Process {
        ids: [process.pid, parent_id, process.group.load(Ordering::Relaxed), process.session.load(Ordering::Relaxed)],
        owner: [uid, gid],
        signal,
        root,
        program: &inner.program,
        args: [inner.started_with.args.start.0, inner.started_with.args.end.0],
        auxv: &inner.auxv,
    })
}

fn record(thread: &Thread, regs: &Regs, vectors: Option<&Vectors>) -> tasks::Thread {
    let sets = thread.signals.try_lock().map_or([0; 2], |signals| [signals.queue.set().0, signals.mask.0]);
    let name = thread.name.try_lock().map_or([0; 16], |name| *name);
    let mut registers = [0; tasks::REGISTERS];
    registers.iter_mut().zip(regs.named()).for_each(|(to, (_, value))| *to = value);
    tasks::Thread {
        id: thread.tid,
        name: words(&name),
        sets,
        registers,
        vectors: vectors.map_or([0; tasks::VECTORS], |vectors| words(&vectors.to_bytes())),
        ..tasks::Thread::default()
    }
}

fn words<const N: usize>(bytes: &[u8]) -> [u64; N] {
    let mut words = [0; N];
    words.iter_mut().zip(0..).for_each(|(to, nth)| *to = Bytes(bytes).u64(nth * 8).unwrap_or_default());
    words
}
