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
        let now = fs::read(&file).unwrap();
        run(&home, &[]);
        assert!(now == fs::read(&file).unwrap(), "after {} bytes", bytes.len());
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

/// Where the directory begins: eight bytes behind the mark and the key say it.
fn directory_at(whole: &[u8]) -> usize {
    u64::from_le_bytes(whole[40..48].try_into().unwrap()) as usize
}

/// The same file with another byte in its last code, and the digests of that.
fn forged(whole: &[u8]) -> Vec<u8> {
    let mut file = whole.to_vec();
    let at = file[..directory_at(whole)].iter().rposition(|byte| *byte != 0).unwrap();
    file[at] ^= 1;
    let key = whole[8..40].to_vec();
    ashore_engine::jit::seal(&mut file, &key).unwrap();
    file
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

/// A static program of many blocks, twice as many if it has arguments, that ends with a status. What says which is on a page
/// that the key of the file knows nothing of: there are many more.
fn program(status: u16) -> Vec<u8> {
    const HEADERS: usize = 64 + 56;
    const BASE: u64 = 0x40_0000;
    const BLOCKS: u32 = 2600;
    // add x1, x1, #1; b to the next
    let blocks = (0..BLOCKS).flat_map(|_| [0x9100_0421, 0x1400_0001]);
    // ldr x2, [sp], which is the number of arguments
    let mut code: Vec<u32> = [0xf940_03e2].into_iter().chain(blocks.clone()).collect();
    // cmp x2, #1; b.ls over the next blocks
    code.extend([0xf100_045f, 0x5400_0009 | (BLOCKS * 2 + 1) << 5].into_iter().chain(blocks));
    // movz x0, #status; movz x8, #93; svc #0
    code.extend([0xd280_0000 | u32::from(status) << 5, 0xd280_0ba8, 0xd400_0001]);
    code.resize(code.len() + 120 * 1024, 0xd503_201f);
    let len = (HEADERS + code.len() * 4) as u64;
    let mut file = b"\x7fELF\x02\x01\x01\x03".to_vec();
    file.resize(16, 0);
    let mut put = |bytes: &[u8]| file.extend(bytes);
    put(&[2, 0, 183, 0, 1, 0, 0, 0]);
    for word in [BASE + HEADERS as u64, 64, 0] {
        put(&word.to_le_bytes());
    }
    put(&[0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 64, 0, 0, 0, 0, 0]);
    put(&[1, 0, 0, 0, 5, 0, 0, 0]);
    for word in [0, BASE, BASE, len, len, 0x1_0000] {
        put(&word.to_le_bytes());
    }
    code.iter().for_each(|word| put(&word.to_le_bytes()));
    file
}

#[test]
fn a_program_that_changes_in_place_runs_as_it_is() {
    let home = folder("changes");
    let path = home.join("program");
    let status = || {
        let output = ashore(&home, &["run", path.to_str().unwrap()]);
        assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
        output.status.code()
    };
    fs::write(&path, program(7)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!((status(), status()), (Some(7), Some(7)));
    let (kept, before) = (the_file(&home), fs::metadata(&path).unwrap());
    let len = fs::metadata(&kept).unwrap().len();
    for wanted in [9, 7, 11] {
        // The same file, of the same length, and of the same time as far as it says so itself.
        fs::write(&path, program(wanted)).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(before.modified().unwrap()).unwrap();
        let now = fs::metadata(&path).unwrap();
        assert_eq!((now.ino(), now.len(), now.mtime_nsec()), (before.ino(), before.len(), before.mtime_nsec()));
        for _ in 0..2 {
            assert_eq!(status(), Some(wanted.into()));
        }
    }
    // It is the same file of translations all the time: most of them are right.
    assert_eq!(the_file(&home), kept);
    assert!(fs::metadata(&kept).unwrap().len() < len * 2);
}

#[test]
fn what_a_run_does_for_the_first_time_is_added() {
    let home = folder("added");
    let path = home.join("program");
    fs::write(&path, program(7)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |more: &[&str]| {
        let words: Vec<&str> = ["run", path.to_str().unwrap()].iter().chain(more).copied().collect();
        let output = ashore(&home, &words);
        assert!(output.status.code() == Some(7) && output.stderr.is_empty(), "{}", text(&output.stderr));
    };
    run(&[]);
    let (file, first) = (the_file(&home), fs::metadata(the_file(&home)).unwrap());
    run(&["more"]);
    let second = fs::metadata(&file).unwrap();
    assert!(second.ino() == first.ino() && second.len() > first.len(), "{} {}", first.len(), second.len());
    run(&["more"]);
    run(&[]);
    assert_eq!(fs::metadata(&file).unwrap().len(), second.len());
    // What is behind the end of what counts is nothing.
    let mut torn = fs::read(&file).unwrap();
    torn.extend([0x55; 1000]);
    fs::write(&file, &torn).unwrap();
    run(&["more"]);
    assert_eq!(fs::read(&file).unwrap(), torn);
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
