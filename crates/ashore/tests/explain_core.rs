//! `ashore explain --core`: says of a core file what was said when the process died, of cores of every system and of those
//! that a debugger wrote, and survives damage.

mod common;

use common::{SYSTEMS, built_for, folder, guest, has_in_order};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn ashore() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.env("GOTRACEBACK", "crash").env("XDG_STATE_HOME", folder_of_state());
    command
}

fn folder_of_state() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("explain-core-state")
}

/// Runs a guest that leaves a core file; what was said of its end.
fn die(core: &Path, program: &Path, args: &[&str]) -> String {
    let output = ashore().args(["run", "--core"]).arg(core).arg(program).args(args).output().unwrap();
    assert!(core.is_file(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = said.lines().find(|line| line.starts_with("ashore: ") && line.contains(" died of "));
    line.unwrap_or_else(|| panic!("no first line in {said}")).to_owned()
}

fn explain(core: &Path, more: &[&str]) -> Output {
    ashore().args(["explain", "--core"]).arg(core).args(more).output().unwrap()
}

fn told(core: &Path) -> String {
    let output = explain(core, &[]);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_core_file_tells_what_the_run_told() {
    let folder = folder("same");
    for system in SYSTEMS {
        for (name, args) in [("dies", &["one"][..]), ("dies", &["abort"]), ("diesgo", &[])] {
            let core = folder.join(format!("{system}-{name}-{}", args.concat()));
            let line = die(&core, &guest(system, name), args);
            let text = told(&core);
            assert_eq!(text.lines().next(), Some(line.as_str()), "{system} {name}\n{text}");
            has_in_order(&text, &["  at 0x", "stack:", "registers:", "memory:", "holds no calls"]);
            let middle = if name == "dies" { "dies.c:" } else { "main.middle" };
            assert!(text.contains(middle), "{text}");
            let json = explain(&core, &["--json"]);
            let value: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
            assert_eq!(value["system"], system);
            assert!(value["stack"].as_array().unwrap().len() > 3, "{value}");
        }
    }
    for system in ["linux", "freebsd", "netbsd"] {
        let go = folder.join(format!("{system}-diesgo-arm64"));
        let line = die(&go, &built_for("out", &format!("{system}-arm64"), "diesgo"), &[]);
        let text = told(&go);
        assert_eq!(text.lines().next(), Some(line.as_str()), "{system}\n{text}");
        has_in_order(
            &text,
            &["runtime.sigpanic+", "faulted: main.innermost", "main.middle+", "main.main+", "runtime.goexit+"],
        );
        let name = "dies";
        let core = folder.join(format!("{system}-{name}-arm64"));
        let line = die(&core, &built_for("out", &format!("{system}-arm64"), name), &[]);
        let text = told(&core);
        assert_eq!(text.lines().next(), Some(line.as_str()), "{system} {name}\n{text}");
        has_in_order(&text, &["  at 0x", "str x", "stack:", "middle+", "dies.c:", "registers:", "holds no calls"]);
    }
    let core = folder.join("pie");
    let line = die(&core, &guest("linux", "diespie"), &[]);
    assert_eq!(told(&core).lines().next(), Some(line.as_str()));
}

#[test]
fn the_program_may_have_moved_or_be_gone_or_another() {
    let folder = folder("moved");
    let (program, core) = (folder.join("program"), folder.join("core"));
    fs::copy(guest("freebsd", "dies"), &program).unwrap();
    let line = die(&core, &program, &[]);
    let moved = folder.join("moved");
    fs::rename(&program, &moved).unwrap();
    let text = told(&core);
    has_in_order(&text, &["program died of SIGSEGV", "registers:", "memory:", "the program is wanted", "No such file"]);
    let output = explain(&core, &[moved.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, cause) = line.split_once(" died of ").unwrap();
    has_in_order(&text, &["ashore: moved died of ", cause, "dies.c:"]);
    let other = guest("freebsd", "diesgo");
    let output = explain(&core, &[other.to_str().unwrap()]);
    has_in_order(&String::from_utf8(output.stdout).unwrap(), &["died of SIGSEGV", "is not the program that the core"]);
    let output = explain(&core, &["/no/such/file"]);
    assert_eq!(output.status.code(), Some(127), "{output:?}");
    let output = explain(&folder.join("none"), &[]);
    assert_eq!(output.status.code(), Some(127), "{output:?}");
    let output = explain(&moved, &[]);
    assert_eq!(output.status.code(), Some(126), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("not-a-core"), "{output:?}");
    let output = explain(&core, &[moved.to_str().unwrap(), "argument"]);
    assert_eq!(output.status.code(), Some(125), "{output:?}");
}

#[test]
fn damage_gives_a_message_or_a_report() {
    const CUTS: usize = 20;
    let folder = folder("cut");
    let core = folder.join("core");
    die(&core, &guest("netbsd", "dies"), &[]);
    let bytes = fs::read(&core).unwrap();
    // Most of the file is memory: what its beginning describes is cut as often.
    let ends = (0..CUTS).map(|n| bytes.len() * n / CUTS).chain((0..CUTS).map(|n| bytes.len().min(8192) * n / CUTS));
    let cut = folder.join("cut");
    for end in ends {
        fs::write(&cut, &bytes[..end]).unwrap();
        survives(&cut, &format!("cut at {end}"));
    }
    for at in (0..bytes.len().min(8192)).step_by(97) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0xff;
        fs::write(&cut, &damaged).unwrap();
        survives(&cut, &format!("damaged at {at}"));
    }
}

fn survives(core: &Path, how: &str) {
    let output = explain(core, &[]);
    let said = [output.stdout.clone(), output.stderr.clone()].concat();
    assert!(matches!(output.status.code(), Some(0 | 125..=127)), "{how}: {output:?}");
    assert!(said.starts_with(b"ashore: "), "{how}: {output:?}");
    assert!(!String::from_utf8_lossy(&said).contains("panicked"), "{how}: {output:?}");
}

const DYNAMIC: &str = "
#include <stdlib.h>
#include <string.h>
struct item { char pad[24]; int value; };
static const struct item *volatile nothing;
static int compare(const void *one, const void *other) {
    return nothing->value + *(const int *)one - *(const int *)other;
}
int main(int count, char **words) {
    int numbers[3] = {3, 1, 2};
    if (count > 1 && !strcmp(words[1], \"abort\")) abort();
    qsort(numbers, 3, sizeof *numbers, compare);
    return numbers[0];
}
";

#[test]
fn a_core_of_a_dynamic_program_of_this_system_is_explained() {
    let folder = folder("dynamic");
    let (source, program) = (folder.join("dynamic.c"), folder.join("dynamic"));
    fs::write(&source, DYNAMIC).unwrap();
    let built = Command::new("cc").args(["-g", "-O1", "-o"]).arg(&program).arg(&source).status();
    assert!(built.is_ok_and(|status| status.success()), "no C compiler: on Debian: apt-get install gcc libc6-dev");
    let cases = [
        (
            "sort",
            "dynamic died of SIGSEGV: compare (dynamic.c:7) read memory through a null pointer, 0x18 bytes behind it",
        ),
        ("abort", "dynamic died of SIGABRT: it called abort"),
    ];
    for (word, line) in cases {
        let core = folder.join(word);
        let (run, write) = (format!("run {word}"), format!("generate-core-file {}", core.display()));
        let mut gdb = Command::new("gdb");
        gdb.args(["-nx", "-batch", "-ex", "set startup-with-shell off", "-ex", &run, "-ex", &write]).arg(&program);
        let output = gdb.env_remove("DEBUGINFOD_URLS").output();
        let output = output.unwrap_or_else(|error| panic!("gdb: {error}; on Debian: apt-get install gdb"));
        assert!(core.is_file(), "{output:?}");
        let text = told(&core);
        assert!(text.starts_with(&format!("ashore: {line}")), "{text}");
        // Through the C library and back.
        has_in_order(&text, &["stack:", "main+", "dynamic.c:1", "__libc_start_main", "_start+", "registers:"]);
    }
}

#[test]
fn a_core_of_another_cpu_is_shown_and_not_explained() {
    let folder = folder("cpu");
    let (core, other) = (folder.join("core"), folder.join("other"));
    die(&core, &guest("linux", "dies"), &[]);
    let mut bytes = fs::read(&core).unwrap();
    const MACHINE: usize = 18;
    bytes[MACHINE..MACHINE + 2].copy_from_slice(&243u16.to_le_bytes());
    fs::write(&other, &bytes).unwrap();
    let output = explain(&other, &[]);
    assert_eq!(output.status.code(), Some(126), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("riscv64, whose code is not understood here"),
        "{output:?}"
    );
    has_in_order(&String::from_utf8(output.stdout).unwrap(), &["ELF core file", "riscv64", "signal", "mapped"]);
}

#[test]
fn a_core_that_may_not_be_read_or_is_no_file_is_refused() {
    let folder = folder("refused");
    let output = explain(&folder, &[]);
    assert_eq!(output.status.code(), Some(126), "{output:?}");
    let output = explain(Path::new("/dev/null"), &[]);
    assert_eq!(output.status.code(), Some(126), "{output:?}");
    let (core, program) = (folder.join("core"), guest("linux", "dies"));
    die(&core, &program, &[]);
    assert_eq!(fs::metadata(&core).unwrap().permissions().mode() & 0o777, 0o600);
    // An empty file.
    fs::write(&core, b"").unwrap();
    assert_eq!(explain(&core, &[]).status.code(), Some(126));
}
