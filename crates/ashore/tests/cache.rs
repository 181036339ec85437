//! Translations that are kept from run to run: they are of use, they are no use to anybody else, and whatever is wrong with
//! them the program never notices.

mod common;

use common::{folder, text};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn guest(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/out/linux-arm64").join(name);
    assert!(path.is_file(), "{} is missing: cargo xtask guests", path.display());
    path
}

fn ashore(home: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.env("XDG_CACHE_HOME", home).env_remove("ASHORE_CACHE").args(words).output().unwrap()
}

/// Runs the program, which must do as always.
fn run(home: &Path, options: &[&str]) {
    // A program without threads translates the same every time.
    let guest = guest("armmemory");
    let words: Vec<&str> = ["run"].iter().chain(options).copied().chain([guest.to_str().unwrap()]).collect();
    let output = ashore(home, &words);
    assert!(output.status.success(), "{:?} {}", output.status, text(&output.stderr));
    assert!(text(&output.stdout).ends_with("sum without: 199900000\n"), "{}", text(&output.stdout));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

fn files(home: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.join("ashore")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

fn the_file(home: &Path) -> PathBuf {
    let files = files(home);
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn what_was_kept_is_used_and_can_be_removed() {
    let home = folder("used");
    run(&home, &[]);
    let file = the_file(&home);
    let first = fs::metadata(&file).unwrap();
    assert!(first.mode() & 0o077 == 0 && fs::metadata(home.join("ashore")).unwrap().mode() & 0o077 == 0);
    // All of it was there: nothing is written again.
    run(&home, &[]);
    assert_eq!(fs::metadata(the_file(&home)).unwrap().ino(), first.ino());
    // Other settings make other code.
    run(&home, &["--tier", "regions"]);
    assert_eq!(files(&home).len(), 2);
    let status = ashore(&home, &["cache", "status"]);
    assert!(text(&status.stdout).contains("files   2"), "{}", text(&status.stdout));
    assert!(ashore(&home, &["cache", "clear"]).status.success());
    assert!(files(&home).is_empty());
    run(&home, &["--no-cache"]);
    assert!(files(&home).is_empty());
}

#[test]
fn damage_is_not_noticed_by_the_program() {
    let home = folder("damage");
    run(&home, &[]);
    let file = the_file(&home);
    let whole = fs::read(&file).unwrap();
    let mut ways: Vec<Vec<u8>> = vec![Vec::new(), b"garbage".to_vec(), whole[..whole.len() / 2].to_vec()];
    for at in [0, 9, 41, 60, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
        let mut wrong = whole.clone();
        wrong[at] ^= 0x40;
        ways.push(wrong);
    }
    for bytes in ways {
        fs::write(&file, &bytes).unwrap();
        run(&home, &[]);
        // A good one is in its place again.
        assert_eq!(fs::read(&file).unwrap().len(), whole.len(), "after {} bytes", bytes.len());
    }
}

#[test]
fn nothing_is_shared_with_others() {
    // A folder, a file that others may write, a link: each as if it were not there.
    let home = folder("others");
    run(&home, &[]);
    let file = the_file(&home);
    let inode = fs::metadata(&file).unwrap().ino();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    run(&home, &[]);
    assert_ne!(fs::metadata(&file).unwrap().ino(), inode, "a file that others may write was used");
    let elsewhere = home.join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    run(&home, &[]);
    assert!(!fs::symlink_metadata(&file).unwrap().file_type().is_symlink(), "a link was followed");
    ashore(&home, &["cache", "clear"]);
    fs::set_permissions(home.join("ashore"), fs::Permissions::from_mode(0o777)).unwrap();
    run(&home, &[]);
    assert!(files(&home).is_empty(), "a folder that others may write was used");
    assert!(!ashore(&home, &["cache", "status"]).status.success());
    // A link in the folder's place.
    let linked = folder("linked");
    fs::create_dir(linked.join("real")).unwrap();
    symlink(linked.join("real"), linked.join("ashore")).unwrap();
    run(&linked, &[]);
    assert_eq!(fs::read_dir(linked.join("real")).unwrap().count(), 0);
}
