//! Programs that ask for anything with any arguments: the kernel answers, and gives everything back.
//!
//! `ASHORE_HOSTILE_SECONDS=3600 cargo test --release hostile` does it for an hour; the first number of a world that went
//! wrong is in the message.

use crate::call::Own;
use crate::kernel::Kernel;
use crate::machine::{Access, Context, Fault, Trap};
use crate::memory::{MapRequest, Space};
use crate::process::{Inner, Parts, Process};
use crate::testing::{Dice, Simulated, machine_with, physical};
use crate::thread::Thread;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Memory, ROWS, Sys};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Marks the thread that only yields and makes new processes: register 28.
const CALM: u64 = 0xca17;
/// The same thread, or its child, behind a fork.
const FORKED: u64 = 0xca18;
/// How often it yields before it makes another process: everybody else waits for what nobody will do.
const PATIENCE: u32 = 64;
/// Rounds of a world.
const ROUNDS: usize = 6000;
/// The calls from `kill` to `rt_tgsigqueueinfo` or so: the first process is left out, whose end is the machine's.
const KILLS: (u64, u64) = (129, 138);

static CALLS: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);

struct World {
    kernel: &'static Kernel,
    room: Addr,
}

fn world() -> (World, &'static Simulated) {
    let files = ashore_formats::cpio::Layout::default().trailer();
    let machine = machine_with(6000, 1, &files);
    let kernel: &'static Kernel = Box::leak(Box::new(Kernel::new(physical(machine)).unwrap()));
    kernel.unpack().unwrap();
    let room = spawn(kernel, CALM).unwrap();
    (World { kernel, room }, machine)
}

/// A process of one thread; where it has memory. None when no memory is left for it: others may have it all.
fn spawn(kernel: &Kernel, mark: u64) -> Option<Addr> {
    let pid = kernel.new_id();
    let space = Space::new(kernel.physical).ok()?;
    let room = space.map(&MapRequest::plain(64 << 12)).ok()?;
    let text = b"/tmp/a\0/dev/null\0../x\0/proc/self/maps\0";
    space.write(room, text).ok()?;
    let parts = Parts::new(space, kernel.tree.root());
    parts.files.enter();
    let mut context = Context::default();
    context.regs.x[28] = mark;
    let inner = Inner { limits: Default::default(), ..Inner::default() };
    let thread = Thread::new(pid, Process::new(pid, inner, pid, pid), parts, Own { context, ..Own::default() });
    thread.process.inner.lock().threads.push(thread.clone());
    kernel.tasks.lock().processes.insert(pid, alloc::sync::Arc::downgrade(&thread.process));
    kernel.start(&thread);
    Some(room)
}

/// An argument: a pointer good or bad, a small number, an edge.
fn argument(dice: &mut Dice, room: u64) -> u64 {
    match dice.roll(12) {
        0 => 0,
        1 => room + dice.roll(64),
        2 => room + dice.roll(64 << 12),
        3 => room + (64 << 12) - dice.roll(16),
        4 => dice.roll(8),
        5 => 1 << dice.roll(64),
        6 => u64::MAX - dice.roll(8),
        7 => dice.roll(1 << 16),
        8 => (dice.roll(8) as i64 - 104) as u64,
        9 => 0x8000_0000_0000_0000 | dice.roll(1 << 32),
        10 => (i32::MAX as u64) + dice.roll(4),
        _ => dice.roll(64) << 12,
    }
}

/// Has a thread make a call.
fn call(context: &mut Context, sys: Sys, args: [u64; 4]) -> Trap {
    context.regs.x[..4].copy_from_slice(&args);
    context.regs.x[8] = u64::from(sys.row().and_then(|row| row.generic).unwrap());
    Trap::Call
}

/// What the calm thread does after so many turns that were all its own, and its children first.
fn calm(turns: u32, context: &mut Context) -> Trap {
    const SIGCHLD: u64 = 17;
    const WNOHANG: u64 = 1;
    if context.regs.x[28] == FORKED {
        let is_child = context.regs.x[0] == 0;
        context.regs.x[28] = if is_child { 0 } else { CALM };
        if is_child {
            // What it sends to its group must not reach the calm one.
            return call(context, Sys::SETPGID, [0; 4]);
        }
    }
    match turns % PATIENCE {
        0 => {
            context.regs.x[28] = FORKED;
            context.regs.x[4] = 0;
            call(context, Sys::CLONE, [SIGCHLD, 0, 0, 0])
        }
        1 => call(context, Sys::WAIT4, [u64::MAX, 0, WNOHANG, 0]),
        _ => call(context, Sys::SCHED_YIELD, [0; 4]),
    }
}

