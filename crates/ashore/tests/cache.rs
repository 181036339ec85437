//! Translations that are kept from run to run: they are of use, they are no use to anybody else, and whatever is wrong with
//! them the program never notices.

mod common;

use common::{folder, text};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

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

/// The same file with another byte in its last code, and the hash of that.
fn forged(whole: &[u8]) -> Vec<u8> {
    const HASH: usize = 32;
    let mut body = whole[..whole.len() - HASH].to_vec();
    let at = body.iter().rposition(|byte| *byte != 0).unwrap();
    body[at] ^= 1;
    let hash = blake3::hash(&body);
    body.extend(hash.as_bytes());
    body
}

#[test]
fn what_was_kept_is_made_again_and_compared_when_somebody_wants_that() {
    let home = folder("checked");
    run(&home, &[]);
    run(&home, &["--tier", "regions"]);
    let guest = guest("armmemory");
    let check = |options: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
        command.env("XDG_CACHE_HOME", &home).env("ASHORE_CACHE", "check").arg("run").args(options).arg(&guest);
        let output = command.output().unwrap();
        assert!(output.status.success() && text(&output.stdout).ends_with("sum without: 199900000\n"));
        text(&output.stderr).to_owned()
    };
    // Blocks and regions are what they would be now.
    assert_eq!(check(&[]), "");
    assert_eq!(check(&["--tier", "regions"]), "");
    for file in files(&home) {
        fs::write(&file, forged(&fs::read(&file).unwrap())).unwrap();
    }
    for options in [&[][..], &["--tier", "regions"]] {
        let said = check(options);
        assert!(said.contains("is not what is made of it now (its code): nothing kept is used"), "{said}");
        // What was made instead has been kept.
        assert_eq!(check(options), "");
    }
}

#[test]
fn who_is_killed_while_writing_leaves_nothing_that_is_used() {
    let home = folder("killed");
    let guest = guest("armmemory");
    for round in 0..40 {
        let _ = fs::remove_dir_all(home.join("ashore"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
        command.env("XDG_CACHE_HOME", &home).env_remove("ASHORE_CACHE").stdout(Stdio::null());
        let mut child = command.arg("run").arg(&guest).spawn().unwrap();
        sleep(Duration::from_micros(500 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let whole = files(&home).into_iter().filter(|file| !is_draft(file)).count();
        assert!(whole <= 1);
        run(&home, &[]);
    }
    // A draft that somebody left: it is not read, and goes when it is old.
    let name = the_file(&home).file_name().unwrap().to_str().unwrap().to_owned();
    let draft = home.join("ashore").join(format!(".{name}.1"));
    fs::write(&draft, b"ashoreC1 the begin").unwrap();
    run(&home, &["--tier", "regions"]);
    assert!(draft.is_file());
    let old = SystemTime::now() - Duration::from_secs(7200);
    fs::File::options().write(true).open(&draft).unwrap().set_modified(old).unwrap();
    run(&home, &["--tier", "blocks"]);
    assert!(!draft.exists());
    assert!(ashore(&home, &["cache", "clear"]).status.success() && files(&home).is_empty());
}

fn is_draft(file: &Path) -> bool {
    file.file_name().unwrap().to_str().unwrap().starts_with('.')
}

#[test]
fn what_belongs_to_others_or_to_a_group_is_not_used() {
    let home = folder("group");
    run(&home, &[]);
    let file = the_file(&home);
    let inode = fs::metadata(&file).unwrap().ino();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o660)).unwrap();
    run(&home, &[]);
    assert_ne!(fs::metadata(&file).unwrap().ino(), inode, "a file that a group may write was used");
    // Only who may give files away can try the next.
    let inode = fs::metadata(&file).unwrap().ino();
    if chown(&file, Some(1), Some(1)).is_ok() {
        run(&home, &[]);
        assert_ne!(fs::metadata(&file).unwrap().ino(), inode, "another user's file was used");
        fs::remove_file(&file).unwrap();
        chown(home.join("ashore"), Some(1), Some(1)).unwrap();
        run(&home, &[]);
        assert!(files(&home).is_empty(), "another user's folder was used");
        chown(home.join("ashore"), Some(0), Some(0)).unwrap();
    }
    ashore(&home, &["cache", "clear"]);
    fs::set_permissions(home.join("ashore"), fs::Permissions::from_mode(0o770)).unwrap();
    run(&home, &[]);
    assert!(files(&home).is_empty(), "a folder that a group may write was used");
}
