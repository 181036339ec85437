//! Go's own toolchain, built for a guest system and run under Ashore: what it compiles must be what the
//! native toolchain compiles, byte for byte.

mod boot;

use crate::args::Args;
use crate::guests::Toolchain;
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The tools a build runs, besides the `go` command itself.
const TOOLS: &[&str] = &["compile", "asm", "link"];

/// The program that is compiled: `net/http` draws most of the standard library in.
const PROGRAM: &str = "http";

/// Runs the task.
pub(crate) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let system = args.value("--system")?.unwrap_or_else(|| "dragonfly".to_owned());
    args.finish()?;
    let tools = Toolchain::install(repo)?;
    if system == boot::NAME {
        return boot::run(repo, &tools);
    }
    let ashore = repo.ashore();
    if !ashore.is_file() {
        return Err(Failure::new(format!("{} is missing: cargo build --release", ashore.display())));
    }
    let folder = repo.guests().join("selfbuild").join(&system);
    let root = guest_root(&tools, &system, &folder)?;
    let source = repo.root().join("tests/guest/go");
    let native = folder.join("native");
    let guest = folder.join("guest");
    for made in [&native, &guest] {
        let _ = fs::remove_file(made);
    }
    let cache = folder.join("cache");
    let _ = fs::remove_dir_all(&cache);
    let begun = Instant::now();
    shell::run(build(&mut tools.go(&system), &source, &native, &folder.join("native-cache")))?;
    let native_took = begun.elapsed();
    let begun = Instant::now();
    let mut command = Command::new(&ashore);
    command.args(["run", "--os", &system]).arg(root.join("bin/go"));
    command.env("GOROOT", &root).env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "local").env("GOPROXY", "off");
    command.env("GOFLAGS", "").env("GOPATH", folder.join("gopath")).env_remove("GOOS").env_remove("GOARCH");
    shell::run(build(&mut command, &source, &guest, &cache))?;
    let took = begun.elapsed();
    let [native_bytes, guest_bytes] = [&native, &guest].map(fs::read);
    let native_bytes = native_bytes.map_err(|why| Failure::of(native.display(), why))?;
    let guest_bytes = guest_bytes.map_err(|why| Failure::of(guest.display(), why))?;
    if native_bytes != guest_bytes {
        let at = native_bytes.iter().zip(&guest_bytes).position(|(a, b)| a != b);
        return Err(Failure::new(format!("the results differ, first at byte {at:?}")));
    }
    println!(
        "selfbuild: {system}: the guest's toolchain built {PROGRAM} in {:.1} s (native {:.1} s): {} bytes, identical",
        took.as_secs_f64(),
        native_took.as_secs_f64(),
        guest_bytes.len()
    );
    Ok(())
}

/// The same build, whoever runs it.
fn build<'a>(command: &'a mut Command, source: &Path, to: &Path, cache: &Path) -> &'a mut Command {
    command.current_dir(source).env("GOCACHE", cache).env("GOMAXPROCS", "2");
    command.args(["build", "-trimpath", "-p", "2", "-o"]).arg(to).arg(format!("./{PROGRAM}"))
}

/// A Go installation whose programs are the guest system's, its sources linked to the pinned one's files.
fn guest_root(tools: &Toolchain, system: &str, folder: &Path) -> Outcome<PathBuf> {
    let root = folder.join("go");
    let tool_folder = root.join("pkg/tool").join(format!("{system}_amd64"));
    let stamp = folder.join("made");
    if fs::read_to_string(&stamp).ok().as_deref() == Some(tools.go_version()) {
        return Ok(root);
    }
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&tool_folder).map_err(|why| Failure::of(tool_folder.display(), why))?;
    for part in ["src", "pkg/include", "lib", "VERSION", "go.env"] {
        let from = tools.goroot().join(part);
        if from.exists() {
            // Hard links where the file system allows them: `go` refuses sources behind symbolic ones.
            let to = root.join(part);
            let linked = Command::new("cp").arg("-al").arg(&from).arg(&to).status();
            if !linked.is_ok_and(|status| status.success()) {
                shell::run(Command::new("cp").arg("-a").arg(&from).arg(&to))?;
            }
        }
    }
    println!("selfbuild: building Go's tools for {system}");
    let targets = TOOLS
        .iter()
        .map(|tool| (*tool, tool_folder.join(tool)))
        .chain([("go", root.join("bin/go")), ("gofmt", root.join("bin/gofmt"))]);
    for (tool, to) in targets {
        let mut go = tools.go(system);
        go.current_dir(tools.goroot().join("src")).env("GOFLAGS", "");
        shell::run(go.args(["build", "-trimpath", "-p", "2", "-o"]).arg(&to).arg(format!("cmd/{tool}")))?;
    }
    fs::write(&stamp, tools.go_version()).map_err(|why| Failure::of(stamp.display(), why))?;
    Ok(root)
}
