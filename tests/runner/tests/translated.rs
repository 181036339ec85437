//! Dynamically linked programs of another CPU, their interpreter and libraries in a tree: `tests/translated/cases.toml`.
//!
//! `TRANSLATED_BY="qemu-aarch64"` runs the cases by another program that understands `-L`, and `TRANSLATED_WRITE=1` takes what
//! it says for what is expected. `TRANSLATED_CASE` names one case.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../translated").canonicalize().unwrap()
}

fn tree() -> PathBuf {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests/debian/tree");
    assert!(tree.is_dir(), "{} is missing: cargo xtask guests", tree.display());
    tree.canonicalize().unwrap()
}

/// The `ashore` under test: the release build, for a debug one translates slowly.
fn ashore() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    let ashore = target.join("x86_64-unknown-linux-musl/release/ashore");
    let ashore = std::env::var_os("ASHORE_BIN").map_or(ashore, PathBuf::from);
    assert!(ashore.is_file(), "{} is missing: cargo build --release -p ashore", ashore.display());
    ashore
}

/// A fresh folder of one case.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("translated-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}

/// The command that runs a program of the tree.
fn runner() -> Command {
    let mut command = match std::env::var_os("TRANSLATED_BY") {
        Some(other) => Command::new(other),
        None => Command::new(ashore()),
    };
    command
        .arg("-L")
        .arg(tree())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    command
}

/// A case's program with its words; another program than ours does not look it up in the tree.
fn run(name: &str, words: &[&str]) -> Output {
    let (files, tree, new) = (files(), tree(), folder(name));
    let place = |word: &str| {
        let word = word.replace("FILES", files.to_str().unwrap()).replace("TREE", tree.to_str().unwrap());
        word.replace("NEW", new.to_str().unwrap())
    };
    let program = match std::env::var_os("TRANSLATED_BY") {
        Some(_) => format!("{}{}", tree.display(), words[0]),
        None => words[0].to_owned(),
    };
    let mut command = runner();
    command.arg(program).args(words[1..].iter().map(|word| place(word))).current_dir(new).output().unwrap()
}

#[test]
fn programs_of_the_tree_say_what_they_say_on_their_own_machine() {
    let text = fs::read_to_string(files().join("cases.toml")).unwrap();
    let list: toml::Table = text.parse().unwrap();
    let only = std::env::var("TRANSLATED_CASE").ok();
    let mut faults = Vec::new();
    for case in list["case"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        if only.as_deref().is_some_and(|only| only != name) {
            continue;
        }
        let words: Vec<&str> = case["run"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        let output = run(name, &words);
        let expected = files().join("expected").join(format!("{name}.txt"));
        if std::env::var_os("TRANSLATED_WRITE").is_some() {
            fs::write(&expected, &output.stdout).unwrap();
        }
        if !output.status.success() || Some(&output.stdout) != fs::read(&expected).ok().as_ref() {
            let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            faults.push(format!("{name}: {}\n{said}{errors}", output.status));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
