//! `cargo xtask boot`: the cases of `ashore boot` under Debian's kernel, on the machine that ours runs on.
//!
//! What a case expects is what Linux does: this is where that is found out (`--write`) and held to.

use crate::args::Args;
use crate::{Failure, Outcome, Repo, guests, machine, shell};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The list of cases, and the folder of what they print.
const CASES: &str = "tests/boot/cases.toml";
const EXPECTED: &str = "tests/boot/expected";

/// All cases together take less.
const LIMIT: Duration = Duration::from_secs(1800);

/// What the first program prints around a case's output.
const BEGIN: &str = "== begin ";
const END: &str = "== end ";
const DONE: &str = "== done";

/// How a shell tells of a signal.
const SIGNALLED: i32 = 128;

/// What makes a Linux machine of a kernel and a folder of programs.
const SETUP: &str = "#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp
mkdir -p /dev/pts /dev/shm /run; mount -t devpts pts /dev/pts; mount -t tmpfs run /run
ln -s /proc/self/fd /dev/fd; ip link set lo up
cd /
";

struct Case {
    name: String,
    run: Vec<String>,
    files: Vec<String>,
    status: i32,
    signal: Option<i32>,
}

impl Case {
    /// Every case of the list.
    fn all(repo: &Repo) -> Outcome<Vec<Case>> {
        let text = fs::read_to_string(repo.path(CASES)).map_err(|why| Failure::of(CASES, why))?;
        let table: toml::Table = text.parse().map_err(|why| Failure::of(CASES, why))?;
        let list = table.get("case").and_then(|list| list.as_array()).into_iter().flatten();
        Ok(list.filter_map(|case| Some(Case::of(case.as_table()?))).collect())
    }

    fn of(table: &toml::Table) -> Case {
        let words = |key: &str| {
            let list = table.get(key).and_then(|list| list.as_array()).into_iter().flatten();
            list.filter_map(|word| Some(word.as_str()?.to_owned())).collect()
        };
        let number = |key: &str| table.get(key)?.as_integer()?.try_into().ok();
        let name = table.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
        let status = number("status").unwrap_or(0);
        Case { name, run: words("run"), files: words("files"), status, signal: number("signal") }
    }
}

/// The task.
pub(crate) fn run(repo: &Repo, mut args: Args) -> Outcome {
    let only = args.value("--only")?;
    let cpus = args.value("--cpus")?.unwrap_or_else(|| "1".to_owned());
    let is_writing = args.flag("--write");
    args.finish()?;
    let is_wanted = |case: &Case| only.as_ref().is_none_or(|only| case.name == *only);
    let cases: Vec<Case> = Case::all(repo)?.into_iter().filter(is_wanted).collect();
    machine::build(repo)?;
    let root = tree(repo, &cases)?;
    let mut command = machine::boot(repo, &machine::debian_kernel(repo)?);
    command.args(["--emulator=-append", "--emulator=quiet", "--memory", "1G", "--cpus", &cpus]);
    let done = shell::limited(command.arg("--root").arg(&root).arg("/bin/busybox"), LIMIT)?;
    let text = String::from_utf8_lossy(&done.text).replace('\r', "");
    if !text.contains(DONE) {
        return Err(Failure::new(format!("Debian's kernel did not come to the end of the cases:\n{text}")));
    }
    let mut wrong = 0;
    for case in &cases {
        let printed = section(&text, case);
        let is_good = match &printed {
            Some((printed, status)) => judge(repo, case, is_writing, (printed, *status))?,
            None => false,
        };
        println!("{}: {}", case.name, if is_good { "as expected" } else { "NOT as expected" });
        if !is_good {
            wrong += 1;
            println!(
                "{}",
                printed.map_or("it did not run".to_owned(), |(text, status)| format!("{text}status {status}"))
            );
        }
    }
    if wrong == 0 { Ok(()) } else { Err(Failure::new(format!("{wrong} cases differ under Linux"))) }
}

/// The tree of files that the cases find, and the script that runs them.
fn tree(repo: &Repo, cases: &[Case]) -> Outcome<PathBuf> {
    let root = repo.guests().join("boot-linux");
    let _ = fs::remove_dir_all(&root);
    for folder in ["bin", "proc", "sys", "dev", "tmp", "run"] {
        fs::create_dir_all(root.join(folder)).map_err(|why| Failure::of(root.display(), why))?;
    }
    let copy = |from: &Path, to: &Path| {
        fs::copy(from, to).map_err(|why| Failure::new(format!("{}: {why} (cargo xtask guests)", from.display())))
    };
    let programs = guests::boot::out_dir(repo);
    copy(&programs.join("busybox"), &root.join("bin/busybox"))?;
    let mut script = SETUP.to_owned();
    for case in cases {
        let Some(program) = case.run.first() else { continue };
        copy(&programs.join(program), &root.join(program))?;
        for file in &case.files {
            let (host, guest) =
                file.split_once(":/").ok_or_else(|| Failure::new(format!("{file} is no HOST:GUEST")))?;
            let to = root.join(guest);
            fs::create_dir_all(to.parent().unwrap_or(&root)).map_err(|why| Failure::of(to.display(), why))?;
            copy(&repo.path(host), &to)?;
        }
        let words: Vec<String> = case.run.iter().skip(1).map(|word| format!("'{word}'")).collect();
        let name = &case.name;
        let _ =
            writeln!(script, "BOOT_X=1 /{program} {} </dev/null >/run/out 2>/run/errors; status=$?", words.join(" "));
        let _ = writeln!(script, "echo '{BEGIN}{name}'; cat /run/out; echo \"{END}{name} $status\"");
    }
    let _ = writeln!(script, "echo '{DONE}'; poweroff -f");
    let init = root.join("init");
    fs::write(&init, script).map_err(|why| Failure::of(init.display(), why))?;
    fs::set_permissions(&init, fs::Permissions::from_mode(0o755)).map_err(|why| Failure::of(init.display(), why))?;
    Ok(root)
}

/// What a case printed, and the status the shell saw.
fn section(text: &str, case: &Case) -> Option<(String, i32)> {
    let (_, rest) = text.split_once(&format!("{BEGIN}{}\n", case.name))?;
    let (printed, rest) = rest.split_once(&format!("{END}{} ", case.name))?;
    let status = rest.lines().next()?.trim().parse().ok()?;
    Some((printed.to_owned(), status))
}

/// Whether a case did what is expected; what it printed may become that.
fn judge(repo: &Repo, case: &Case, is_writing: bool, (printed, status): (&str, i32)) -> Outcome<bool> {
    let path = repo.path(EXPECTED).join(format!("{}.txt", case.name));
    let wanted = case.signal.map_or(case.status, |signal| SIGNALLED + signal);
    if is_writing {
        fs::write(&path, printed).map_err(|why| Failure::of(path.display(), why))?;
    }
    Ok(status == wanted && fs::read_to_string(&path).unwrap_or_default() == printed)
}
