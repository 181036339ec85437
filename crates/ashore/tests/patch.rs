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