fn attack(dice: &mut Dice, numbers: &[u64], room: u64, context: &mut Context) -> Trap {
    match dice.roll(40) {
        0 => return Trap::Interrupt,
        1 => return Trap::Fault(Fault::Memory { at: Addr(argument(dice, room)), access: Access::Write, syndrome: 0 }),
        2 => return Trap::Fault(Fault::Memory { at: Addr(argument(dice, room)), access: Access::Read, syndrome: 0 }),
        3 if dice.roll(8) == 0 => return Trap::Fault(Fault::Illegal),
        _ => {}
    }
    CALLS.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
    for nth in 0..6 {
        context.regs.x[nth] = argument(dice, room);
    }
    context.regs.sp = room + (32 << 12) + dice.roll(3) * 8;
    context.regs.x[8] = match dice.roll(16) {
        0 => dice.roll(600),
        _ => numbers[dice.roll(numbers.len() as u64) as usize],
    };
    let is_first = |word: u64| matches!(word as u32 as i32, 2 | -1 | -2);
    if (KILLS.0..=KILLS.1).contains(&context.regs.x[8]) && (is_first(context.regs.x[0]) || is_first(context.regs.x[1]))
    {
        context.regs.x[0] = 3;
        context.regs.x[1] = 3;
    }
    Trap::Call
}

/// One world from one number; what went wrong.
fn one(seed: u64) -> Result<(), String> {
    let (world, machine) = world();
    let ends = [Sys::EXIT_GROUP, Sys::EXIT, Sys::REBOOT].map(|sys| sys.row().and_then(|row| row.generic));
    let numbers: Vec<u64> = ROWS
        .iter()
        .filter_map(|row| row.generic)
        .filter(|number| !ends.contains(&Some(*number)))
        .map(u64::from)
        .collect();
    let (mut dice, room) = (Dice(seed * 2 + 1), world.room.0);
    let mut turns = 0;
    machine.plan_rest(move |context| {
        if !matches!(context.regs.x[28], CALM | FORKED) {
            turns = 0;
            return attack(&mut dice, &numbers, room, context);
        }
        turns += 1;
        // No memory or number is left for a new process, and nobody gives any back.
        assert!(turns < 100_000, "the machine ends: nobody else runs");
        calm(turns, context)
    });
    let run = catch_unwind(AssertUnwindSafe(|| {
        for round in 0..ROUNDS {
            if round % 8 == 0 && world.kernel.tasks.lock().threads.len() < 40 {
                spawn(world.kernel, 0);
            }
            machine.pass(100_000);
            world.kernel.round();
        }
    }));
    match run {
        Ok(()) => Ok(()),
        Err(what) => {
            let text = what.downcast_ref::<String>().cloned();
            let text = text.or_else(|| what.downcast_ref::<&str>().map(|text| String::from(*text))).unwrap_or_default();
            // To end the first process is everybody's right.
            if text.starts_with("the machine ends") {
                std::eprintln!("{seed} {text}");
                Ok(())
            } else {
                Err(text)
            }
        }
    }
}

#[test]
fn whatever_programs_ask_the_kernel_goes_on() {
    let limit = std::env::var("ASHORE_HOSTILE_SECONDS").ok().and_then(|text| text.parse().ok());
    let first = std::env::var("ASHORE_HOSTILE_FIRST").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let begun = Instant::now();
    for seed in first.. {
        if let Err(why) = one(seed) {
            panic!("ASHORE_HOSTILE_FIRST={seed}: {why}");
        }
        let is_over = match limit {
            Some(seconds) => begun.elapsed() > Duration::from_secs(seconds),
            None => seed >= 40,
        };
        if is_over {
            let calls = CALLS.load(core::sync::atomic::Ordering::Relaxed);
            std::eprintln!("{} worlds, {calls} calls", seed + 1 - first);
            return;
        }
    }
}
