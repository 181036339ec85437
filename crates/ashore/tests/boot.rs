//! `ashore boot` around its kernel: what is refused, what the machine is given, and how its ends become ours. The kernel here
//! is a handful of instructions that print a text and switch the machine off.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Offsets in the image: the start of the header, the code behind it, the mailbox and the text.
const CODE_AT: usize = 64;
const MAILBOX_AT: usize = 256;
const TEXT_AT: usize = 512;
/// Endings in the mailbox.
const RUNNING: u64 = 0;
const EXITED: u64 = 1;
const KILLED: u64 = 2;
const PANICKED: u64 = 3;
/// Where memory begins, and the kernel in it.
const RAM: u64 = 0x4000_0000;
const KERNEL: u64 = 0x20_0000;

const FREEBSD: u8 = 9;
const ARM64: u16 = 183;

/// A kernel that leaves a mailbox, prints a text on the serial line and ends the machine.
fn kernel(ending: u64, status: u64, text: &[u8]) -> Vec<u8> {
    let mut image = vec![0; TEXT_AT];
    let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
    let code_words: [u32; 10] = [
        0xd2a1_2002,                                         // mov x2, #0x9000000: the serial line
        0x1000_0001 | ((TEXT_AT - CODE_AT - 4) as u32) << 3, // adr x1, text
        0x3840_1420,                                         // ldrb w0, [x1], #1
        0x3400_0060,                                         // cbz w0, to the mov
        0x3900_0040,                                         // strb w0, [x2]
        0x17ff_fffd,                                         // b to the ldrb
        0x52b0_8000,                                         // mov w0, #0x84000000
        0x7280_0100,                                         // movk w0, #8: SYSTEM_OFF
        0xd400_0002,                                         // hvc #0
        0x1400_0000,                                         // b .
    ];
    put(0, &(0x1400_0000 | (CODE_AT / 4) as u32).to_le_bytes());
    put(16, &0x1_0000u64.to_le_bytes());
    put(24, &0xau64.to_le_bytes());
    put(32, &(MAILBOX_AT as u64).to_le_bytes());
    put(56, b"ARM\x64");
    let code: Vec<u8> = code_words.iter().flat_map(|word| word.to_le_bytes()).collect();
    put(CODE_AT, &code);
    let report_at = RAM + KERNEL + TEXT_AT as u64;
    let mailbox =
        [u64::from_le_bytes(*b"ASHORE-M"), 1, ending, status, report_at, text.len() as u64, RAM].map(u64::to_le_bytes);
    put(MAILBOX_AT, &mailbox.concat());
    image.extend_from_slice(text);
    image.push(0);
    image
}

/// A program file with one segment, perhaps with an interpreter.
fn program(machine: u16, system: u8, interpreter: Option<&str>) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, system, 0, 0, 0, 0, 0, 0, 0, 0];
    let path = interpreter.map(|path| format!("{path}\0")).unwrap_or_default();
    let headers = if interpreter.is_some() { 2u16 } else { 1 };
    let base = 0x40_0000u64;
    let len = 64 + 56 * u64::from(headers) + path.len() as u64 + 4;
    file.extend([2u16.to_le_bytes(), machine.to_le_bytes()].concat());
    file.extend(1u32.to_le_bytes());
    file.extend([base + len - 4, 64, 0].map(u64::to_le_bytes).concat());
    file.extend(0u32.to_le_bytes());
    file.extend([64u16, 56, headers, 0, 0, 0].map(u16::to_le_bytes).concat());
    let mut header = |kind: u32, flags: u32, at: u64, len: u64| {
        file.extend([kind, flags].map(u32::to_le_bytes).concat());
        file.extend([at, base + at, base + at, len, len, 0x1000].map(u64::to_le_bytes).concat());
    };
    if interpreter.is_some() {
        header(3, 4, 64 + 56 * 2, path.len() as u64);
    }
    header(1, 5, 0, len);
    file.extend(path.bytes());
    file.extend(0xd65f_03c0u32.to_le_bytes());
    file
}

