//! Actions, masks and delivery, in Linux's numbering.

use crate::outside::Choice;
use crate::process::Process;
use crate::scene::{Ending, Interest};
use crate::task::Task;
use ashore_base::Addr;
use ashore_engine::{Engine, FaultInfo, SignalInfo};
use ashore_guest::{Action, AltStack, Delivery, Fail, Frame, Handler, SaFlags, Thread};
use ashore_isa::RegisterFile;
use ashore_pivot::{Errno, SigSet, Signal};
use ashore_sys::Disposition;
use std::sync::atomic::Ordering;

/// What a process does with a signal, told to the host too.
pub(crate) fn set_action(process: &Process, signal: Signal, action: Action) -> Result<(), Errno> {
    if matches!(signal, Signal::KILL | Signal::STOP) {
        return Err(Errno::EINVAL);
    }
    let mut actions = process.actions();
    let Some(slot) = actions.get_mut(usize::from(signal.0)) else { return Err(Errno::EINVAL) };
    *slot = action;
    tell_host(process, signal, action)
}

/// Has the personality told of a signal from now on even when the guest does nothing about it.
pub(crate) fn watch(process: &Process, signal: Signal) -> Result<(), Errno> {
    let actions = process.actions();
    process.watched.fetch_or(SigSet::of(signal).0, Ordering::Relaxed);
    let Some(action) = actions.get(usize::from(signal.0)) else { return Err(Errno::EINVAL) };
    tell_host(process, signal, *action)
}

/// Whether somebody wants to know, before it comes, that a signal ends the process.
fn is_watched_over(process: &Process, signal: Signal) -> bool {
    let ending = Ending::Signal(Delivery::plain(signal));
    process.outside().is_some()
        || process.options.supervisor.is_some()
        || process.options.witnesses.iter().any(|witness| witness.interest(&ending) != Interest::Nothing)
}

fn is_watched(process: &Process, signal: Signal) -> bool {
    SigSet(process.watched.load(Ordering::Relaxed)).has(signal)
}

fn tell_host(process: &Process, signal: Signal, action: Action) -> Result<(), Errno> {
    if !process.has_real_signals() {
        return Ok(());
    }
    let disposition = match action.handler {
        // Faults come to us whatever the guest wants: its wish is looked at when one happens.
        _ if ashore_sys::FAULTS.contains(&signal) => Disposition::Handle,
        Handler::Ignore if is_watched(process, signal) => Disposition::Handle,
        Handler::Default if is_harmless(signal) && is_watched(process, signal) => Disposition::Handle,
        // The end of the process is to be told before it comes.
        Handler::Default if is_deadly_by_default(signal) && is_watched_over(process, signal) => Disposition::Handle,
        Handler::Default => Disposition::Default,
        Handler::Ignore => Disposition::Ignore,
        Handler::Guest(_) => Disposition::Handle,
    };
    // Ignoring SIGCHLD also means that children leave no zombies.
    let is_childless = signal == Signal::CHLD && action.handler == Handler::Ignore;
    let childless = if is_childless { SaFlags::NOCLDWAIT } else { 0 };
    ashore_sys::set_disposition_with(signal, disposition, action.flags.0 | childless)
}

/// What the process was born with: signals its parent ignored stay ignored.
pub(crate) fn inherit(process: &Process) {
    let ignored = process.ask(Choice::Ignored, || {
        let signals = (1..=64).map(Signal).filter(|signal| !ashore_sys::FAULTS.contains(signal));
        signals.filter(|signal| ashore_sys::is_ignored(*signal)).fold(SigSet::EMPTY, SigSet::with).0
    });
    let mut actions = process.actions();
    for signal in SigSet(ignored).iter() {
        actions[usize::from(signal.0)].handler = Handler::Ignore;
    }
    let others = (1..=64).map(Signal).filter(|signal| !matches!(*signal, Signal::KILL | Signal::STOP));
    for signal in others.filter(|signal| !ashore_sys::FAULTS.contains(signal) && is_watched_over(process, *signal)) {
        let _ = tell_host(process, signal, actions[usize::from(signal.0)]);
    }
}

