//! The CPUs whose programs are run, one row each: by which engine.

use ashore_base::Cpu;
use ashore_engine::native;
use ashore_guest::Guest;
use ashore_process::{Options, Program};
use ashore_report::{Report, table};

/// Starts a program of a system; comes back only when that failed.
pub(crate) type Start = fn(&Guest, &Program<'_>, Options) -> Report;

/// A CPU's row.
struct Row {
    cpu: Cpu,
    /// Whether a system's convention on the CPU is known.
    is_known: fn(&Guest) -> bool,
    start: Start,
}

static ROWS: &[Row] = &[Row {
    cpu: Cpu::X86_64,
    is_known: |guest| guest.x86_64.is_some(),
    start: |guest, program, options| match guest.x86_64 {
        Some(abi) => ashore_process::start::<native::Cpu>(program, abi, options),
        None => table::UNSUPPORTED_CPU.because(guest.os.title),
    },
}];

/// What starts programs of `guest` on `cpu`; the host's CPU first among those a file may be for.
pub(crate) fn starter(cpu: Cpu, guest: &Guest) -> Option<Start> {
    ROWS.iter().find(|row| row.cpu == cpu && (row.is_known)(guest)).map(|row| row.start)
}

/// The CPUs, those whose programs are preferred in a file for several first.
pub(crate) fn all() -> impl Iterator<Item = Cpu> {
    ROWS.iter().map(|row| row.cpu)
}
