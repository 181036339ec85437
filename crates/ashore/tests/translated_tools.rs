//! What tools tell of translated programs: how one died, and what was translated to where.

mod common;

use common::{folder, has_in_order};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SYSTEMS: [&str; 3] = ["linux", "freebsd", "netbsd"];

fn guest(system: &str, name: &str) -> PathBuf {
    let out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out");
    let path = out.join(format!("{system}-arm64")).join(name);
    assert!(path.is_file(), "{} is missing: cargo xtask guests", path.display());
    path
}

fn ashore(verb: &str, state: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.arg(verb).env("XDG_STATE_HOME", state);
    command
}

#[test]
fn a_death_is_told_with_its_place_instruction_and_stack() {
    for system in SYSTEMS {
        let state = folder(&format!("death-{system}"));
        let output = ashore("run", &state).arg(guest(system, "dies")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let words = [
            "dies died of SIGSEGV: innermost (dies.c:",
            "wrote to memory through a null pointer, 0xf0 bytes behind it [E0921, certain]\n",
            " innermost (dies.c:",
            "str x",
            " = 0xf0 -> 0xf0: the null page, 0xf0 bytes behind a null pointer\n",
            "stack:\n",
            " innermost+0x",
            "dies.c:",
            " middle+0x",
            "dies.c:",
            "last calls of thread ",
            "--- SIGSEGV, address 0xf0, to nobody ---\n",
        ];
        has_in_order(&said, &words);
        let output = ashore("explain", &state).arg(guest(system, "dies")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        has_in_order(&said, &["stack:\n", "registers:\n", " x29 0x", "thread "]);
        let output = ashore("explain", &state).arg("--json").arg(guest(system, "dies")).output().unwrap();
        let told: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
        assert_eq!((&told["cpu"], &told["end"]["address"]), (&"arm64".into(), &0xf0.into()));
        assert!(told["instruction"]["text"].as_str().is_some_and(|text| text.starts_with("str x")), "{told}");
        assert!(told["stack"].as_array().is_some_and(|stack| stack.len() > 3), "{told}");
        assert_eq!(told["verdict"]["code"], "E0921");
    }
}

#[test]
fn a_stack_goes_through_the_libraries_of_a_tree() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/debian/tree");
    assert!(tree.is_dir(), "{} is missing: cargo xtask guests", tree.display());
    let mut command = ashore("run", &folder("tree"));
    let output = command.arg("-L").arg(tree).args(["/bin/bash", "-c", "kill -SEGV $$"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let words = ["bash died of SIGSEGV: it sent SIGSEGV to itself (called by kill_builtin", "[E0945, likely]\n"];
    has_in_order(&said, &words);
    has_in_order(&said, &["stack:\n", " kill+0x", " kill_builtin+0x", " main+0x", " __libc_start_main+0x"]);
}

#[test]
fn translated_code_is_named_for_perf() {
    for (system, name) in [("linux", "cdebugged"), ("freebsd", "cdebugged"), ("netbsd", "hello")] {
        let state = folder(&format!("perf-{system}"));
        let child = ashore("run", &state)
            .args(["--perf-map", "--no-cache"])
            .arg(guest(system, name))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let path = PathBuf::from(format!("/tmp/perf-{}.map", child.id()));
        child.wait_with_output().unwrap();
        let map = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let mut names = Vec::new();
        for line in map.lines() {
            let mut words = line.splitn(3, ' ');
            for word in [words.next(), words.next()] {
                assert!(u64::from_str_radix(word.unwrap(), 16).is_ok_and(|number| number > 0), "{line}");
            }
            names.push(words.next().unwrap());
        }
        let wanted = if name == "hello" { "main.main+0x0" } else { "sum+0x0" };
        assert!(names.iter().any(|name| name.starts_with(wanted)), "{system}: {map}");
    }
    let output =
        ashore("run", &folder("perf-none")).arg("--perf-map").arg(common::guest("linux", "hello")).output().unwrap();
    assert!(output.status.success());
}