/// The signals that come to us whatever the guest does about them.
fn taken(process: &Process) -> impl Iterator<Item = Signal> {
    let watched = SigSet(process.watched.load(Ordering::Relaxed));
    ashore_sys::FAULTS.iter().fold(watched, |set, signal| set.with(*signal)).iter()
}

/// The next program sees the guest's own actions for the signals we take, not ours.
pub(crate) fn before_exec(process: &Process) {
    let actions = process.actions();
    for signal in taken(process) {
        if actions[usize::from(signal.0)].handler == Handler::Ignore {
            let _ = ashore_sys::set_disposition(signal, Disposition::Ignore);
        }
    }
}

/// Takes back what [`before_exec`] did.
pub(crate) fn after_failed_exec(process: &Process) {
    let actions = process.actions();
    for signal in taken(process) {
        let _ = tell_host(process, signal, actions[usize::from(signal.0)]);
    }
}

/// The mask on the host: the guest's, without what no one can block and without faults.
fn host_mask(mask: SigSet) -> SigSet {
    let open = ashore_sys::FAULTS.iter().fold(mask, |set, signal| set.without(*signal));
    open.without(Signal::KILL).without(Signal::STOP)
}

/// Sets a thread's mask, here and on the host.
pub(crate) fn set_mask(thread: &mut Thread, mask: SigSet) {
    thread.mask = mask.without(Signal::KILL).without(Signal::STOP);
    ashore_sys::set_signal_mask(host_mask(thread.mask));
    if let Some(block) = ashore_sys::current() {
        block.recheck(thread.mask);
    }
}

/// A call that a signal interrupted before it did anything.
pub(crate) struct Interrupted {
    /// The number it was made with.
    pub(crate) number: u64,
    /// Whether a handler's flags may have it restarted; otherwise any handler ends it.
    pub(crate) may_restart: bool,
}

pub(crate) fn delivery_of(info: &SignalInfo) -> Delivery {
    Delivery {
        code: info.code,
        errno: info.errno,
        pid: info.pid,
        uid: info.uid,
        status: info.status,
        value: info.value,
        ..Delivery::plain(Signal(info.signal as u8))
    }
}

pub(crate) fn delivery_of_fault(fault: &FaultInfo) -> Delivery {
    Delivery {
        code: fault.code,
        addr: Addr(fault.addr),
        trap: fault.trap as u32,
        trap_error: fault.error as u32,
        ..Delivery::plain(Signal(fault.signal as u8))
    }
}

/// Whether the process would die of a signal.
pub(crate) fn is_deadly(process: &Process, signal: Signal) -> bool {
    let action = process.actions()[usize::from(signal.0)];
    action.handler == Handler::Default && is_deadly_by_default(signal)
}

/// Signals whose default is to end the process.
fn is_deadly_by_default(signal: Signal) -> bool {
    let stops = matches!(signal, Signal::STOP | Signal::TSTP | Signal::TTIN | Signal::TTOU);
    !is_harmless(signal) && !stops
}

/// Signals whose default is to do nothing.
fn is_harmless(signal: Signal) -> bool {
    matches!(signal, Signal::CHLD | Signal::URG | Signal::WINCH | Signal::CONT)
}

/// The guest's function; null when there is none.
fn handler_of(action: &Action) -> Addr {
    if let Handler::Guest(at) = action.handler { at } else { Addr::NULL }
}

impl<E: Engine> Task<E> {
    /// Delivers `forced`, a fault of the guest's own, and every waiting signal. An interrupted call is
    /// restarted or fails with EINTR, as the first handler's flags say.
    pub(crate) fn deliver(&mut self, forced: Option<Delivery>, mut interrupted: Option<Interrupted>) {
        if self.cpu.signals_mut().take_kick() {
            self.kicked(&mut interrupted);
        }
        if let Some(delivery) = forced {
            self.deliver_one(&delivery, true, &mut interrupted);
        }
        while let Some(info) = self.next_signal() {
            self.deliver_one(&delivery_of(&info), false, &mut interrupted);
        }
        if let Some(mask) = self.thread.saved_mask.take() {
            // Nothing took it: the signal was ignored after all.
            set_mask(&mut self.thread, mask);
        }
        if let Some(call) = interrupted {
            self.machine.abi.rewind(self.cpu.regs(), call.number);
        }
    }

