//! How a machine ended, and that as the end of this command.

use super::console::Stopped;
use super::core::Cores;
use super::machine::{KERNEL_AT, Machine};
use ashore_base::Mailbox;
use ashore_pivot::Signal;
use ashore_report::{Report, table};
use std::os::fd::AsRawFd;

/// Ends as the program did; comes back with its exit status, or with a report when there is none.
pub(super) fn of(machine: &Machine, stopped: Option<Stopped>, cores: Option<&Cores>) -> Result<u8, Report> {
    let status = machine.wait();
    // An emulator that did not come far has not made its memory yet.
    let len = machine.memory.metadata().map_or(0, |meta| meta.len().min(machine.memory_len));
    let memory = ashore_sys::file_bytes(machine.memory.as_raw_fd(), len as usize);
    let memory = memory.unwrap_or_default();
    let mailbox = Mailbox::of_image(memory, KERNEL_AT);
    if let (Some(cores), Some(mailbox)) = (cores, &mailbox) {
        cores.write(memory, mailbox);
    }
    match mailbox.as_ref().map(|mailbox| (mailbox.ending, mailbox.status)) {
        Some((Mailbox::EXITED, status)) => return Ok(status as u8),
        Some((Mailbox::KILLED, number)) => {
            let signal = Signal::new(number).unwrap_or(Signal::KILL);
            ashore_sys::die_of(signal);
        }
        Some((Mailbox::PANICKED, _)) => {
            let report = mailbox.as_ref().and_then(|mailbox| mailbox.report(memory)).unwrap_or_default();
            // The rest of it was on the console.
            let report = String::from_utf8_lossy(report);
            let first = report.lines().map(str::trim).find(|line| !line.is_empty());
            return Err(table::KERNEL_PANIC.because(first.unwrap_or("it left no report")));
        }
        _ => {}
    }
    match stopped {
        Some(Stopped::Signal(signal)) => ashore_sys::die_of(signal),
        Some(Stopped::Unread) => ashore_sys::die_of(Signal::PIPE),
        Some(Stopped::Escape) => Err(table::MACHINE_STOPPED.because("by Ctrl-A x")),
        Some(Stopped::Silent(limit)) => {
            let reason = format!("it showed no sign of life for {} s (--watchdog)", limit.as_secs_f64());
            Err(table::KERNEL_PANIC.because(reason))
        }
        Some(Stopped::Timeout(limit)) => {
            Err(table::MACHINE_STOPPED.because(format!("it had not ended after {} s (--timeout)", limit.as_secs_f64())))
        }
        None => {
            let reason = match status {
                Some(status) => format!("the emulator: {status}"),
                None => "the emulator is gone".to_owned(),
            };
            let said = machine.said();
            let lines = said.lines().filter(|line| !line.trim().is_empty());
            Err(lines.fold(table::MACHINE_FAILED.because(reason), |report, line| report.note(line)))
        }
    }
}
