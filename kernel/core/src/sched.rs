//! Which thread runs where.
//!
//! Every CPU has a queue of threads that could run, ordered by the share of the CPU they had. The one with the least is
//! next. A thread that was woken starts no further back than a little before the others, so that one that sleeps a lot
//! is served at once and cannot save up time. A CPU without work takes some of another's.

use crate::lock::Lock;
use crate::machine::{Machine, Nanos};
use crate::thread::{State, Thread};
use alloc::collections::BinaryHeap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering::Equal;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How long a thread runs while others wait.
pub(crate) const SLICE: Nanos = 3_000_000;
/// How far a woken thread may be ahead of the others.
const CREDIT: Nanos = 3_000_000;
/// How far ahead a woken thread must be to take the CPU at once.
const HEAD_START: Nanos = 500_000;

/// The queues of all CPUs.
#[derive(Debug)]
pub(crate) struct Sched {
    cpus: Vec<Cpu>,
}

/// Threads that could run, the one with the least share on top; of those with the same, the one that came first.
#[derive(Debug, Default)]
struct Queue {
    heap: BinaryHeap<Waiting>,
    came: u64,
}

#[derive(Debug)]
struct Waiting {
    share: Nanos,
    nth: u64,
    thread: Arc<Thread>,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (other.share, other.nth).cmp(&(self.share, self.nth))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Equal
    }
}

impl Eq for Waiting {}

impl Queue {
    fn push(&mut self, share: Nanos, thread: Arc<Thread>) {
        self.came += 1;
        self.heap.push(Waiting { share, nth: self.came, thread });
    }

    /// The least share there is.
    fn least(&self) -> Option<Nanos> {
        self.heap.peek().map(|waiting| waiting.share)
    }

    /// Takes the first that may.
    fn pop(&mut self, may: impl Fn(&Thread) -> bool) -> Option<Arc<Thread>> {
        if may(&self.heap.peek()?.thread) {
            return self.heap.pop().map(|waiting| waiting.thread);
        }
        let mut others = core::mem::take(&mut self.heap).into_sorted_vec();
        let at = others.iter().rposition(|waiting| may(&waiting.thread));
        let found = at.map(|at| others.remove(at).thread);
        self.heap = others.into();
        found
    }
}

/// One CPU.
#[derive(Debug, Default)]
pub(crate) struct Cpu {
    ready: Lock<Queue>,
    /// How many are ready, to look without the lock.
    count: AtomicU64,
    /// Whether it waits for work.
    pub(crate) is_idle: AtomicBool,
    /// The thread it runs.
    pub(crate) current: Lock<Option<Arc<Thread>>>,
    /// When the present one was put on.
    pub(crate) since: AtomicU64,
    /// Whether somebody came into its queue since it last looked who should run.
    pub(crate) has_news: AtomicBool,
    /// The alarm it has asked for.
    pub(crate) alarm: AtomicU64,
    /// The least share among those it ran lately: where newcomers start.
    floor: AtomicU64,
}

impl Sched {
    pub(crate) fn new(cpus: usize) -> Sched {
        let mut all = Vec::new();
        all.resize_with(cpus, Cpu::default);
        Sched { cpus: all }
    }

    pub(crate) fn cpu(&self, nth: usize) -> Option<&Cpu> {
        self.cpus.get(nth)
    }

    /// Puts a thread whose state is already `Ready` into a queue and has a CPU look at it.
    pub(crate) fn enqueue(&self, machine: &dyn Machine, thread: Arc<Thread>, is_woken: bool) {
        let here = machine.cpu();
        let nth = self.place(&thread, here);
        let Some(cpu) = self.cpus.get(nth) else { return };
        let floor = cpu.floor.load(Ordering::Relaxed);
        let mut share = thread.share.load(Ordering::Relaxed);
        if is_woken {
            share = share.max(floor.saturating_sub(CREDIT));
            thread.share.store(share, Ordering::Relaxed);
        }
        {
            let mut ready = cpu.ready.lock();
            ready.push(share, thread);
            cpu.count.store(ready.heap.len() as u64, Ordering::Release);
        }
        cpu.has_news.store(true, Ordering::Release);
        if nth == here {
            return;
        }
        // The CPU may just have decided to idle: it looks at its queue again after it said so.
        machine.kick(nth);
    }

    /// The CPU for a thread: where it was last if that one is free, any free one it may use, else the one with the
    /// least to do.
    fn place(&self, thread: &Thread, here: usize) -> usize {
        let allowed = thread.affinity.load(Ordering::Relaxed);
        let may = |nth: usize| nth < self.cpus.len() && allowed >> nth & 1 == 1;
        let is_free = |nth: usize| {
            self.cpus
                .get(nth)
                .is_some_and(|cpu| cpu.is_idle.load(Ordering::Acquire) && cpu.count.load(Ordering::Acquire) == 0)
        };
        let last = thread.last_cpu.load(Ordering::Relaxed) as usize;
        if self.cpus.len() == 1 {
            return 0;
        }
        if may(last) && is_free(last) {
            return last;
        }
        if let Some(free) = (0..self.cpus.len()).find(|nth| may(*nth) && is_free(*nth)) {
            return free;
        }
        let load = |nth: usize| self.cpus.get(nth).map_or(u64::MAX, |cpu| cpu.count.load(Ordering::Relaxed));
        (0..self.cpus.len()).filter(|nth| may(*nth)).min_by_key(|nth| (load(*nth), *nth != last)).unwrap_or(here)
    }

