//! `cargo xtask guests`: the pinned toolchains, and every test guest built from source.
//!
//! Everything lands in the ignored folder `.guests`: `venv` (the toolchains), caches, `out/<system>-<cpu>/<name>`,
//! `explain/<system>-<cpu>/<name>`, the failing programs that reports are tested with, `bare/<name>`, the images for bare
//! machines, `cpu/<cpu>/<name>`, checks of a CPU's instructions, `boot/<name>`, the programs for `ashore boot`, and `debian/<package>`, what they need of Debian's, with
//! `debian/tree`, programs and libraries for dynamically linked ones (`--tree tree-large` makes a larger one beside it). Stamps make a
//! second run take no time. After the toolchains and packages are there nothing here uses the network.

mod bare;
pub(crate) mod boot;
mod build;
mod corpus;
mod cpu;
pub(crate) mod debian;
mod source;
mod stamp;
mod table;
mod toolchain;
pub(crate) mod trees;
mod wheels;

pub(crate) use table::{SYSTEMS, System, USUAL_CPU};
pub(crate) use toolchain::Toolchain;
pub(crate) use wheels::Wheel;

use crate::args::Args;
use crate::{Failure, Outcome, Repo};
use source::Sources;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::Instant;

/// The task.
pub(crate) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let wanted = args.values("--system")?;
    let force = args.flag("--force");
    let is_only_corpus = args.flag("--corpus");
    let is_only_boot = args.flag("--boot");
    let only_tree = args.value("--tree")?;
    args.finish()?;
    let systems = select(&wanted)?;
    if force {
        for system in &systems {
            stamp::remove(&out_dir(repo, system))?;
        }
    }
    let _lock = lock(repo)?;
    if let Some(name) = only_tree {
        let tree = trees::TREES.iter().find(|tree| tree.name == name);
        let tree = tree.ok_or_else(|| Failure::new(format!("no tree named {name}")))?;
        println!("guests: {}", trees::make(repo, tree)?.display());
        return Ok(());
    }
    let tools = Toolchain::install(repo)?;
    if is_only_boot {
        return boot::make(repo, &tools, force);
    }
    let sources = Sources::find(repo)?;
    for system in systems {
        if !is_only_corpus {
            make(repo, &tools, &sources, system)?;
        }
        corpus::make(repo, &tools, system, force)?;
    }
    if wanted.is_empty() && !is_only_corpus {
        bare::make(repo, &tools, force)?;
        cpu::make(repo, &tools, force)?;
        boot::make(repo, &tools, force)?;
        trees::make(repo, trees::USUAL)?;
    }
    Ok(())
}

/// Where the built guests of `system` are.
pub(crate) fn out_dir(repo: &Repo, system: &System) -> PathBuf {
    repo.guests().join("out").join(format!("{}-{}", system.name, system.cpu))
}

/// The rows named in `wanted`, by a system's name or by that and a CPU's, or every row.
pub(crate) fn select(wanted: &[String]) -> Outcome<Vec<&'static System>> {
    if wanted.is_empty() {
        return Ok(SYSTEMS.iter().collect());
    }
    if let Some(unknown) = wanted.iter().find(|name| SYSTEMS.iter().all(|system| !system.is_named(name))) {
        return Err(Failure::new(format!("no system named {unknown}")));
    }
    Ok(SYSTEMS.iter().filter(|system| wanted.iter().any(|name| system.is_named(name))).collect())
}

/// Waits until nobody else changes `.guests`; the lock ends with the file it gives back.
pub(crate) fn lock(repo: &Repo) -> Outcome<File> {
    let folder = repo.guests();
    fs::create_dir_all(&folder).map_err(|why| Failure::of(folder.display(), why))?;
    let file = File::create(folder.join("lock")).map_err(|why| Failure::of("lock of .guests", why))?;
    file.lock().map_err(|why| Failure::of("lock of .guests", why))?;
    Ok(file)
}

fn make(repo: &Repo, tools: &Toolchain, sources: &Sources, system: &System) -> Outcome {
    let started = Instant::now();
    let out = out_dir(repo, system);
    let fresh = sources.stamp(system);
    if stamp::holds(&out, &fresh) {
        println!("guests: {}-{} is up to date", system.name, system.cpu);
        return Ok(());
    }
    let built = build::all(tools, sources, system, &out)?;
    stamp::write(&out, &fresh, &built)?;
    let (name, cpu, seconds) = (system.name, system.cpu, started.elapsed().as_secs_f64());
    println!("guests: {name}-{cpu}: {} programs in {seconds:.1} s", built.len());
    Ok(())
}
