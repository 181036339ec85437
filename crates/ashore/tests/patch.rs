//! `ashore patch` as a command: what it writes, and what it refuses to write over.

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Output};

/// A folder that vanishes, with a copy of this test, which is a program with symbols.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("ashore-patch-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::copy(std::env::current_exe().unwrap(), folder.join("program")).unwrap();
        Folder(folder)
    }

    fn patch(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ashore")).current_dir(&self.0).arg("patch").args(words).output().unwrap()
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Functions of every program made of Rust and C.
const EDIT: [&str; 2] = ["return", "main=7"];

#[test]
fn a_link_to_a_device_is_not_replaced() {
    let folder = Folder::new("device");
    symlink("/dev/null", folder.0.join("link")).unwrap();
    let output = folder.patch(&["program", EDIT[0], EDIT[1], "-o", "link"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert_eq!(folder.names(), ["link", "program"]);
}

#[test]
fn in_place_keeps_links_and_rights() {
    let folder = Folder::new("place");
    let program = folder.0.join("program");
    let original = fs::read(&program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o4750)).unwrap();
    symlink("program", folder.0.join("link")).unwrap();
    let output = folder.patch(&["link", EDIT[0], EDIT[1], "--in-place"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_ne!(fs::read(&program).unwrap(), original);
    assert_eq!(Command::new(&program).status().unwrap().code(), Some(7));
    assert_eq!(fs::metadata(&program).unwrap().permissions().mode() & 0o7777, 0o4750);
    let output = folder.patch(&["link", "--undo", "--in-place"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(fs::read(&program).unwrap(), original);
    assert_eq!(folder.names(), ["link", "program"]);
}

#[test]
fn what_a_killed_run_left_behind_goes() {
    let folder = Folder::new("killed");
    // No process has such a number.
    fs::write(folder.0.join(".out.ashore-4194999-0"), "half").unwrap();
    // These are somebody else's.
    let others = [".other.ashore-4194999-0", ".out.ashore-notes", &format!(".out.ashore-{}-0", std::process::id())];
    others.iter().for_each(|name| fs::write(folder.0.join(name), "whole").unwrap());
    let output = folder.patch(&["program", EDIT[0], EDIT[1], "-o", "out"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let mut wanted = [&others[..], &["out", "program"]].concat();
    wanted.sort();
    assert_eq!(folder.names(), wanted);
}

#[test]
fn a_plan_with_a_value_that_means_nothing_is_refused() {
    let folder = Folder::new("plan");
    for line in ["from = \"bogus\"", "to = 3", "calls = \"yes\"", "colour = 1"] {
        fs::write(folder.0.join("plan"), format!("[[edit]]\nreturn = \"main=7\"\n{line}\n")).unwrap();
        let output = folder.patch(&["program", "--plan", "plan", "-o", "out"]);
        assert_eq!(output.status.code(), Some(1), "{line}: {output:?}");
    }
    assert_eq!(folder.names(), ["plan", "program"]);
}

#[test]
fn what_is_not_there_is_a_wrong_command_line() {
    let folder = Folder::new("missing");
    assert_eq!(folder.patch(&["nothing", EDIT[0], EDIT[1]]).status.code(), Some(1));
    assert_eq!(folder.patch(&["program", "hook", "no_such_function"]).status.code(), Some(2));
    assert_eq!(folder.patch(&["program", "--undo"]).status.code(), Some(2));
    assert_eq!(folder.names(), ["program"]);
}

/// A folder with an object file that is still to be linked: `tests/patch/rust/object.rs`.
fn with_object(name: &str) -> Folder {
    let folder = Folder::new(name);
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/patch/rust/object.rs");
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.current_dir(&folder.0).args(["--edition", "2024", "--crate-type", "lib", "--emit", "obj", "-Cpanic=abort"]);
    rustc.args(["--target", "x86_64-unknown-linux-musl", "-Copt-level=2", "-o", "object", source]);
    assert!(rustc.status().unwrap().success());
    folder
}

const REDIRECTS: [&str; 6] =
    ["redirect", "old_one=new_one", "redirect", "hidden_old=outside", "redirect", "wrapped=wrap"];

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn an_object_file_is_redirected_shown_and_undone() {
    let folder = with_object("object");
    let original = fs::read(folder.0.join("object")).unwrap();
    let patch = |more: &[&str]| folder.patch(&[&["object"], &REDIRECTS[..], more].concat());
    let output = patch(&["--dry-run", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(said(&output).contains("\"status\": \"changed\""), "{output:?}");
    assert_eq!(folder.names(), ["object", "program"]);
    for name in ["once", "twice"] {
        let output = patch(&["-o", name]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(said(&output).contains("__original_wrapped"), "{output:?}");
    }
    let patched = fs::read(folder.0.join("once")).unwrap();
    assert_eq!(patched, fs::read(folder.0.join("twice")).unwrap());
    let output = folder.patch(&[&["once"], &REDIRECTS[..], &["--in-place"]].concat());
    assert!(said(&output).contains("already so"), "{output:?}");
    let output = folder.patch(&["once", "return", "answer=1", "--in-place"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(said(&folder.patch(&["once", "--show"])).contains("intact"));
    let output = folder.patch(&["once", "--undo", "--in-place"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(fs::read(folder.0.join("once")).unwrap(), original);
}

#[test]
fn what_an_object_file_cannot_have_is_refused() {
    let folder = with_object("refused");
    for (words, status, wanted) in [
        (&["hook", "old_one"][..], 3, "cannot be added to an object file"),
        (&["kernel-calls", "old_one"], 2, "calls the kernel"),
        (&["redirect", "old_one=nowhere"], 2, "neither defines nor uses \"nowhere\""),
        (&["redirect", "nowhere=old_one"], 2, "neither defines nor uses \"nowhere\""),
        (&["redirect", "old_one=old_one"], 3, "the same function"),
        // The first instruction adds to a variable: the linker writes where that is.
        (&["return", "old_one=1"], 3, "a relocation PC32 of"),
        (&["bytes", ".text.answer+0x0=00:90"], 3, "were expected"),
    ] {
        let output = folder.patch(&[&["object"], words].concat());
        assert_eq!(output.status.code(), Some(status), "{words:?}: {output:?}");
        assert!(said(&output).contains(wanted), "{words:?}: {output:?}");
    }
    assert_eq!(folder.names(), ["object", "program"]);
}

#[test]
fn other_verbs_say_that_an_object_file_is_not_linked() {
    let folder = with_object("verbs");
    for verb in ["check", "inspect", "run"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
        let output = command.current_dir(&folder.0).args([verb, "./object"]).output().unwrap();
        assert!(said(&output).contains("object file, not yet linked"), "{verb}: {output:?}");
        assert!(output.status.code().is_some_and(|status| status != 0), "{verb}: {output:?}");
    }
}

#[test]
fn two_redirections_to_one_function_are_counted_together() {
    let folder = with_object("together");
    let both = |edits: [&str; 2]| {
        folder.patch(&["object", "redirect", edits[0], "redirect", edits[1], "--calls", "-o", "out"])
    };
    let output = both(["old_one=new_one", "hidden_old=new_one"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for chain in [["old_one=new_one", "new_one=hidden_old"], ["new_one=hidden_old", "old_one=new_one"]] {
        let output = both(chain);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(said(&output).contains("in the end"), "{output:?}");
    }
}