    /// The next thread for a CPU, from its own queue or another's.
    pub(crate) fn next(&self, here: usize) -> Option<Arc<Thread>> {
        let cpu = self.cpus.get(here)?;
        if let Some(thread) = cpu.pop(|_| true) {
            return Some(thread);
        }
        let bit = |thread: &Thread| thread.affinity.load(Ordering::Relaxed) >> here & 1 == 1;
        let others = self.cpus.iter().enumerate().filter(|(nth, _)| *nth != here);
        let busiest = others.max_by_key(|(_, cpu)| cpu.count.load(Ordering::Relaxed))?.1;
        let thread = busiest.pop(bit)?;
        // Its share counts from where the others here are.
        thread.share.store(cpu.floor.load(Ordering::Relaxed), Ordering::Relaxed);
        Some(thread)
    }

    /// Whether the present thread of a CPU should make room, and if not, when to look again.
    pub(crate) fn verdict(&self, here: usize, current: &Thread, now: impl FnOnce() -> Nanos) -> Verdict {
        let Some(cpu) = self.cpus.get(here) else { return Verdict::Stay(Nanos::MAX) };
        if cpu.count.load(Ordering::Acquire) == 0 {
            return Verdict::Stay(Nanos::MAX);
        }
        let (since, now) = (cpu.since.load(Ordering::Relaxed), now());
        let ran = now.saturating_sub(since);
        let share = current.share.load(Ordering::Relaxed) + ran;
        let least = cpu.ready.lock().least().unwrap_or(Nanos::MAX);
        if ran >= SLICE && least <= share || least.saturating_add(HEAD_START) < share {
            return Verdict::Yield;
        }
        let slice_ends = since + SLICE;
        Verdict::Stay(if slice_ends > now { slice_ends } else { now + SLICE })
    }

    /// Puts a thread behind the one that would run instead of it: what it asks for by `sched_yield`.
    pub(crate) fn give_way(&self, here: usize, thread: &Thread) {
        let Some(cpu) = self.cpus.get(here) else { return };
        if let Some(least) = cpu.ready.lock().least() {
            thread.share.fetch_max(least, Ordering::Relaxed);
        }
    }

    /// Accounts for the time a thread ran on a CPU.
    pub(crate) fn account(&self, here: usize, thread: &Thread, now: Nanos) {
        let Some(cpu) = self.cpus.get(here) else { return };
        let ran = now.saturating_sub(cpu.since.swap(now, Ordering::Relaxed));
        thread.ran.fetch_add(ran, Ordering::Relaxed);
        let weighed = thread.weighed(ran);
        let share = thread.share.fetch_add(weighed, Ordering::Relaxed) + weighed;
        let floor = cpu.floor.load(Ordering::Relaxed);
        if share > floor {
            let least = if cpu.count.load(Ordering::Relaxed) == 0 {
                share
            } else {
                cpu.ready.lock().least().map_or(share, |least| least.min(share))
            };
            cpu.floor.store(least.max(floor), Ordering::Relaxed);
        }
    }

    /// The CPU that runs a thread now.
    pub(crate) fn running_on(&self, thread: &Arc<Thread>) -> Option<usize> {
        let runs = |cpu: &Cpu| cpu.current.lock().as_ref().is_some_and(|current| Arc::ptr_eq(current, thread));
        self.cpus.iter().position(runs)
    }
}

/// See [`Sched::verdict`].
pub(crate) enum Verdict {
    Yield,
    Stay(Nanos),
}

impl Cpu {
    fn pop(&self, may: impl Fn(&Thread) -> bool) -> Option<Arc<Thread>> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut ready = self.ready.lock();
        let thread = ready.pop(may);
        self.count.store(ready.heap.len() as u64, Ordering::Release);
        thread
    }

    /// Whether anybody is in the queue.
    pub(crate) fn has_work(&self) -> bool {
        self.count.load(Ordering::Acquire) != 0
    }
}

impl Thread {
    /// Ends a wait, if the thread is still in the one with this number: says whether it has to be put into a queue
    /// (`Some(true)`), whether it was woken before it came to wait (`Some(false)`), or is in another wait.
    pub(crate) fn end_wait(&self, turn: u64) -> Option<bool> {
        let mut state = self.state.lock();
        if !self.is_turn(turn) {
            return None;
        }
        match *state {
            State::Parked => {
                *state = State::Ready;
                self.next_turn();
                Some(true)
            }
            State::Running { woken: false } => {
                *state = State::Running { woken: true };
                self.next_turn();
                Some(false)
            }
            State::Running { woken: true } | State::Ready | State::Gone => None,
        }
    }
}
