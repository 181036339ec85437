//! The inputs a fuzz run starts from: committed ones, and small programs for many systems.

use crate::guests::{self, SYSTEMS, Toolchain};
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::path::{Path, PathBuf};

/// A program as small as programs are.
const TINY: &str = "int main(void) { return 42; }\n";

/// The same without a C library.
const BARE: &str = "void _start(void) { for (;;) {} }\n";

/// What an object file has for a linker: names, places in sections, and jumps that the assembler wrote.
const PARTS: &str = "__attribute__((noinline, used)) static int in(int n) { return n * 3; }
__attribute__((noinline)) int out(int n) { return in(n) + 1; }
int far(int n); int (*table[])(int) = { in, out, far };
int all(int n) { return in(n) + out(n) + far(n) + table[n & 1](n); }
";

/// A small program: its name, the target, the source, further options.
type Small = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// Programs of a few kilobytes for every format. Most have no library: the toolchain would have to
/// build one first, which takes minutes.
const SMALL: &[Small] = &[
    ("bare", "x86_64-freestanding", BARE, &["-nostdlib"]),
    ("bare-pie", "x86_64-freestanding", BARE, &["-nostdlib", "-fPIE", "-pie"]),
    ("bare-arm", "aarch64-freestanding", BARE, &["-nostdlib"]),
    ("linux-static", "x86_64-linux-musl", TINY, &["-static"]),
    ("linux-lines", "x86_64-linux-musl", TINY, &["-static", "-g"]),
    ("object", "x86_64-linux-musl", PARTS, &["-c", "-O1"]),
    ("object-sections", "x86_64-linux-musl", PARTS, &["-c", "-O1", "-ffunction-sections", "-fPIC"]),
    ("object-arm", "aarch64-linux-musl", PARTS, &["-c", "-O1"]),
    ("object-riscv", "riscv64-linux-musl", PARTS, &["-c", "-O1"]),
    ("macos", "x86_64-macos", TINY, &["-nostdlib", "-lSystem"]),
    ("macos-arm", "aarch64-macos", TINY, &["-nostdlib", "-lSystem"]),
];

/// The largest built guest that joins the inputs: large programs make each case slow.
const MOST_BYTES: u64 = 4 << 20;

/// The folder of inputs for a target, filled anew.
pub(super) fn folder(repo: &Repo, target: &str) -> Outcome<PathBuf> {
    let folder = repo.guests().join("fuzz").join(target);
    fs::create_dir_all(&folder).map_err(|why| Failure::of(folder.display(), why))?;
    for path in files(&repo.path("tests/fuzz").join(target)) {
        copy(&path, &folder)?;
    }
    for path in small_programs(repo)? {
        copy(&path, &folder)?;
    }
    for system in SYSTEMS {
        let hello = guests::out_dir(repo, system).join("hello");
        if fs::metadata(&hello).is_ok_and(|data| data.len() <= MOST_BYTES) {
            let to = folder.join(format!("hello-{}-{}", system.name, system.cpu));
            fs::copy(&hello, &to).map_err(|why| Failure::of(to.display(), why))?;
        }
    }
    Ok(folder)
}

/// Builds the small programs once. One the toolchain cannot build is left out, with a word.
fn small_programs(repo: &Repo) -> Outcome<Vec<PathBuf>> {
    let folder = repo.guests().join("fuzz/small");
    let done = folder.with_extension(format!("{}.done", SMALL.len()));
    if done.is_file() {
        return Ok(files(&folder));
    }
    fs::create_dir_all(&folder).map_err(|why| Failure::of(folder.display(), why))?;
    let _lock = guests::lock(repo)?;
    let tools = Toolchain::install(repo)?;
    for (name, target, source, options) in SMALL {
        let file = folder.join(format!("{name}.c"));
        fs::write(&file, source).map_err(|why| Failure::of(file.display(), why))?;
        let mut command = tools.zig();
        command.args(["cc", "-Os", "-target", target, "-o"]).arg(folder.join(name)).args(*options).arg(&file);
        if let Err(why) = shell::output(&mut command) {
            println!("fuzz: no small program {name}: {why}");
        }
        let _ = fs::remove_file(file);
    }
    fs::write(&done, "").map_err(|why| Failure::of(done.display(), why))?;
    Ok(files(&folder))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect()
}

fn copy(file: &Path, folder: &Path) -> Outcome {
    let name = file.file_name().unwrap_or_default();
    fs::copy(file, folder.join(name)).map_err(|why| Failure::of(file.display(), why))?;
    Ok(())
}
