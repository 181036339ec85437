//! `monitor`: what gdb has no command of its own for.

use super::target::Target;
use gdbstub::outputln;
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd};
use std::convert::Infallible;

type Run = fn(&Target, &mut ConsoleOutput<'_>);

/// The commands: name, what it tells, how.
const COMMANDS: [(&str, &str, Run); 3] = [
    ("help", "this list", help),
    ("mappings", "what is mapped where", mappings),
    ("threads", "the guest's threads, by its numbers and the host's", threads),
];

impl MonitorCmd for Target {
    fn handle_monitor_cmd(&mut self, command: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), Infallible> {
        let asked = command.trim_ascii();
        match COMMANDS.iter().find(|(name, ..)| name.as_bytes() == asked) {
            Some((_, _, run)) => run(self, &mut out),
            None => {
                outputln!(out, "{} is no command of Ashore's:", String::from_utf8_lossy(asked));
                help(self, &mut out);
            }
        }
        Ok(())
    }
}

fn help(_: &Target, out: &mut ConsoleOutput<'_>) {
    for (name, what, _) in COMMANDS {
        outputln!(out, "monitor {name:10} {what}");
    }
}

fn mappings(_: &Target, out: &mut ConsoleOutput<'_>) {
    let own = ashore_sys::host_ranges();
    for line in std::fs::read_to_string("/proc/self/maps").unwrap_or_default().lines() {
        let start = line.split('-').next().and_then(|start| u64::from_str_radix(start, 16).ok());
        let is_own = start.is_some_and(|start| own.iter().any(|range| range.contains(ashore_base::Addr(start))));
        outputln!(out, "{line}{}", if is_own { " [ashore]" } else { "" });
    }
}

fn threads(target: &Target, out: &mut ConsoleOutput<'_>) {
    for thread in target.world.listed() {
        let state = if thread.is_parked { "" } else { " in a call" };
        outputln!(out, "{} thread {} is host thread {}{state}", target.world.os.title, thread.id, thread.host_tid);
    }
}
