//! `cargo xtask conformance`: Go's own package tests, natively on Linux and under Ashore.
//!
//! A test program per package and system is built from the pinned Go's sources, run natively for
//! Linux and through Ashore for the others, and compared test by test. Results are kept as JSON in
//! `.guests/conformance/results`, so that the page can be written from partial runs; a shard is
//! `--shard I/N`. The page is `docs/conformance.md`.
//!
//! Nothing here judges: a failing test gets its reason from `tests/conformance-reasons.toml`, which
//! a person writes.

mod build;
mod page;
mod parse;
mod reasons;
mod result;
mod run;
mod table;

use crate::args::Args;
use crate::guests::{self, Toolchain};
use crate::{Failure, Outcome, Repo};
use result::{Mode, Results, Status, Store};
use run::Runner;
use std::time::Duration;
use table::{NATIVE, SYSTEMS, System};

/// A test program that takes longer natively than this is not waited for.
const NATIVE_LIMIT: Duration = Duration::from_secs(900);

/// What a person asked for.
struct Plan {
    pairs: Vec<(&'static str, &'static System)>,
    mode: Mode,
    timeout: Option<Duration>,
    runner: Option<String>,
    only: Option<String>,
    fresh: bool,
    build_only: bool,
}

/// The task.
pub(crate) fn run(repo: &Repo, mut args: Args) -> Outcome {
    if args.flag("--page") {
        args.finish()?;
        return page::write(repo);
    }
    let plan = plan(args)?;
    let lock = guests::lock(repo)?;
    let tools = Toolchain::install(repo)?;
    drop(lock);
    let store = Store::new(repo);
    if plan.build_only {
        return build_all(repo, &tools, &plan);
    }
    for (package, system) in &plan.pairs {
        let native = native(repo, &tools, &store, &plan, package)?;
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
        build::test_program(repo, tools, NATIVE, package)?;
        build::test_program(repo, tools, system, package)?;
    }
    Ok(())
}

fn plan(mut args: Args) -> Outcome<Plan> {
    let packages = args.values("--package")?;
    let systems = args.values("--system")?;
    let shard = args.value("--shard")?.map(|text| shard(&text)).transpose()?;
    let mode = if args.flag("--short") { Mode::Short } else { Mode::Full };
    let timeout = args.parsed("--timeout")?.map(Duration::from_secs);
    let runner = args.value("--runner")?;
    let only = args.value("--run")?;
    let fresh = args.flag("--fresh");
    let build_only = args.flag("--build-only");
    args.finish()?;
    let packages = chosen(table::PACKAGES, &packages, "package")?;
    let names: Vec<&str> = SYSTEMS.iter().map(|system| system.name).collect();
    let chosen_names = chosen(&names, &systems, "system")?;
    let systems = SYSTEMS.iter().filter(|system| chosen_names.contains(&system.name));
    let pairs = packages.iter().flat_map(|package| systems.clone().map(|system| (*package, system)));
    let (index, count) = shard.unwrap_or((0, 1));
    let pairs = pairs.enumerate().filter(|(at, _)| at % count == index).map(|(_, pair)| pair).collect();
    Ok(Plan { pairs, mode, timeout, runner, only, fresh, build_only })
}

/// The members of `all` that `wanted` names, or all of them.
fn chosen(all: &[&'static str], wanted: &[String], what: &str) -> Outcome<Vec<&'static str>> {
    if let Some(unknown) = wanted.iter().find(|name| !all.contains(&name.as_str())) {
        return Err(Failure::new(format!("no {what} named {unknown}; there are: {}", all.join(", "))));
    }
    Ok(all.iter().filter(|name| wanted.is_empty() || wanted.iter().any(|w| w == *name)).copied().collect())
}

/// `I/N` with I from one to N, as an index from zero and a count.
fn shard(text: &str) -> Outcome<(usize, usize)> {
    let read = |(index, count): (&str, &str)| Some((index.parse::<usize>().ok()?, count.parse::<usize>().ok()?));
    match text.split_once('/').and_then(read) {
        Some((index, count)) if (1..=count).contains(&index) => Ok((index - 1, count)),
        _ => Err(Failure::new(format!("--shard wants I/N, not {text}"))),
    }
}

/// The native results of a package: kept ones unless a fresh run is asked for.
fn native(repo: &Repo, tools: &Toolchain, store: &Store, plan: &Plan, package: &str) -> Outcome<Results> {
    let kept = store.load(NATIVE.name, package).filter(|results| results.mode == plan.mode && !plan.fresh);
    if let Some(results) = kept {
        return Ok(results);
    }
    let binary = build::test_program(repo, tools, NATIVE, package)?;
    let runner = Runner { tools, command: Vec::new(), shim: None, limit: NATIVE_LIMIT, mode: plan.mode, only: None };
    let results = runner.run(NATIVE, package, &binary, &[])?;
    println!("{} {package}: {} passed, {} failed", NATIVE.name, results.count(Status::Passed), results.failed());
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
    let shim = plan.runner.is_none().then(|| repo.ashore());
    // Four times the native time and a minute: enough on a busy machine, and a hang is found soon.
    let fair = Duration::from_secs_f64(native.seconds * 4.0 + 60.0).min(NATIVE_LIMIT);
    let limit = plan.timeout.unwrap_or(fair);
    let runner = Runner { tools, command, shim, limit, mode: plan.mode, only: plan.only.clone() };
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
    }
}
