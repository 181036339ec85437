//! One guest thread: run until it stops, answer, run again.

use crate::machine::{InCall, Machine, Origin};
use crate::observe::{Asked, Place};
use crate::outside::{Choice, End};
use crate::paths;
use crate::process::Process;
use crate::scene::{Ending, Last};
use crate::services::Services;
use crate::signals::{self, Interrupted};
use crate::supervise::{Pace, Why};
use crate::threads::Record;
use ashore_base::Addr;
use ashore_engine::{Engine, Exit};
use ashore_guest::{Answer, Args, ClockCall, Ctx, Delivery, Does, Fail, Quick, Row, SpawnRequest, Thread, Value};
use ashore_host::Host;
use ashore_isa::RegisterFile;
use ashore_pivot::{Errno, Linux, Memory, SigSet, Signal, Sys};
use ashore_sys::GuestMemory;
use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};

/// A guest thread and the host thread that runs it.
pub(crate) struct Task<E: Engine> {
    pub(crate) process: &'static Process,
    pub(crate) machine: &'static Machine<E>,
    pub(crate) record: Arc<Record>,
    pub(crate) cpu: E,
    pub(crate) thread: Thread,
    /// How far the supervisor wants it to run.
    pub(crate) pace: Pace,
    /// Whether it got on since it stopped last: an instruction, a call or the way into a handler.
    pub(crate) moved: bool,
}

/// What a call left to do.
struct Outcome {
    answer: Answer,
    raised: Option<Delivery>,
    forked: Option<i32>,
}

impl<E: Engine> Task<E> {
    /// Makes the calling host thread, whose signals are blocked, a guest thread.
    pub(crate) fn adopt(process: &'static Process, machine: &'static Machine<E>, creator: Option<&Thread>) -> Task<E> {
        let mut cpu = E::adopt(&machine.shared);
        // An observer sees every call.
        if !process.is_observed()
            && let Some(ClockCall { number, clocks, zeroes_scratch }) = machine.abi.clock_call()
        {
            cpu.answer_clocks(&ashore_sys::ClockCall { number: number.into(), clocks, zeroes_scratch });
        }
        let nth = process.threads.next();
        let real_tid = ashore_sys::current_tid();
        let host_tid = process.ask(Choice::Tid, || real_tid as u64) as i32;
        let id = (process.os.thread_id)(process.pid(), host_tid, nth);
        let record = Arc::new(Record::default());
        if process.options.no_recorder {
            record.ring.turn_off();
        }
        record.id.store(id, Ordering::Relaxed);
        record.host_tid.store(real_tid, Ordering::Relaxed);
        record.told_tid.store(host_tid, Ordering::Relaxed);
        process.threads.add(record.clone());
        let thread = Thread {
            id,
            host_tid,
            is_main: creator.is_none(),
            tls: creator.map_or(Addr::NULL, |c| c.tls),
            gs_base: Addr::NULL,
            mask: creator.map_or(SigSet::EMPTY, |c| c.mask),
            saved_mask: None,
            alt_stack: ashore_guest::AltStack::default(),
            child_stack: Addr::NULL,
            clear_tid: Addr::NULL,
            sp: Addr::NULL,
        };
        Task { process, machine, record, cpu, thread, pace: Pace::Run, moved: false }
    }

    /// Runs the thread to its end.
    pub(crate) fn run(mut self) {
        if self.process.net.is_some_and(|net| ashore_sys::arm(net).is_err()) && !self.process.options.no_net {
            ashore_sys::say("ashore: a thread could not be put under the kernel's net; stopping\n");
            ashore_sys::exit_group(125);
        }
        if self.process.outside().is_some() && ashore_sys::trap_tsc().is_err() {
            self.process.note(
                "the CPU's counter cannot be kept from the program: what it reads there is not the same in a replay",
            );
        }
        let mask = self.thread.mask;
        signals::set_mask(&mut self.thread, mask);
        // Whoever froze the others before this thread was known did not reach it.
        self.kicked(&mut None);
        if self.process.options.supervisor.is_some() {
            self.observe_thread(true);
            self.run_supervised();
            self.observe_thread(false);
        } else if self.process.is_observed() {
            self.observe_thread(true);
            self.run_until_over::<true>();
            self.observe_thread(false);
        } else {
            self.run_until_over::<false>();
        }
        self.end();
    }

