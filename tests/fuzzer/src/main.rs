//! Mutates inputs of one reader until it panics, hangs, or runs out of memory.
//!
//! `cargo xtask fuzz` is the door for people. This program is two: a supervisor that watches, and a
//! worker (a child process, since a panic of the release build aborts) that mutates and calls. The
//! worker is deterministic for a seed, so that a death without a panic (a full stack, no memory) is
//! found again by running the same seed with every input written down first.
//!
//! There is no coverage instrumentation: the compiler the project is pinned to offers none that
//! works without a nightly one. What a reader answers stands in for it: an input with an answer
//! never seen before joins the corpus.
#![forbid(unsafe_code)]

mod boot;
mod core;
mod corpus;
mod decode;
mod engine;
mod explain;
mod lift;
mod mutate;
mod patch;
mod random;
mod recording;
// The small files the readers' own tests damage by hand.
#[allow(unreachable_pub)]
#[path = "../../../crates/formats/tests/samples/mod.rs"]
mod samples;
mod supervise;
mod table;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

/// What this program was asked to do, as words on its command line.
struct Order {
    verb: String,
    target: String,
    folder: PathBuf,
    seed: u64,
    seconds: u64,
}

fn main() -> ExitCode {
    match order().and_then(|order| obey(&order)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("fuzz: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Reads `VERB TARGET FOLDER SEED SECONDS`; for the verb `replay`, FOLDER is a file.
fn order() -> Result<Order, String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "list") {
        return Ok(Order { verb: "list".into(), target: String::new(), folder: PathBuf::new(), seed: 0, seconds: 0 });
    }
    let [verb, target, folder, seed, seconds] = words.as_slice() else {
        return Err("usage: VERB TARGET FOLDER SEED SECONDS, or list".into());
    };
    Ok(Order {
        verb: verb.clone(),
        target: target.clone(),
        folder: PathBuf::from(folder),
        seed: seed.parse().map_err(|_| format!("{seed} is no seed"))?,
        seconds: seconds.parse().map_err(|_| format!("{seconds} is no number of seconds"))?,
    })
}

fn obey(order: &Order) -> Result<(), String> {
    if order.verb == "list" {
        for target in table::TARGETS {
            println!("{}", target.name);
        }
        return Ok(());
    }
    let known = table::TARGETS.iter().find(|target| target.name == order.target);
    let target = known.ok_or_else(|| format!("no target named {}", order.target))?;
    match order.verb.as_str() {
        "run" => supervise::run(target, order),
        "work" => worker::run(target, order, worker::Record::OnPanic),
        "trace" => worker::run(target, order, worker::Record::EachInput),
        "replay" => worker::replay(target, &order.folder),
        verb => Err(format!("no verb named {verb}")),
    }
}
