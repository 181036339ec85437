//! The CPUs whose programs are run, one row each: by which engine.

use ashore_base::Cpu;
use ashore_engine::{jit, native};
use ashore_guest::{GUESTS, Guest, Os};
use ashore_isa::aarch64;
use ashore_process::{Options, Program};
use ashore_report::{Report, table};

/// Starts a program of a system; comes back only when that failed.
pub(crate) type Start = fn(&Guest, &Program<'_>, Options) -> Report;

/// A CPU's row.
struct Row {
    cpu: Cpu,
    start: Start,
}

static ROWS: &[Row] = &[
    Row {
        cpu: Cpu::X86_64,
        start: |guest, program, options| match guest.x86_64 {
            Some(abi) => ashore_process::start::<native::Cpu>(program, abi, options),
            None => table::UNSUPPORTED_CPU.because(guest.os.title),
        },
    },
    Row {
        cpu: Cpu::Aarch64,
        start: |guest, program, options| match guest.aarch64 {
            Some(abi) => ashore_process::start::<jit::Cpu<aarch64::Regs>>(program, abi, options),
            None => table::UNSUPPORTED_CPU.because(guest.os.title),
        },
    },
];

/// Every system that runs on some CPU, as it is on that CPU.
pub(crate) fn systems() -> impl Iterator<Item = (Cpu, &'static Os)> {
    GUESTS.iter().flat_map(|guest| all().filter_map(move |cpu| Some((cpu, guest.on(cpu)?))))
}

/// What starts programs of `guest` on `cpu`; the host's CPU first among those a file may be for.
pub(crate) fn starter(cpu: Cpu, guest: &Guest) -> Option<Start> {
    ROWS.iter().find(|row| row.cpu == cpu && guest.on(cpu).is_some()).map(|row| row.start)
}

/// The CPUs, those whose programs are preferred in a file for several first.
pub(crate) fn all() -> impl Iterator<Item = Cpu> {
    ROWS.iter().map(|row| row.cpu)
}