    fn run_until_over<const OBSERVED: bool>(&mut self) {
        if OBSERVED && self.has_signal() {
            self.deliver(None, None);
        }
        loop {
            match self.cpu.run() {
                Exit::Call => {
                    if !self.answer_call::<OBSERVED>() {
                        return;
                    }
                }
                Exit::Interrupted if OBSERVED => self.interrupted(),
                Exit::Interrupted => self.deliver(None, None),
                Exit::Stepped => {}
                Exit::Fault(fault) if OBSERVED && self.is_answered(&fault) => {}
                Exit::Fault(fault) => self.deliver(Some(signals::delivery_of_fault(&fault)), None),
            }
        }
    }

    /// Answers the call that the registers hold; `false` when the thread is over.
    pub(crate) fn answer_call<const OBSERVED: bool>(&mut self) -> bool {
        let process = self.process;
        let abi = self.machine.abi;
        let frame = abi.call(self.cpu.regs(), &GuestMemory);
        self.record.ring.begin(&process.watch, frame.number, &frame.args, self.cpu.regs().pc());
        let row = process.row(frame.number);
        // The whole of the fast path: a signal that waits is seen on the way back into the guest. An answer that is
        // first kept and then moved costs 5 ns, for it is written in two parts and would be read as one.
        match row.map(|row| row.does) {
            Some(Does::Same(sys)) if !OBSERVED => {
                abi.answer(self.cpu.regs(), same(sys, &frame.args));
                self.record_end();
                return true;
            }
            Some(Does::Quick(function)) if !OBSERVED => {
                abi.answer(self.cpu.regs(), quick(process, &Host, function, &frame.args));
                self.record_end();
                return true;
            }
            _ => {}
        }
        if OBSERVED {
            self.tell_call(frame.number, &frame.args);
        }
        let regs = *self.cpu.regs();
        if OBSERVED && let Some(supervisor) = &process.options.supervisor {
            supervisor.calls(self.record.host_tid.load(Ordering::Relaxed), &regs.any());
        }
        self.thread.sp = abi.stack_pointer(&regs);
        if let Some(tls) = regs.own_tls() {
            self.thread.tls = Addr(tls);
        }
        let tls = (self.thread.tls, self.thread.gs_base);
        let outcome = self.call::<OBSERVED>(&regs, row, frame.number, &frame.args);
        if (self.thread.tls, self.thread.gs_base) != tls {
            abi.set_tls(self.cpu.regs(), &self.thread);
        }
        if let Some(parent) = outcome.forked {
            self.thread.host_tid = ashore_sys::current_tid();
            self.record.host_tid.store(self.thread.host_tid, Ordering::Relaxed);
            self.record.told_tid.store(self.thread.host_tid, Ordering::Relaxed);
            self.thread.is_main = true;
            self.thread.id = (process.os.thread_id)(process.pid(), self.thread.host_tid, 0);
            self.record.id.store(self.thread.id, Ordering::Relaxed);
            self.moved = true;
            self.cpu.forked();
            abi.forked(self.cpu.regs(), parent);
            self.record_end();
            if !self.thread.child_stack.is_null() {
                abi.set_stack(self.cpu.regs(), self.thread.child_stack);
            }
            if self.cpu.signals().has_pending() {
                self.deliver(None, None);
            }
            return true;
        }
        self.finish(outcome, regs.number())
    }

    fn finish(&mut self, outcome: Outcome, number: u64) -> bool {
        let abi = self.machine.abi;
        match outcome.answer {
            Ok(Value::ThreadOver) => return false,
            Ok(Value::Resume(at)) => {
                self.record.ring.resumed();
                self.moved = true;
                self.resume(at);
            }
            Ok(Value::Save(at)) => {
                self.moved = true;
                let fp = self.cpu.save_fp();
                abi.answer(self.cpu.regs(), Ok(Value::One(0)));
                let saved = abi.save(self.cpu.regs(), at, self.thread.mask, &fp, &GuestMemory);
                if let Err(errno) = saved {
                    abi.answer(self.cpu.regs(), Err(Fail::Linux(errno)));
                }
                self.record_end();
            }
            Err(Fail::Linux(errno @ (Errno::RESTART | Errno::RESTART_UNLESS_HANDLED))) => {
                let may_restart = errno == Errno::RESTART;
                self.record.ring.interrupted();
                self.deliver(outcome.raised, Some(Interrupted { number, may_restart }));
                return true;
            }
            Err(Fail::Linux(Errno::EINTR)) if self.cpu.signals().is_kicked() => {
                self.record.ring.interrupted();
                // Nothing interrupted it as far as the guest is concerned, unless a signal came too.
                self.deliver(outcome.raised, Some(Interrupted { number, may_restart: false }));
                return true;
            }
            answer => {
                abi.answer(self.cpu.regs(), answer);
                self.record_end();
                self.moved = true;
            }
        }
        if outcome.raised.is_some() || self.has_signal() || self.thread.saved_mask.is_some() {
            self.deliver(outcome.raised, None);
        }
        true
    }