    fn deliver_one(&mut self, delivery: &Delivery, is_forced: bool, interrupted: &mut Option<Interrupted>) {
        if let Some(instead) = self.supervised(delivery, interrupted) {
            self.deliver_now(&instead, is_forced && instead.signal == delivery.signal, interrupted);
        }
    }

    pub(crate) fn deliver_now(&mut self, delivery: &Delivery, is_forced: bool, interrupted: &mut Option<Interrupted>) {
        let signal = delivery.signal;
        (self.process.os.signal_came)(self.process.linux(), &self.process.state, signal);
        let action = {
            let mut actions = self.process.actions();
            let action = actions[usize::from(signal.0)];
            if matches!(action.handler, Handler::Guest(_)) && action.flags.has(SaFlags::RESETHAND) {
                actions[usize::from(signal.0)].handler = Handler::Default;
                let _ = tell_host(self.process, signal, actions[usize::from(signal.0)]);
            }
            action
        };
        let is_blocked = is_forced && self.thread.mask.has(signal);
        let (at, handler) = (self.cpu.regs().pc(), handler_of(&action));
        self.record.ring.signal(&self.process.watch, delivery, at, handler);
        match action.handler {
            Handler::Guest(handler) if !is_blocked => {
                if let Some(call) = interrupted.take() {
                    if call.may_restart && action.flags.has(SaFlags::RESTART) {
                        self.machine.abi.rewind(self.cpu.regs(), call.number);
                    } else {
                        self.machine.abi.answer(self.cpu.regs(), Err(Fail::Linux(Errno::EINTR)));
                    }
                }
                self.observe_signal(delivery, true);
                self.enter_handler(delivery, action, handler);
            }
            Handler::Ignore if !is_forced => {}
            Handler::Default if !is_forced && is_harmless(signal) => {}
            _ => {
                self.observe_signal(delivery, false);
                self.die_of(delivery);
            }
        }
    }

    fn enter_handler(&mut self, delivery: &Delivery, action: Action, handler: Addr) {
        self.moved = true;
        let sp = self.machine.abi.stack_pointer(self.cpu.regs());
        let alt = self.thread.alt_stack;
        let switch = action.flags.has(SaFlags::ONSTACK) && alt.len != 0 && !alt.holds(sp);
        let fp = self.cpu.save_fp();
        let restored = self.thread.saved_mask.take().unwrap_or(self.thread.mask);
        let frame = Frame {
            delivery: *delivery,
            action,
            handler,
            trampoline: self.process.trampoline,
            mask: restored,
            stack: if switch { alt.top() } else { sp },
            on_alt_stack: switch || alt.holds(sp),
            alt_stack: alt,
            fp: &fp,
        };
        let made = self.machine.abi.deliver(self.cpu.regs(), &frame, &ashore_sys::GuestMemory);
        if made.is_err() {
            // No room for the frame: the system ends the process by SIGSEGV.
            self.die_of(&Delivery::plain(Signal::SEGV));
        }
        let mut mask = SigSet(self.thread.mask.0 | action.mask.0);
        if !action.flags.has(SaFlags::NODEFER) {
            mask = mask.with(delivery.signal);
        }
        set_mask(&mut self.thread, mask);
    }

    /// Comes back from a handler, or takes over a context the guest made.
    pub(crate) fn resume(&mut self, at: Addr) {
        let resumed = self.machine.abi.resume(self.cpu.regs(), at, &ashore_sys::GuestMemory);
        let Ok(resumed) = resumed else {
            self.die_of(&Delivery::plain(Signal::SEGV));
        };
        if let Some(fp) = resumed.fp {
            self.cpu.load_fp(&fp);
        }
        if let Some(alt) = resumed.alt_stack {
            self.thread.alt_stack = AltStack { ..alt };
        }
        if let Some(tls) = resumed.tls {
            self.thread.tls = tls;
            self.machine.abi.set_tls(self.cpu.regs(), &self.thread);
        }
        if let Some(mask) = resumed.mask {
            set_mask(&mut self.thread, mask);
        }
    }
}
