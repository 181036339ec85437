//! `cargo xtask soak engine`: real programs for arm64, translated: each so many times one after the other, then side by side.
//!
//! A row is a script in `tests/soak`, which runs in an empty folder and ends with an error when anything is not as it must be.

use super::table::{self, ROWS, Row};
use crate::args::Args;
use crate::guests::{self, Toolchain};
use crate::{Failure, Outcome, Repo, shell};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often each is run, and how many side by side, when nobody says.
const ROUNDS: usize = 20;
const COPIES: usize = 4;

/// What one run may take: what hangs must not keep the rest from running.
const LIMIT: Duration = Duration::from_secs(1800);
const POLL: Duration = Duration::from_millis(20);

/// What all scripts are told.
struct Place {
    folder: PathBuf,
    variables: Vec<(&'static str, String)>,
}

/// Does it.
pub(super) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let rounds = args.parsed("--rounds")?.unwrap_or(ROUNDS);
    let copies = args.parsed("--copies")?.unwrap_or(COPIES);
    let named_tree = args.value("--tree")?.map(PathBuf::from);
    let wanted = args.names(&ROWS.iter().map(|row| row.name).collect::<Vec<_>>())?;
    args.finish()?;
    shell::run(shell::cargo().current_dir(repo.root()).args(["build", "--quiet", "--release", "--package", "ashore"]))?;
    let rows: Vec<&Row> =
        ROWS.iter().filter(|row| wanted.is_empty() || wanted.iter().any(|name| name == row.name)).collect();
    let place = prepare(repo, &rows, named_tree)?;
    let mut failed = Vec::new();
    for row in rows {
        let started = Instant::now();
        let alone = (0..rounds).filter(|_| !together(&place, repo, row, 1)).count();
        let beside = if copies > 1 { usize::from(!together(&place, repo, row, copies)) } else { 0 };
        let took = started.elapsed().as_secs_f64();
        println!(
            "soak: {:<8} {rounds} runs, {alone} failed; {copies} side by side, {beside} failed; {took:.0} s",
            row.name
        );
        if alone + beside > 0 {
            failed.push(row.name);
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => {
            Err(Failure::new(format!("failed: {}; what they said is in {}", failed.join(", "), place.folder.display())))
        }
    }
}

/// The tree, the packages, the web server, and where everything is.
fn prepare(repo: &Repo, rows: &[&Row], named_tree: Option<PathBuf>) -> Outcome<Place> {
    let _lock = guests::lock(repo)?;
    let tools = Toolchain::install(repo)?;
    let folder = repo.guests().join("soak");
    fs::create_dir_all(&folder).map_err(|why| Failure::of(folder.display(), why))?;
    let tree = match named_tree {
        Some(tree) => tree,
        None => guests::trees::make(repo, guests::trees::LARGE)?,
    };
    let text = |path: &Path| path.display().to_string();
    let files = repo.path("tests/soak");
    let mut variables = vec![
        ("RUN", format!("{} run -L {}", repo.ashore().display(), tree.display())),
        ("TREE", text(&tree)),
        ("FILES", text(&files)),
        ("XDG_CACHE_HOME", text(&folder.join("cache"))),
        ("GO_HERE", text(tools.goroot())),
        ("ZIG_HERE", format!("{} -m ziglang", text(&tools.python()))),
    ];
    for wheel in rows.iter().filter_map(|row| row.wheel) {
        variables.push((table::variable(wheel), text(&wheel.program(&tools, "aarch64", &folder)?)));
    }
    if rows.iter().any(|row| row.name == "web") {
        let web = folder.join("web");
        let mut go = tools.go_on("linux", "arm64");
        go.env("GO111MODULE", "off").env("GOFLAGS", "").args(["build", "-trimpath", "-o"]);
        shell::run(go.arg(&web).arg(files.join("web.go")))?;
        variables.push(("WEB", text(&web)));
    }
    Ok(Place { folder, variables })
}

/// Runs so many copies of a row's script at once; gives whether all of them ended well.
fn together(place: &Place, repo: &Repo, row: &Row, copies: usize) -> bool {
    let begun: Vec<Option<Child>> = (0..copies).map(|copy| begin(place, repo, row, copy).ok()).collect();
    let limit = Instant::now() + LIMIT;
    let ended: Vec<bool> = begun.into_iter().map(|child| child.is_some_and(|child| is_well(child, limit))).collect();
    ended.into_iter().all(|well| well)
}

fn begin(place: &Place, repo: &Repo, row: &Row, copy: usize) -> std::io::Result<Child> {
    let folder = place.folder.join(format!("{}-{copy}", row.name));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    // Beside the folder, which the script may count the files of.
    let said = fs::File::create(place.folder.join(format!("{}-{copy}.said", row.name)))?;
    let mut command = Command::new("sh");
    command.arg(repo.path(format!("tests/soak/{}.sh", row.name))).current_dir(&folder);
    command.envs(place.variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stderr(said.try_clone()?).stdout(said).spawn()
}

/// Waits for a script's end.
fn is_well(mut child: Child, limit: Instant) -> bool {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < limit => std::thread::sleep(POLL),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}
