//! `ashore platforms`: what runs, from the tables.

use super::switch;
use crate::cpus;
use ashore_base::Cpu;
use ashore_guest::{Os, Support};
use clap::{ArgMatches, Command};
use serde_json::json;

pub(crate) fn options(command: Command) -> Command {
    command.arg(switch("json", "As JSON")).arg(switch("calls", "List every call that is not answered in full"))
}

/// How many calls of a system are answered how.
struct Count {
    full: usize,
    partial: usize,
    stub: usize,
    missing: usize,
}

fn count(os: &Os) -> Count {
    let of = |is: fn(&Support) -> bool| os.calls.iter().filter(|row| is(&row.support)).count();
    Count {
        full: of(|s| *s == Support::Full),
        partial: of(|s| matches!(s, Support::Partial(_))),
        stub: of(|s| matches!(s, Support::Stub(_))),
        missing: of(|s| *s == Support::Missing),
    }
}

pub(crate) fn run(matches: &ArgMatches) -> u8 {
    if matches.get_flag("json") {
        let rows: Vec<_> = cpus::systems().map(|(cpu, os)| as_json(cpu, os)).collect();
        println!("{}", json!(rows));
        return 0;
    }
    println!(
        "{:<16} {:<6} {:<8} {:>5} {:>8} {:>5} {:>8}",
        "system", "cpu", "state", "full", "partial", "stub", "missing"
    );
    for (cpu, os) in cpus::systems() {
        let Count { full, partial, stub, missing } = count(os);
        println!("{:<16} {:<6} {:<8} {full:>5} {partial:>8} {stub:>5} {missing:>8}", os.title, cpu.name(), "runs");
    }
    println!("\nThe numbers count system calls. Programs must be static; `ashore inspect FILE` says what a file is.");
    if matches.get_flag("calls") {
        list_calls();
    }
    0
}

fn list_calls() {
    for (cpu, os) in cpus::systems() {
        println!("\n{} on {cpu}:", os.title);
        for row in os.calls {
            match row.support {
                Support::Full => {}
                Support::Partial(note) => println!("  {:>4} {}: except {note}", row.number, row.name()),
                Support::Stub(note) => println!("  {:>4} {}: does nothing: {note}", row.number, row.name()),
                Support::Missing => println!("  {:>4} {}: missing", row.number, row.name()),
            }
        }
    }
}

fn as_json(cpu: Cpu, os: &Os) -> serde_json::Value {
    let Count { full, partial, stub, missing } = count(os);
    json!({
        "system": os.name, "cpu": cpu.name(), "state": "runs",
        "calls": { "full": full, "partial": partial, "stub": stub, "missing": missing },
    })
}
