//! `cargo xtask conformance`: Go's own package tests, natively on Linux and under Ashore.
//!
//! A test program per package and system is built from the pinned Go's sources, run natively for
//! Linux and through Ashore for the others, and compared test by test. With `--boot` they run on a machine
//! to itself; the peer of that is QEMU's emulation of a process. Results are kept as JSON in
//! `.guests/conformance/results`, so that the page can be written from partial runs; a shard is
//! `--shard I/N`. The page is `docs/conformance.md`.
//!
//! Nothing here judges: a failing test gets its reason from `tests/conformance-reasons.toml`, which
//! a person writes.

mod build;
mod machine;
mod page;
mod parse;
mod reasons;
mod result;
mod run;
mod table;

use crate::args::Args;
use crate::guests::{self, Toolchain};
use crate::{Failure, Outcome, Repo};
use machine::Machine;
use result::{Mode, Results, Status, Store};
use run::Runner;
use std::time::Duration;
use table::{BOOT, QEMU, SYSTEMS, System};

/// A test program that takes longer natively than this is not waited for.
const NATIVE_LIMIT: Duration = Duration::from_secs(900);

/// The limit of a run: how often the native time, how many seconds more, at most what.
const LIMITS: (f64, f64, Duration) = (4.0, 60.0, NATIVE_LIMIT);
const MACHINE_LIMITS: (f64, f64, Duration) = (12.0, 240.0, Duration::from_secs(3600));

/// What a person asked for.
struct Plan {
    pairs: Vec<(&'static str, &'static System)>,
    mode: Mode,
    timeout: Option<Duration>,
    runner: Option<String>,
    only: Option<String>,
    fresh: bool,
    build_only: bool,
    machine: Option<Machine>,
}

/// The task.
pub(crate) fn run(repo: &Repo, mut args: Args) -> Outcome {
    if args.flag("--page") {
        args.finish()?;
        return page::write(repo);
    }
    let mut plan = plan(args)?;
    let lock = guests::lock(repo)?;
    let tools = Toolchain::install(repo)?;
    drop(lock);
    let store = Store::new(repo);
    if plan.build_only {
        return build_all(repo, &tools, &plan);
    }
    if plan.pairs.iter().any(|(_, system)| system.name == BOOT) {
        plan.machine = Some(machine::booted(repo, &tools)?);
    }
    for (package, system) in &plan.pairs {
        let Some(peer) = system.peer else { continue };
        let native = native(repo, &tools, &store, &plan, (package, peer))?;
        let results = foreign(repo, &tools, &plan, &native, system)?;
        println!("{}", line(&results, &native));
        if plan.only.is_none() {
            store.save(&results)?;
            page::write(repo)?;
        } else {
            show(&results);
        }
    }
    Ok(())
}

/// Builds the test programs and runs none: that can be done long before, on a busy machine.
fn build_all(repo: &Repo, tools: &Toolchain, plan: &Plan) -> Outcome {
    for (package, system) in &plan.pairs {
        if let Some(peer) = system.peer {
            build::test_program(repo, tools, peer, package)?;
        }
        build::test_program(repo, tools, system, package)?;
    }
    Ok(())
}

fn plan(mut args: Args) -> Outcome<Plan> {
    let packages = args.values("--package")?;
    let mut systems = args.values("--system")?;
    if args.flag("--boot") {
        systems.push(BOOT.to_owned());
    }
    let shard = args.value("--shard")?.map(|text| shard(&text)).transpose()?;
    let is_short = args.flag("--short") || systems.iter().any(|system| system == BOOT);
    let mode = if is_short { Mode::Short } else { Mode::Full };
    let timeout = args.parsed("--timeout")?.map(Duration::from_secs);
    let runner = args.value("--runner")?;
    let only = args.value("--run")?;
    let fresh = args.flag("--fresh");
    let build_only = args.flag("--build-only");
    args.finish()?;
    let systems = chosen_systems(&systems)?;
    let all: Vec<&str> = systems.iter().flat_map(|system| system.packages.iter().copied()).collect();
    check_names(&all, &packages, "package")?;
    let is_wanted = |package: &&str| packages.is_empty() || packages.iter().any(|wanted| wanted == package);
    let of_system = |system: &'static System| system.packages.iter().map(move |package| (*package, system));
    let pairs = systems.into_iter().flat_map(of_system).filter(|(package, _)| is_wanted(package));
    let (index, count) = shard.unwrap_or((0, 1));
    let pairs = pairs.enumerate().filter(|(at, _)| at % count == index).map(|(_, pair)| pair).collect();
    Ok(Plan { pairs, mode, timeout, runner, only, fresh, build_only, machine: None })
}