/// A fresh folder with a kernel and a program.
fn folder(name: &str, kernel: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("boot-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("Image"), kernel).unwrap();
    fs::write(folder.join("program"), program(ARM64, 0, None)).unwrap();
    folder
}

fn ashore(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.current_dir(folder).args(["boot", "--kernel", "Image"]).args(args).stdin(Stdio::null());
    command
}

fn boot(folder: &Path, args: &[&str]) -> Output {
    ashore(folder, args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Checks that Ashore gave up with a status and a code.
#[track_caller]
fn gave_up(output: &Output, status: i32, code: &str) {
    assert!(output.status.code() == Some(status) && text(&output.stderr).contains(code), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

#[test]
fn a_program_that_the_kernel_does_not_run_is_refused() {
    let folder = folder("refused", &kernel(EXITED, 0, b""));
    let own = env!("CARGO_BIN_EXE_ashore");
    gave_up(&boot(&folder, &[own]), 126, "E0205");
    fs::write(folder.join("freebsd"), program(ARM64, FREEBSD, None)).unwrap();
    let output = boot(&folder, &["./freebsd"]);
    gave_up(&output, 126, "E0205");
    assert!(text(&output.stderr).contains("a program for freebsd"), "{output:?}");
    fs::write(folder.join("dynamic"), program(ARM64, 0, Some("/lib/ld-linux-aarch64.so.1"))).unwrap();
    let output = boot(&folder, &["./dynamic"]);
    gave_up(&output, 126, "E0206");
    assert!(text(&output.stderr).contains("/lib/ld-linux-aarch64.so.1"), "{output:?}");
    gave_up(&boot(&folder, &["./Image"]), 126, "E0205");
    gave_up(&boot(&folder, &["./absent"]), 127, "E0601");
}

#[test]
fn what_is_missing_is_named() {
    let folder = folder("missing", &kernel(EXITED, 0, b""));
    let without_qemu = ashore(&folder, &["./program"]).env("PATH", "/nonexistent").output().unwrap();
    gave_up(&without_qemu, 125, "E0608");
    assert!(text(&without_qemu.stderr).contains("qemu-system-arm"), "{without_qemu:?}");
    gave_up(&boot(&folder, &["--file", "absent:/x", "./program"]), 125, "E0610");
    gave_up(&boot(&folder, &["--file", "Image:/../x", "./program"]), 125, "E0610");
    fs::remove_file(folder.join("Image")).unwrap();
    gave_up(&boot(&folder, &["./program"]), 125, "E0609");
}

#[test]
fn the_program_s_end_is_ours() {
    let exited = boot(&folder("exited", &kernel(EXITED, 42, b"")), &["./program"]);
    assert_eq!(exited.status.code(), Some(42), "{exited:?}");
    assert!(exited.stderr.is_empty(), "{exited:?}");
    let killed = boot(&folder("killed", &kernel(KILLED, 15, b"")), &["./program"]);
    assert_eq!(killed.status.signal(), Some(15), "{killed:?}");
}

#[test]
fn an_end_that_is_not_the_program_s_is_told() {
    let panicked = boot(&folder("panicked", &kernel(PANICKED, 0, b"it was impossible")), &["./program"]);
    assert!(text(&panicked.stderr).contains("E0613"), "{panicked:?}");
    assert!(text(&panicked.stderr).contains("it was impossible"), "{panicked:?}");
    assert_eq!(panicked.status.code(), Some(125));
    gave_up(&boot(&folder("silent", &kernel(RUNNING, 0, b"")), &["./program"]), 125, "E0611");
    let mut endless = kernel(RUNNING, 0, b"");
    endless[CODE_AT..CODE_AT + 4].copy_from_slice(&0x1400_0000u32.to_le_bytes());
    let folder = folder("endless", &endless);
    gave_up(&boot(&folder, &["--timeout", "0.5", "./program"]), 125, "E0612");
    let mut child = ashore(&folder, &["./program"]).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(15));
}

#[test]
fn every_byte_comes_out_where_it_was_sent() {
    let line = b"kernel\n\x101out\n\r\x10\x10\xff\x102err\n\x101more";
    let output = boot(&folder("bytes", &kernel(EXITED, 0, line)), &["./program"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(output.stdout, b"out\n\r\x10\xffmore", "{output:?}");
    assert_eq!(output.stderr, b"kernel\nerr\n", "{output:?}");
}