    #[inline]
    fn record_end(&mut self) {
        self.record.ring.end(self.cpu.regs());
    }

    fn call<const OBSERVED: bool>(
        &mut self,
        regs: &E::Regs,
        row: Option<&'static Row>,
        number: u64,
        args: &Args,
    ) -> Outcome {
        let caller = InCall { machine: self.machine, engine: &self.cpu, regs: *regs };
        let services = Services {
            process: self.process,
            record: &self.record,
            caller: &caller,
            raised: RefCell::new(None),
            forked: Cell::new(None),
        };
        let place = Place { thread: self.thread.id, at: Addr(regs.pc()), sp: self.thread.sp };
        let observer = if OBSERVED { self.process.options.observer.as_deref() } else { None };
        let asked = Asked { os: self.process.os, place, row, number, args };
        if let Some(observer) = observer {
            observer.call(&services, &asked);
        }
        let mut ctx =
            Ctx { kernel: &services, thread: &mut self.thread, state: &self.process.state, os: self.process.os };
        let linux = self.process.linux();
        let answer = match row.map(|row| row.does) {
            Some(Does::Same(sys)) => linux.call(sys, words(args)).map(Value::One).map_err(Fail::Linux),
            Some(Does::Quick(function)) => quick(self.process, linux, function, args),
            Some(Does::Block(sys)) => linux.wait(sys, words(args)).map(Value::One).map_err(Fail::Linux),
            Some(Does::Interrupt(sys)) => {
                let result = linux.wait(sys, words(args)).map_err(Errno::never_restart);
                result.map(Value::One).map_err(Fail::Linux)
            }
            Some(Does::Paths(sys, paths)) => paths::answer(&ctx, sys, paths, args),
            Some(Does::Custom(function)) => function(&mut ctx, args),
            Some(Does::Missing) | None => unknown(&mut ctx, &services, row, number),
        };
        self.process.last_words.hear(number, args, &answer);
        if let Some(observer) = observer {
            observer.answer(&services, &asked, &answer);
        }
        Outcome { answer, raised: services.raised.take(), forked: services.forked.take() }
    }

    /// The thread is over: its word is zeroed, its host thread ends; the last one ends the process.
    fn end(mut self) {
        ashore_sys::set_signal_mask(SigSet(!0));
        if !self.thread.clear_tid.is_null() {
            let at = self.thread.clear_tid;
            if GuestMemory.write(at, &0u32.to_le_bytes()).is_ok() {
                let _ = Host.call(Sys::FUTEX, [at.0, 1, 1, 0, 0, 0]);
            }
        }
        let left = self.process.threads.remove(&self.record);
        if left == 0 {
            self.tell(Why::Exits(0));
            if let Some(observer) = &self.process.options.observer {
                observer.exit(self.process.os, 0);
                observer.flush();
            }
            self.process.tell_end(End::Status(0));
            self.process.space.at_end();
            ashore_sys::exit_group(0);
        }
        if let Some(supervisor) = &self.process.options.supervisor {
            supervisor.ended(self.record.host_tid.load(Ordering::Relaxed));
        }
        if self.thread.is_main {
            // The host process must not end with its first thread: wait for the others to end it.
            self.thread.mask = SigSet(!0);
            loop {
                let _ = Host.call(Sys::PAUSE, [0; 6]);
            }
        }
    }

    /// Ends the process by a signal nobody handles.
    pub(crate) fn die_of(&mut self, delivery: &Delivery) -> ! {
        self.tell(Why::Dies(delivery.signal));
        if let Some(observer) = &self.process.options.observer {
            observer.flush();
        }
        self.process.tell_end(End::Signal(delivery.signal));
        let regs = self.cpu.regs().any();
        let fp = || self.cpu.save_fp();
        let last = Last { regs: &regs, fp: &fp, record: &self.record, alt_stack: Some(self.thread.alt_stack) };
        self.process.show(&last, &Ending::Signal(*delivery));
        ashore_sys::die_of(delivery.signal)
    }