/// The systems that `wanted` names; those whose programs run beside the host's when it names none.
fn chosen_systems(wanted: &[String]) -> Outcome<Vec<&'static System>> {
    let names: Vec<&str> = SYSTEMS.iter().map(|system| system.name).collect();
    check_names(&names, wanted, "system")?;
    let is_wanted = |system: &&System| match wanted {
        [] => system.name != BOOT,
        _ => wanted.iter().any(|name| name == system.name),
    };
    Ok(SYSTEMS.iter().filter(is_wanted).collect())
}

/// Fails when `wanted` has a name that `all` has not.
fn check_names(all: &[&str], wanted: &[String], what: &str) -> Outcome {
    match wanted.iter().find(|name| !all.contains(&name.as_str())) {
        Some(unknown) => Err(Failure::new(format!("no {what} named {unknown}; there are: {}", all.join(", ")))),
        None => Ok(()),
    }
}

/// `I/N` with I from one to N, as an index from zero and a count.
fn shard(text: &str) -> Outcome<(usize, usize)> {
    let read = |(index, count): (&str, &str)| Some((index.parse::<usize>().ok()?, count.parse::<usize>().ok()?));
    match text.split_once('/').and_then(read) {
        Some((index, count)) if (1..=count).contains(&index) => Ok((index - 1, count)),
        _ => Err(Failure::new(format!("--shard wants I/N, not {text}"))),
    }
}

/// The results of a package at the peer: kept ones unless a fresh run is asked for.
fn native(
    repo: &Repo,
    tools: &Toolchain,
    store: &Store,
    plan: &Plan,
    (package, peer): (&str, &System),
) -> Outcome<Results> {
    let kept = store.load(peer.name, package).filter(|results| results.mode == plan.mode && !plan.fresh);
    if let Some(results) = kept {
        return Ok(results);
    }
    let binary = build::test_program(repo, tools, peer, package)?;
    let machine = (peer == QEMU).then_some(Machine::Emulator);
    let limit = NATIVE_LIMIT;
    let runner = Runner { repo, tools, command: Vec::new(), shim: None, machine, limit, mode: plan.mode, only: None };
    let results = runner.run(peer, package, &binary, &[])?;
    println!("{} {package}: {} passed, {} failed", peer.name, results.count(Status::Passed), results.failed());
    store.save(&results)?;
    Ok(results)
}

fn foreign(repo: &Repo, tools: &Toolchain, plan: &Plan, native: &Results, system: &System) -> Outcome<Results> {
    let binary = build::test_program(repo, tools, system, &native.package)?;
    let command = match &plan.runner {
        Some(words) => words.split_whitespace().map(str::to_owned).collect(),
        None if !repo.ashore().is_file() => {
            let missing = repo.ashore();
            return Err(Failure::new(format!("{} is missing: cargo build --release", missing.display())));
        }
        None => vec![repo.ashore().to_string_lossy().into_owned(), "run".to_owned()],
    };
    let is_machine = system.name == BOOT;
    let machine = plan.machine.clone().filter(|_| is_machine);
    let shim = (plan.runner.is_none() && !is_machine).then(|| repo.ashore());
    // Enough on a busy machine, and a hang is found soon; a machine is emulated with all that is in it.
    let (times, more, most) = if is_machine { MACHINE_LIMITS } else { LIMITS };
    let fair = Duration::from_secs_f64(native.seconds * times + more).min(most);
    let limit = plan.timeout.unwrap_or(fair);
    let runner = Runner { repo, tools, command, shim, machine, limit, mode: plan.mode, only: plan.only.clone() };
    let expected: Vec<&str> = native.tests.keys().map(String::as_str).collect();
    runner.run(system, &native.package, &binary, &expected)
}

fn line(results: &Results, native: &Results) -> String {
    let compared = results.against(native);
    format!(
        "{} {}: {} passed, {} failed, {} skipped; {} of {} that pass natively ({:.1} s, natively {:.1} s)",
        results.system,
        results.package,
        results.count(Status::Passed),
        results.failed(),
        results.count(Status::Skipped),
        compared.passed,
        compared.wanted,
        results.seconds,
        native.seconds
    )
}

/// Prints what a chosen test wrote: with `--run` a person is looking for the cause.
fn show(results: &Results) {
    for (name, test) in &results.tests {
        println!("--- {}: {name}\n{}", test.status.name(), test.output);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_all_pairs_and_overlap_nowhere() {
        let pairs = |text: &str| plan(Args::new(text.split_whitespace().map(str::to_owned))).unwrap().pairs;
        let all = pairs("");
        let mut joined = [pairs("--shard 1/3"), pairs("--shard 2/3"), pairs("--shard 3/3")].concat();
        assert_eq!(joined.len(), all.len());
        joined.sort_unstable();
        joined.dedup();
        assert_eq!(joined.len(), all.len());
        assert!(shard("0/3").is_err());
        assert!(shard("4/3").is_err());
        assert!(all.iter().all(|(_, system)| system.name != BOOT));
        assert!(pairs("--boot --package net").iter().all(|(package, system)| *package == "net" && system.name == BOOT));
    }
}
