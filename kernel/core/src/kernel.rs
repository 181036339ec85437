//! The kernel as a whole, and its loop.

use crate::call::{Answer, Call, Own, Pending, Progress, Restart, Stop, Until, Why};
use crate::calls;
use crate::dump::Dumps;
use crate::exec::vdso::Vdso;
use crate::file::Open;
use crate::files::Tree;
use crate::futex::Futexes;
use crate::lock::Lock;
use crate::machine::{Machine, Nanos, NoMemory, Trap};
use crate::memory::{Physical, Space};
use crate::net::{Card, Names};
use crate::process::{Parts, Process};
use crate::quick::Caller;
use crate::sched::{Sched, Verdict};
use crate::thread::{State, Thread, attention};
use crate::timers::Timers;
use crate::trace::Ring;
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_formats::boot::wire::LISTENING;
use ashore_pivot::Errno;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use spin::Once;

/// Something that interrupts: the console, a network card.
pub trait Device: Send + Sync {
    /// Some interrupt came; perhaps this device's.
    fn interrupt(&self, kernel: &Kernel);
}

/// The kernel.
pub struct Kernel {
    /// The machine and its memory.
    pub physical: &'static Physical,
    /// What happens at a time.
    pub timers: Timers,
    pub(crate) sched: Sched,
    /// Threads and processes by number.
    pub(crate) tasks: Lock<Tasks>,
    next_id: AtomicU32,
    /// The wall clock at the start.
    born: AtomicU64,
    /// What a thread that has ended has instead of parts.
    pub(crate) nothing: Parts,
    pub(crate) futexes: Futexes,
    /// Where every call is recorded, if anybody wants to know.
    pub trace: Option<Ring>,
    /// The dead that the host makes core files of, if anybody wants some.
    pub(crate) dumps: Option<Dumps>,
    /// Where sockets are.
    pub(crate) names: Names,
    /// The way out, if there is one.
    pub(crate) card: Once<Arc<Card>>,
    /// Whether the console speaks the wire: what is printed belongs to a channel.
    pub(crate) is_wired: AtomicBool,
    /// What interrupts.
    pub devices: Lock<Vec<Arc<dyn Device>>>,
    /// The files.
    pub tree: Tree,
    /// What tells programs the time.
    pub(crate) vdso: Vdso,
}

/// See [`Kernel::tasks`].
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    pub(crate) threads: BTreeMap<u32, Weak<Thread>>,
    pub(crate) processes: BTreeMap<u32, Weak<Process>>,
}

/// Why a CPU leaves a thread.
pub(crate) enum Leave {
    Yield,
    Park(Until),
    Gone,
}

/// The number of the first process. Number 1 is the kernel's: what has lost its parent belongs to it.
pub(crate) const FIRST_ID: u32 = 2;
/// The address space a CPU is in when it is in no program's.
pub(crate) const NO_SPACE: u64 = 0;
/// What a CPU's alarm is when it may have rung.
const NO_ALARM: Nanos = 0;

impl Kernel {
    /// A kernel without threads.
    pub fn new(physical: &'static Physical) -> Result<Kernel, NoMemory> {
        let tree = Tree::new(physical, physical.machine.born());
        Ok(Kernel {
            physical,
            nothing: Parts::new(Space::new(physical)?, tree.root()),
            timers: Timers::default(),
            sched: Sched::new(physical.machine.cpus()),
            tasks: Lock::default(),
            next_id: AtomicU32::new(FIRST_ID),
            born: AtomicU64::new(physical.machine.born()),
            devices: Lock::default(),
            is_wired: AtomicBool::new(false),
            futexes: Futexes::default(),
            tree,
            trace: None,
            dumps: None,
            names: Names::default(),
            card: Once::new(),
            vdso: Vdso::new(physical, physical.machine.born())?,
        })
    }