    fn place(&mut self) -> Place {
        let (regs, abi) = (self.cpu.regs(), self.machine.abi);
        Place { thread: self.thread.id, at: Addr(regs.pc()), sp: abi.stack_pointer(regs) }
    }

    pub(crate) fn observe_signal(&mut self, delivery: &Delivery, is_handled: bool) {
        let place = self.place();
        if let Some(observer) = &self.process.options.observer {
            observer.signal(self.process.os, place, delivery, is_handled);
        }
    }

    fn observe_thread(&self, is_new: bool) {
        if let Some(observer) = &self.process.options.observer {
            observer.thread(self.process.os, self.thread.id, is_new);
        }
    }
}

#[inline]
fn same(sys: Sys, args: &Args) -> Answer {
    Host.call(sys, words(args)).map(Value::One).map_err(Fail::Linux)
}

#[inline]
fn quick(process: &Process, linux: &dyn Linux, function: fn(&Quick<'_>, &Args) -> Answer, args: &Args) -> Answer {
    function(&Quick { linux, memory: &GuestMemory, state: &process.state, pid: process.pid() }, args)
}

#[inline]
fn words(args: &Args) -> [u64; 6] {
    [args[0], args[1], args[2], args[3], args[4], args[5]]
}

/// A call nobody answers: what the real system does, and a line for the person.
fn unknown(ctx: &mut Ctx<'_>, services: &Services<'_>, row: Option<&'static Row>, number: u64) -> Answer {
    let title = ctx.os.title;
    let what = match row {
        Some(row) => {
            let name = row.name();
            format!("the program made {title} call {number} ({name}), which Ashore does not answer yet: it got ENOSYS")
        }
        None => format!("the program made call {number}, which {title} does not have"),
    };
    if services.process.options.strict {
        stop(services, &what);
    }
    ctx.kernel.note(&what);
    if row.is_none() && ctx.os.unknown_raises {
        let delivery = Delivery { code: 1, ..Delivery::plain(Signal::SYS) };
        let kernel = ctx.kernel;
        kernel.raise(ctx.thread, delivery);
    }
    Err(Fail::Linux(Errno::ENOSYS))
}

/// Ends the process at a call that a person said must not happen.
fn stop(services: &Services<'_>, what: &str) -> ! {
    if let Some(observer) = &services.process.options.observer {
        observer.leave();
    }
    let stack = crate::stack::lines(&services.caller.registers(), &GuestMemory, &services.process.options.names);
    ashore_sys::say(&format!("ashore: stopped, as --strict asks: {what}\n{}\n", stack.join("\n")));
    services.process.tell_end(End::Status(125));
    services.show(&Ending::Refused(what));
    ashore_sys::exit_group(125)
}

/// Starts a guest thread: the host thread makes itself known, then tells its creator the id.
pub(crate) fn spawn<E: Engine>(
    process: &'static Process,
    origin: Origin<E>,
    creator: &Thread,
    request: &SpawnRequest,
) -> Result<u64, Errno> {
    let Origin { machine, regs: mut fresh, fp } = origin;
    machine.abi.begin(&mut fresh, &request.start, &GuestMemory)?;
    let (tell, told) = mpsc::sync_channel(1);
    let (process, creator, request) = (process, creator.clone(), *request);
    ashore_sys::spawn(move || {
        let mut task = Task::adopt(process, machine, Some(&creator));
        *task.cpu.regs() = fresh;
        if let Some(fp) = fp {
            task.cpu.load_fp(&fp);
        }
        if let Some(tls) = request.tls {
            task.thread.tls = tls;
        }
        if let Some(mask) = request.mask {
            task.thread.mask = mask;
        }
        if request.inherit_alt_stack {
            task.thread.alt_stack = creator.alt_stack;
        }
        task.thread.clear_tid = request.clear_tid;
        for (at, len) in request.tid_at.into_iter().flatten() {
            let id = task.thread.id.to_le_bytes();
            let _ = GuestMemory.write(at, id.get(..usize::from(len)).unwrap_or(&id));
        }
        machine.abi.set_tls(task.cpu.regs(), &task.thread);
        let _ = tell.send(task.thread.id);
        drop(tell);
        task.run();
    })?;
    told.recv().map_err(|_| Errno::EAGAIN)
}
