//! The kernel's loop on the simulated machine.

use crate::call::Own;
use crate::kernel::Kernel;
use crate::machine::{Ending, Trap};
use crate::process::{Inner, Parts, Process};
use crate::sched::SLICE;
use crate::testing::{Simulated, machine, physical};
use crate::thread::Thread;
use alloc::string::String;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_pivot::layout::siginfo::SigInfo;
use ashore_pivot::{Signal, Sys};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

fn number(sys: Sys) -> u64 {
    u64::from(sys.row().and_then(|row| row.generic).unwrap())
}

/// A kernel and the first process with one thread.
fn begin() -> (&'static Simulated, Kernel, Arc<Thread>) {
    let machine = machine(512);
    let kernel = Kernel::new(physical(machine)).unwrap();
    let pid = kernel.new_id();
    let process = Process::new(pid, Inner::default(), pid, pid);
    let thread = Thread::new(pid, process, kernel_parts(machine, &kernel), Own::default());
    (machine, kernel, thread)
}

fn kernel_parts(machine: &'static Simulated, kernel: &Kernel) -> Parts {
    let parts = Parts::new(crate::memory::Space::new(physical(machine)).unwrap(), kernel.tree.root());
    parts.files.enter();
    parts
}

fn enter(kernel: &Kernel, thread: &Arc<Thread>) {
    thread.process.inner.lock().threads.push(thread.clone());
    let process = Arc::downgrade(&thread.process);
    kernel.tasks.lock().processes.insert(thread.process.pid, process);
    kernel.start(thread);
}

/// Another process with one thread, a child of nobody.
fn another(machine: &'static Simulated, kernel: &Kernel) -> Arc<Thread> {
    let pid = kernel.new_id();
    let inner = Inner { parent: Some(Weak::new()), ..Inner::default() };
    let thread = Thread::new(pid, Process::new(pid, inner, pid, pid), kernel_parts(machine, kernel), Own::default());
    enter(kernel, &thread);
    thread
}

/// Runs rounds until the machine ends; how it does.
fn to_the_end(kernel: &Kernel) -> String {
    let end = catch_unwind(AssertUnwindSafe(|| {
        for _ in 0..1000 {
            kernel.round();
        }
    }));
    match end {
        Ok(()) => String::from("it goes on"),
        Err(what) => what.downcast_ref::<String>().cloned().unwrap_or_default(),
    }
}

fn ends(ending: Ending) -> String {
    alloc::format!("the machine ends: {ending:?}")
}

#[test]
fn a_call_is_answered_in_its_register_and_the_first_process_ends_the_machine() {
    let (machine, kernel, thread) = begin();
    enter(&kernel, &thread);
    machine.plan_call(number(Sys::GETPID), &[]);
    machine.plan(|context| {
        assert_eq!(context.regs.x[0], u64::from(crate::kernel::FIRST_ID));
        context.regs.x[8] = 511;
        Trap::Call
    });
    machine.plan(|context| {
        assert_eq!(context.regs.x[0] as i64, -38);
        context.regs.x[8] = number(Sys::EXIT_GROUP);
        context.regs.x[0] = 0x107;
        Trap::Call
    });
    assert_eq!(to_the_end(&kernel), ends(Ending::Exited(7)));
}

#[test]
fn a_signal_without_a_handler_ends_a_process_that_sleeps() {
    let (machine, kernel, thread) = begin();
    enter(&kernel, &thread);
    let other = another(machine, &kernel);
    machine.plan(|_| Trap::Interrupt);
    machine.plan(|_| Trap::Interrupt);
    kernel.signal_thread(&other, SigInfo::kernel(Signal::TERM));
    kernel.signal_process(&thread.process, SigInfo::kernel(Signal::QUIT));
    assert_eq!(to_the_end(&kernel), ends(Ending::Killed(3)));
}

#[test]
fn threads_that_only_compute_take_turns() {
    let (machine, kernel, thread) = begin();
    enter(&kernel, &thread);
    let other = another(machine, &kernel);
    let seen: Arc<Mutex<Vec<usize>>> = Arc::default();
    for _ in 0..20 {
        let seen = seen.clone();
        machine.plan(move |context| {
            context.regs.x[1] += 1;
            seen.lock().unwrap().push(context.regs.x[1] as usize);
            machine.pass(SLICE);
            Trap::Interrupt
        });
    }
    for _ in 0..20 {
        kernel.round();
    }
    let [mine, theirs] = [&thread, &other].map(|thread| thread.own.lock().context.regs.x[1]);
    assert_eq!((mine, theirs), (10, 10), "{:?}", seen.lock().unwrap());
    assert_eq!(thread.ran(), 10 * SLICE);
}

#[test]
fn one_that_yields_lets_others_run_though_no_time_passes() {
    let (machine, kernel, thread) = begin();
    enter(&kernel, &thread);
    let other = another(machine, &kernel);
    for _ in 0..6 {
        machine.plan(|context| {
            context.regs.x[1] += 1;
            context.regs.x[8] = number(Sys::SCHED_YIELD);
            Trap::Call
        });
        kernel.round();
    }
    let turns = [&thread, &other].map(|thread| thread.own.lock().context.regs.x[1]);
    assert_eq!(turns, [3, 3]);
}

#[test]
fn a_process_that_waited_for_itself_in_its_own_queue_goes_away() {
    let (machine, kernel, _) = begin();
    let other = another(machine, &kernel);
    other.process.child_changed.join(&other, crate::file::Events::ANY);
    let gone = (Arc::downgrade(&other), Arc::downgrade(&other.process));
    kernel.end_process(&other.process, crate::process::End::Exited(0));
    drop(other);
    kernel.round();
    assert!(gone.0.upgrade().is_none() && gone.1.upgrade().is_none());
}