    /// The machine.
    pub fn machine(&self) -> &'static dyn Machine {
        self.physical.machine
    }

    /// The time since the start.
    pub fn now(&self) -> Nanos {
        self.machine().now()
    }

    /// The time since 1970.
    pub fn wall(&self) -> Nanos {
        self.wall_at_start().saturating_add(self.now())
    }

    /// What the wall clock told at the start, as far as anybody knows now.
    pub fn wall_at_start(&self) -> Nanos {
        self.born.load(Ordering::Relaxed)
    }

    /// Sets the wall clock.
    pub fn set_wall(&self, time: Nanos) {
        let born = time.saturating_sub(self.now());
        self.born.store(born, Ordering::Relaxed);
        self.vdso.set_wall(born);
    }

    /// How long the thread that this CPU runs has run since it was put on.
    pub fn slice_so_far(&self) -> Nanos {
        let cpu = self.sched.cpu(self.machine().cpu());
        cpu.map_or(0, |cpu| self.now().saturating_sub(cpu.since.load(Ordering::Relaxed)))
    }

    /// What has to be printed before words of the kernel's own, so that they are not taken for a program's.
    pub fn own_words(&self) -> &'static [u8] {
        if self.is_wired.load(Ordering::Relaxed) { &LISTENING } else { &[] }
    }

    /// A number for a new thread or process.
    pub fn new_id(&self) -> u32 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether this is the process the machine was started for.
    pub(crate) fn is_first(&self, process: &Process) -> bool {
        process.pid == FIRST_ID
    }

    /// The thread with a number.
    pub fn thread(&self, tid: u32) -> Option<Arc<Thread>> {
        self.tasks.lock().threads.get(&tid)?.upgrade()
    }

    /// The process with a number.
    pub fn process(&self, pid: u32) -> Option<Arc<Process>> {
        self.tasks.lock().processes.get(&pid)?.upgrade()
    }

    /// Lets a new thread run.
    pub fn start(&self, thread: &Arc<Thread>) {
        self.tasks.lock().threads.insert(thread.tid, Arc::downgrade(thread));
        *thread.state.lock() = State::Ready;
        self.sched.enqueue(self.machine(), thread.clone(), true);
    }

    /// Gives up one hold of an open file; with the last one the file hears of it.
    #[inline]
    pub fn close(&self, open: Arc<Open>) {
        if let Some(open) = Arc::into_inner(open) {
            self.closed(open);
        }
    }

    #[inline(never)]
    fn closed(&self, open: Open) {
        self.tree.locks.gone(self, &open);
        open.file.closed(self, &open);
        if !self.tree.notices.is_idle() {
            self.tree.notices.closed(self, open);
        }
    }

    /// Ends a thread's wait with this number. Says whether it did.
    pub(crate) fn wake(&self, thread: &Arc<Thread>, turn: u64) -> bool {
        match thread.end_wait(turn) {
            Some(true) => {
                self.sched.enqueue(self.machine(), thread.clone(), true);
                true
            }
            Some(false) => true,
            None => false,
        }
    }

    /// Whether other threads could run on this CPU.
    pub(crate) fn has_others(&self) -> bool {
        self.sched.cpu(self.machine().cpu()).is_some_and(|cpu| cpu.has_work())
    }

    /// Makes a thread look at its attention soon: ends its wait, or interrupts the CPU it runs on.
    pub fn interrupt(&self, thread: &Arc<Thread>, bits: u32) {
        thread.set_attention(bits);
        self.wake(thread, thread.turn());
        if let Some(cpu) = self.sched.running_on(thread)
            && cpu != self.machine().cpu()
        {
            self.machine().kick(cpu);
        }
    }

    /// The loop of a CPU.
    pub fn work(&self) -> ! {
        loop {
            self.round();
        }
    }

    /// One round of the loop: a thread until it stops, or rest.
    pub fn round(&self) {
        let here = self.machine().cpu();
        let now = self.now();
        self.timers.expire(self, now);
        match self.sched.next(here) {
            Some(thread) => self.serve(here, &thread, now),
            None => self.rest(here),
        }
    }

    fn rest(&self, here: usize) {
        let Some(cpu) = self.sched.cpu(here) else { return };
        cpu.is_idle.store(true, Ordering::SeqCst);
        if !cpu.has_work() {
            self.set_alarm(here, self.timers.earliest());
            self.machine().enter(NO_SPACE);
            self.machine().idle();
        }
        cpu.is_idle.store(false, Ordering::SeqCst);
        self.interrupted(here);
    }

    /// Looks after whatever interrupts.
    fn interrupted(&self, here: usize) {
        if let Some(cpu) = self.sched.cpu(here) {
            cpu.alarm.store(NO_ALARM, Ordering::Relaxed);
        }
        self.timers.expire(self, self.now());
        self.ask_devices();
    }

    /// Has every device look for what came.
    pub(crate) fn ask_devices(&self) {
        let devices = self.devices.lock().clone();
        devices.iter().for_each(|device| device.interrupt(self));
    }

    /// Sees to it that this CPU is interrupted at a time at the latest. An alarm that is set for earlier stays: to look again
    /// then costs less than to set it at every switch.
    fn set_alarm(&self, here: usize, at: Nanos) {
        let Some(cpu) = self.sched.cpu(here) else { return };
        let present = cpu.alarm.load(Ordering::Relaxed);
        if present == NO_ALARM || at < present {
            cpu.alarm.store(at, Ordering::Relaxed);
            self.machine().alarm((at != Nanos::MAX).then_some(at));
        }
    }

    fn serve(&self, here: usize, thread: &Arc<Thread>, now: Nanos) {
        let Some(cpu) = self.sched.cpu(here) else { return };
        let machine = self.machine();
        *cpu.current.lock() = Some(thread.clone());
        *thread.state.lock() = State::Running { woken: false };
        thread.last_cpu.store(here as u32, Ordering::Relaxed);
        cpu.since.store(now, Ordering::Relaxed);
        let mut own = thread.own.lock();
        machine.arrive(&own.context);
        let root = thread.parts.lock().space.root();
        machine.enter(root);
        let leave = loop {
            let leave = self.run(here, thread, &mut own);
            if let Leave::Park(until) = leave
                && !self.park(thread, &mut own, until)
            {
                continue;
            }
            break leave;
        };
        machine.leave(&mut own.context);
        let [waits, yields] = &thread.switches;
        let switches = if let Leave::Park(_) = leave { waits } else { yields };
        switches.store(switches.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.sched.account(here, thread, self.now());
        // From here on another CPU may run the thread; it waits for `own` only as long as this takes.
        match leave {
            Leave::Yield => {
                *thread.state.lock() = State::Ready;
                drop(own);
                *cpu.current.lock() = None;
                self.sched.enqueue(machine, thread.clone(), false);
            }
            Leave::Park(_) => {
                let is_woken = {
                    let mut state = thread.state.lock();
                    let is_woken = matches!(*state, State::Running { woken: true });
                    *state = if is_woken { State::Ready } else { State::Parked };
                    is_woken
                };
                drop(own);
                *cpu.current.lock() = None;
                if is_woken {
                    self.sched.enqueue(machine, thread.clone(), true);
                }
            }
            Leave::Gone => {
                *thread.state.lock() = State::Gone;
                drop(own);
                *cpu.current.lock() = None;
                self.tasks.lock().threads.remove(&thread.tid);
            }
        }
    }

    /// Makes ready to park; `false` when the thread was woken meanwhile and goes on.
    fn park(&self, thread: &Arc<Thread>, own: &mut Own, until: Until) -> bool {
        let bits = thread.attention.load(Ordering::Acquire);
        let is_called = match own.call.as_ref().map(|pending| calls::restart(pending.number)) {
            Some(Restart::Deaf) => bits & attention::END != 0,
            Some(_) => bits & (attention::END | attention::SIGNAL) != 0,
            // Its process is stopped.
            None => bits & attention::END != 0 || bits & attention::STOP == 0,
        };
        let is_woken = core::mem::replace(&mut *thread.state.lock(), State::Running { woken: false })
            == State::Running { woken: true };
        if is_called || is_woken {
            return false;
        }
        if let Until::Time(at) = until {
            if at <= self.now() {
                thread.next_turn();
                return false;
            }
            own.timer = Some(self.timers.add_thread(at, thread));
        }
        true
    }

    /// Runs a thread until its CPU has to leave it.
    fn run(&self, here: usize, thread: &Arc<Thread>, own: &mut Own) -> Leave {
        let caller = Caller::new(self, thread);
        loop {
            if own.call.is_some()
                && let Some(leave) = self.ask_again(thread, own)
            {
                return leave;
            }
            let bits = thread.attention.load(Ordering::Acquire);
            if bits != 0 {
                if let Some(leave) = self.attend(thread, own, bits) {
                    return leave;
                }
                continue;
            }
            let Some(cpu) = self.sched.cpu(here) else { return Leave::Yield };
            cpu.has_news.store(false, Ordering::Relaxed);
            match self.sched.verdict(here, thread, || self.now()) {
                Verdict::Yield => return Leave::Yield,
                Verdict::Stay(until) => self.set_alarm(here, until.min(self.timers.earliest())),
            }
            loop {
                match self.machine().run(&mut own.context, &caller) {
                    Trap::Call => {
                        if let Some(leave) = self.answer(thread, own) {
                            return leave;
                        }
                    }
                    Trap::Interrupt => {
                        self.interrupted(here);
                        break;
                    }
                    Trap::Fault(fault) => {
                        self.faulted(thread, own, fault);
                    }
                }
                if thread.attention.load(Ordering::Acquire) != 0 || cpu.has_news.load(Ordering::Relaxed) {
                    break;
                }
            }
        }
    }

    /// Answers the call that the registers hold.
    #[inline]
    fn answer(&self, thread: &Arc<Thread>, own: &mut Own) -> Option<Leave> {
        let regs = &own.context.regs;
        let [a, b, c, d, e, f, _, _, number, ..] = regs.x;
        own.first_arg = a;
        let mut progress = Progress::default();
        let answer = {
            let mut call = Call {
                kernel: self,
                thread,
                context: &mut own.context,
                args: [a, b, c, d, e, f],
                why: Why::First,
                progress: &mut progress,
            };
            self.traced(&mut call, number)
        };
        match answer {
            Ok(value) => {
                own.context.regs.x[0] = value;
                thread.leave_queues();
                None
            }
            Err(stop) => self.stopped(thread, own, stop, Pending { number, args: [a, b, c, d, e, f], progress }),
        }
    }

    #[inline]
    fn traced(&self, call: &mut Call<'_>, number: u64) -> Answer {
        match &self.trace {
            None => calls::answer(call, number),
            Some(ring) => self.recorded(ring, call, number),
        }
    }

    #[cold]
    #[inline(never)]
    fn recorded(&self, ring: &Ring, call: &mut Call<'_>, number: u64) -> Answer {
        let began = self.now();
        let answer = calls::answer(call, number);
        ring.call(call, number, began, &answer);
        answer
    }

    #[cold]
    fn stopped(&self, thread: &Arc<Thread>, own: &mut Own, stop: Stop, pending: Pending) -> Option<Leave> {
        match stop {
            Stop::Errno(errno) => {
                own.context.regs.x[0] = (-i64::from(errno.0)) as u64;
                thread.leave_queues();
                None
            }
            Stop::Wait(until) => {
                own.call = Some(pending);
                Some(Leave::Park(until))
            }
            Stop::Switched => None,
            Stop::Ended => Some(self.end_thread(thread, own)),
        }
    }

    /// Asks a call again, which stays where it is as long as it waits.
    fn ask_again(&self, thread: &Arc<Thread>, own: &mut Own) -> Option<Leave> {
        if let Some(timer) = own.timer.take() {
            self.timers.remove(timer);
        }
        let is_signal = self.has_signal(thread);
        let pending = own.call.as_mut()?;
        let restart = calls::restart(pending.number);
        let why = if is_signal {
            Why::Signal
        } else if pending.progress.deadline.is_some_and(|deadline| deadline <= self.now()) {
            Why::Time
        } else {
            Why::Woken
        };
        let answer = {
            let mut call = Call {
                kernel: self,
                thread,
                context: &mut own.context,
                args: pending.args,
                why,
                progress: &mut pending.progress,
            };
            self.traced(&mut call, pending.number)
        };
        if let Err(Stop::Wait(until)) = answer {
            if !is_signal || restart == Restart::Deaf {
                return Some(Leave::Park(until));
            }
            own.context.regs.x[0] = (-i64::from(Errno::EINTR.0)) as u64;
            own.interrupted = own.call.take().map(|pending| (restart, pending));
            thread.leave_queues();
            return None;
        }
        own.call = None;
        if thread.signals.lock().saved.is_some() {
            // The call is over, and the mask it had for its own time.
            thread.set_attention(attention::SIGNAL);
        }
        match answer {
            Ok(value) => own.context.regs.x[0] = value,
            Err(Stop::Errno(errno)) => own.context.regs.x[0] = (-i64::from(errno.0)) as u64,
            Err(Stop::Ended) => return Some(self.end_thread(thread, own)),
            Err(Stop::Switched | Stop::Wait(_)) => return None,
        }
        thread.leave_queues();
        None
    }
}

impl core::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Kernel")
    }
}
