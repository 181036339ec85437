//! The interrupt controller: GICv2 or GICv3, as the device tree says.

mod three;
mod two;

use crate::board::{Board, Controller};
use crate::cpu::Cpu;
use crate::{clock, console};
use ashore_kernel_core::Nanos;
use core::sync::atomic::{AtomicU32, Ordering};
use spin::Once;

/// The interrupt that CPUs send each other.
const KICK: u32 = 0;
/// From here on there is no interrupt in the answer to "which one?".
const NOTHING: u32 = 1020;

/// The controller of this machine.
static CONTROLLER: Once<Controller> = Once::new();
/// Which interrupts mean what; [`NOTHING`] while unknown.
static TIMER: AtomicU32 = AtomicU32::new(NOTHING);
static CONSOLE: AtomicU32 = AtomicU32::new(NOTHING);

/// How often a CPU looks whether the others still work, and shows the host that it does itself. One that sleeps looks then whether
/// there is something to do, too: should it ever not be woken for that, it sleeps no longer than this.
pub(crate) const WATCH: Nanos = 1_000_000_000;

/// Sets the controller up and lets the interrupts through that the machine itself wants.
pub(crate) fn begin(board: &Board) {
    let Some(controller) = board.controller else { return };
    let controller = *CONTROLLER.call_once(|| controller);
    match controller {
        Controller::Two(distributor, _) => two::begin(distributor),
        Controller::Three(distributor, _) => three::begin(distributor),
    }
    TIMER.store(board.timer.unwrap_or(NOTHING), Ordering::Relaxed);
    CONSOLE.store(board.consoles.first().map_or(NOTHING, |console| console.interrupt), Ordering::Relaxed);
    let devices = board.consoles.first().into_iter().chain(&board.virtio);
    devices.for_each(|device| allow(controller, device.interrupt));
}

/// Sets up the part of the CPU that calls.
pub(crate) fn begin_cpu() {
    let timer = TIMER.load(Ordering::Relaxed);
    match CONTROLLER.get() {
        Some(Controller::Two(distributor, interface)) => two::begin_cpu(*distributor, *interface, timer),
        Some(Controller::Three(_, redistributors)) => three::begin_cpu(*redistributors, timer),
        None => {}
    }
}

/// Lets a device's interrupt through, to the first CPU.
fn allow(controller: Controller, interrupt: u32) {
    match controller {
        Controller::Two(distributor, _) => two::allow(distributor, interrupt),
        Controller::Three(distributor, _) => three::allow(distributor, interrupt),
    }
}

/// Interrupts another CPU.
pub(crate) fn kick(cpu: &Cpu) {
    // What was written before is to be seen by the one that is woken.
    crate::registers::barrier!("dsb ish");
    match CONTROLLER.get() {
        Some(Controller::Two(distributor, _)) => two::kick(*distributor, cpu.index, KICK),
        Some(Controller::Three(..)) => three::kick(cpu.affinity, KICK),
        None => {}
    }
}

/// Takes every interrupt that waits for this CPU; whether one was for the kernel's core.
pub(crate) fn take(cpu: &Cpu) -> bool {
    let Some(controller) = CONTROLLER.get() else { return true };
    let mut is_news = false;
    loop {
        let which = match controller {
            Controller::Two(_, interface) => two::which(*interface),
            Controller::Three(..) => three::which(),
        };
        // The sender's number is above the interrupt's.
        let number = which & 0x3ff;
        if number >= NOTHING {
            return is_news;
        }
        is_news |= answer(cpu, number);
        match controller {
            Controller::Two(_, interface) => two::done(*interface, which),
            Controller::Three(..) => three::done(which),
        }
    }
}

fn answer(cpu: &Cpu, number: u32) -> bool {
    if number == TIMER.load(Ordering::Relaxed) {
        let now = clock::ticks();
        if cpu.alarm.load(Ordering::Relaxed) <= now {
            cpu.alarm.store(u64::MAX, Ordering::Relaxed);
        } else {
            // It was time to look after the others.
            crate::crash::watch();
        }
        // The host looks after all of them.
        crate::crash::beat(now);
        set_alarm(cpu);
        return true;
    }
    if number == CONSOLE.load(Ordering::Relaxed) {
        console::receive();
    } else if number != KICK {
        crate::virtio::answer(number);
    }
    true
}

/// Sets the timer of the CPU that calls: for its own alarm or for a look at the others.
pub(crate) fn set_alarm(cpu: &Cpu) {
    let wish = cpu.alarm.load(Ordering::Relaxed);
    clock::alarm(wish.min(clock::ticks() + clock::ticks_of(WATCH)));
}

/// A register of a controller, which is mapped as a device.
fn get(at: u64) -> u32 {
    // SAFETY: only called with registers of a controller the device tree names.
    unsafe { ((crate::memory::DEVICES + at) as *const u32).read_volatile() }
}

fn set(at: u64, value: u32) {
    // SAFETY: as above.
    unsafe { ((crate::memory::DEVICES + at) as *mut u32).write_volatile(value) }
}

/// Sets one byte of four-byte registers.
fn set_byte(at: u64, value: u8) {
    // SAFETY: as above; the registers this is used for are byte-accessible.
    unsafe { ((crate::memory::DEVICES + at) as *mut u8).write_volatile(value) }
}
