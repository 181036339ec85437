//! `ashore boot --image-out`: the file boots by itself under a plain QEMU, as docs/boot.md says it.

mod common;

use common::{folder, text};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn write(image: &Path, options: &[&str], name: &str, args: &[&str]) -> Output {
    let program = top().join(".guests/boot").join(name);
    assert!(program.is_file(), "{} is missing: cargo xtask guests", program.display());
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.current_dir(top()).args(["boot", "--image-out"]).arg(image).args(options);
    command.arg(program).args(args).stdin(Stdio::null()).output().unwrap()
}

/// Boots an image with the words of the document; what came out of the serial line and the status.
fn qemu(image: &Path, more: &[&str]) -> (String, Option<i32>) {
    let words = "-M virt -cpu cortex-a76 -nographic -nic none -semihosting -kernel";
    let mut command = Command::new("timeout");
    command.args(["120", "qemu-system-aarch64"]).args(words.split(' ')).arg(image).args(more);
    let output = command.stdin(Stdio::null()).output().unwrap();
    (text(&output.stdout).replace("\r\n", "\n"), output.status.code())
}

#[test]
fn a_written_image_boots_by_itself() {
    let image = folder("hello").join("hello.img");
    let output = write(&image, &[], "hello", &[]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let (said, status) = qemu(&image, &[]);
    assert_eq!((said.as_str(), status), ("hello, world\nand to those who look at errors\n", Some(3)));
    let (said, status) = qemu(&image, &["-smp", "4", "-m", "1G"]);
    assert_eq!((said.as_str(), status), ("hello, world\nand to those who look at errors\n", Some(3)));
}

#[test]
fn files_arguments_and_environment_are_in_it() {
    let image = folder("files").join("files.img");
    let script = "cat /etc/words | tail -n 1; echo $WORD $0; exit 7";
    let options = ["--file", "tests/boot/c/hello.c:/etc/words", "--env", "WORD=told"];
    let output = write(&image, &options, "busybox", &["sh", "-c", script, "me"]);
    assert!(output.status.success(), "{output:?}");
    let (said, status) = qemu(&image, &[]);
    let source = fs::read_to_string(top().join("tests/boot/c/hello.c")).unwrap();
    assert_eq!((said, status), (format!("{}\ntold me\n", source.lines().last().unwrap()), Some(7)));
}

#[test]
fn what_cannot_be_written_is_told() {
    let folder = folder("wrong");
    let refused = |output: &Output, word: &str| {
        assert!(output.status.code() == Some(125) && text(&output.stderr).contains(word), "{output:?}");
    };
    refused(&write(&folder, &[], "hello", &[]), "something that is no file");
    refused(&write(&folder.join("absent/image"), &[], "hello", &[]), "No such file");
    fs::write(folder.join("other"), b"no kernel").unwrap();
    let other = folder.join("other");
    refused(&write(&folder.join("image"), &["--kernel", other.to_str().unwrap()], "hello", &[]), "E0609");
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["other"]);
}
