//! What Ashore says when a guest dies, and that nothing which happens to what it says changes how the guest ends.

mod common;

use common::{built, folder, guest, text};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const SIGSEGV: i32 = 11;
const SIGABRT: i32 = 6;

fn ashore(state: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.args(args).env("XDG_STATE_HOME", state).env_remove("GOTRACEBACK");
    command
}

fn records(state: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(state.join("ashore/last")).map(|dir| dir.flatten().map(|entry| entry.path()).collect());
    entries.unwrap_or_default()
}

fn died_of_segv(output: &Output) {
    assert_eq!(output.status.signal(), Some(SIGSEGV), "{output:?}");
}

#[test]
fn a_death_is_told_in_one_line_first_and_kept_for_its_owner_only() {
    let state = folder("kept");
    let wrong = guest("dragonfly", "wrongtls");
    let output = ashore(&state, &["run"]).arg(&wrong).output().unwrap();
    died_of_segv(&output);
    let said = text(&output.stderr);
    let line = said.lines().find(|line| line.contains("died of")).unwrap_or_default();
    assert!(line.contains("SIGSEGV") && line.contains("call 165") && line.contains("FreeBSD"), "{said}");
    assert!(line.contains("472 (set_tls_area)") && line.ends_with("[E0901, certain]"), "{said}");
    assert!(said.contains("wrongtls.c:") && said.contains("sysarch(129, "), "{said}");

    let kept = records(&state);
    assert_eq!(kept.len(), 1);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&kept[0]), mode(kept[0].parent().unwrap())), (0o600, 0o700));
    let last = ashore(&state, &["explain", "--last"]).output().unwrap();
    assert!(last.status.success() && text(&last.stdout).starts_with(line), "{last:?}");
    let json = ashore(&state, &["explain", "--last", "--json"]).output().unwrap();
    let record: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(record["verdict"]["code"], "E0901");
    assert_eq!(record["end"]["signal"], "SIGSEGV");
}

#[test]
fn quiet_says_nothing_and_a_success_neither() {
    let state = folder("quiet");
    let output = ashore(&state, &["run", "-q"]).arg(guest("dragonfly", "wrongtls")).output().unwrap();
    died_of_segv(&output);
    assert_eq!(text(&output.stderr), "");
    let output = ashore(&state, &["run"]).arg(guest("freebsd", "clocks")).output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert_eq!(records(&state).len(), 1);
}

#[test]
fn an_exit_status_is_told_by_explain_and_kept_by_run() {
    let state = folder("status");
    let program = guest("netbsd", "exitcodes");
    let output = ashore(&state, &["run"]).arg(&program).args(["exit", "7"]).output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(7), ""));
    assert_eq!(records(&state).len(), 1);
    let output = ashore(&state, &["explain"]).arg(&program).args(["exit", "7"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    let said = text(&output.stderr);
    assert!(said.contains("ended with status 7") && said.contains("runtime.exit"), "{said}");
    let output = ashore(&state, &["explain", "--json"]).arg(&program).args(["exit", "7"]).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(told["end"]["status"], 7);
}

#[test]
fn records_are_few() {
    let state = folder("few");
    for _ in 0..20 {
        let status = ashore(&state, &["run"]).arg(guest("linux", "exitcodes")).args(["exit", "3"]).status().unwrap();
        assert_eq!(status.code(), Some(3));
    }
    assert_eq!(records(&state).len(), 16);
    let beyond = ashore(&state, &["explain", "--last", "17"]).output().unwrap();
    assert_eq!(beyond.status.code(), Some(125));
    assert!(text(&beyond.stderr).contains("only 16 runs"), "{beyond:?}");
}

#[test]
fn a_state_directory_that_cannot_be_used_changes_nothing() {
    let place = folder("state");
    fs::write(place.join("file"), "").unwrap();
    std::os::unix::fs::symlink("/nowhere/at/all", place.join("dangling")).unwrap();
    for state in [place.join("file"), place.join("dangling"), PathBuf::from("/proc"), PathBuf::from("relative")] {
        let output = ashore(&state, &["run"]).arg(guest("linux", "errfile")).output().unwrap();
        died_of_segv(&output);
    }
    let output = ashore(&place.join("file"), &["explain", "--last"]).output().unwrap();
    assert_eq!(output.status.code(), Some(125), "{output:?}");
}

#[test]
fn a_record_that_is_damaged_is_told_of() {
    let state = folder("damaged");
    let place = state.join("ashore/last");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("000000000000001-1.json"), "{\"verdict\": ").unwrap();
    let output = ashore(&state, &["explain", "--last"]).output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    assert!(text(&output.stderr).contains("000000000000001-1.json"), "{output:?}");
}

#[test]
fn a_full_disk_changes_nothing() {
    let state = folder("full");
    let full = || Stdio::from(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let output = ashore(&state, &["run"]).arg(guest("dragonfly", "wrongtls")).stderr(full()).output().unwrap();
    died_of_segv(&output);
    // No file may grow at all: the record cannot be written, and trying raises a signal.
    let shell = "ulimit -f 0; exec \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", shell, "sh", env!("CARGO_BIN_EXE_ashore"), "run"]).arg(guest("dragonfly", "wrongtls"));
    let output = command.env("XDG_STATE_HOME", &state).output().unwrap();
    died_of_segv(&output);
    // The same for a note about a call: the signal is not the guest's.
    let file = fs::File::create(state.join("said")).unwrap();
    let status = command.stdout(Stdio::null()).stderr(file).status().unwrap();
    assert_eq!(status.signal(), Some(SIGSEGV));
}

#[test]
fn a_trace_that_finds_no_room_changes_nothing() {
    let place = folder("no-room");
    let file = place.join("trace");
    // To stderr and to a file of its own, neither of which may grow; then to a reader that has gone.
    for (option, at) in [("", "$2"), ("-o \"$2\"", "/dev/null")] {
        let script = format!("ulimit -f 0; exec \"$0\" trace {option} \"$1\" 2> \"{at}\"");
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_ashore")]).arg(guest("freebsd", "clocks")).arg(&file);
        let status = command.env("XDG_STATE_HOME", &place).stdout(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(0), "{option}: {status:?}");
        assert_eq!(file.metadata().unwrap().len(), 0);
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = ashore(&place, &["trace"]);
    let status = command.arg(guest("freebsd", "clocks")).stdout(Stdio::null()).stderr(writer).status().unwrap();
    assert_eq!(status.code(), Some(0), "{status:?}");
}

#[test]
fn a_trace_waits_for_its_reader() {
    let place = folder("slow-reader");
    // Much more than a pipe holds.
    let script = "\"$0\" trace \"$1\" 2>&1 >/dev/null | (sleep 2; grep -c '^close(99)')";
    let slow = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_ashore")])
        .arg(built("explain", "freebsd", "livelock-ok"))
        .env("XDG_STATE_HOME", &place)
        .output()
        .unwrap();
    assert_eq!(text(&slow.stdout).trim(), "150000");
}

#[test]
fn a_guests_own_file_in_the_place_of_stderr_gets_nothing_of_ours() {
    let place = folder("stderr");
    let file = place.join("file");
    let program = guest("linux", "errfile");
    let output = ashore(&place, &["run"]).arg(&program).arg(&file).output().unwrap();
    died_of_segv(&output);
    assert_eq!((fs::read_to_string(&file).unwrap(), text(&output.stderr)), ("mine\n".to_owned(), ""));
    let output = ashore(&place, &["run"]).arg(&program).output().unwrap();
    died_of_segv(&output);
    assert_eq!((text(&output.stderr), records(&place).len()), ("", 2));
    // A reader that has gone away.
    let mut child =
        ashore(&place, &["run"]).arg(guest("dragonfly", "wrongtls")).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().signal(), Some(SIGSEGV));
}

#[test]
fn a_report_that_nobody_reads_or_that_is_killed_ends_with_the_guest() {
    let place = folder("killed");
    let script = "\"$0\" run \"$1\" 2>&1 | sleep 1";
    let status = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_ashore")])
        .arg(guest("dragonfly", "wrongtls"))
        .env("XDG_STATE_HOME", &place)
        .status()
        .unwrap();
    assert!(status.success());
    for wait in [1, 5, 10, 20] {
        let mut child = ashore(&place, &["explain"])
            .arg(guest("freebsd", "diesgo"))
            .process_group(0)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        let _ = child.kill();
        let status = child.wait().unwrap();
        assert!(status.signal() == Some(9) || status.code() == Some(2), "{status:?}");
        // Nothing of it may live on: the copy that looks at the end dies with what it looks at.
        let group = format!("-{}", child.id());
        let mut is_alive = true;
        for _ in 0..100 {
            is_alive =
                Command::new("kill").args(["-0", "--", &group]).stderr(Stdio::null()).status().unwrap().success();
            if !is_alive {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(!is_alive, "something of {group} is left");
    }
}

#[test]
fn a_reader_that_does_not_read_holds_no_death_up() {
    let place = folder("unread");
    let (_reader, mut writer) = std::io::pipe().unwrap();
    // As much as a pipe holds.
    writer.write_all(&[b'x'; 64 * 1024]).unwrap();
    let begun = Instant::now();
    let mut command = ashore(&place, &["run"]);
    let status = command.arg(guest("dragonfly", "wrongtls")).stderr(writer).status().unwrap();
    assert_eq!(status.signal(), Some(SIGSEGV));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(records(&place).len(), 1);
}

#[test]
fn threads_that_wait_for_any_child_do_not_find_the_copy() {
    let place = folder("lateparent");
    for _ in 0..10 {
        let output = ashore(&place, &["run"]).arg(guest("linux", "lateparent")).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(3), ""));
    }
    assert_eq!(records(&place).len(), 10);
}

#[test]
fn what_go_prints_of_its_goroutines_stays_first_and_whole() {
    let state = folder("go");
    for system in ["freebsd", "netbsd", "dragonfly", "linux"] {
        let mut command = ashore(&state, &["run"]);
        let output = command.arg(guest(system, "diesgo")).env("GOTRACEBACK", "crash").output().unwrap();
        assert_eq!(output.status.signal(), Some(SIGABRT), "{output:?}");
        let said = text(&output.stderr);
        let (panic, ours) = (said.find("panic: "), said.find("ashore: diesgo died of SIGABRT"));
        assert!(panic.is_some() && panic < ours, "{said}");
        let behind = ours.map_or("", |at| &said[at..]);
        assert!(!behind.contains("goroutine 1 [running]:\nmain."), "the trace goes on behind the report: {said}");
    }
}

#[test]
fn a_code_has_a_page_and_an_unknown_one_is_a_program() {
    let state = folder("pages");
    let page = ashore(&state, &["explain", "E0901"]).output().unwrap();
    assert!(page.status.success());
    let page = text(&page.stdout);
    assert!(page.starts_with("E0901 wrong-thread-call: ") && page.contains("What to do: "), "{page}");
    let by_name = ashore(&state, &["explain", "wrong-thread-call"]).output().unwrap();
    assert_eq!(text(&by_name.stdout), page);
    let unknown = ashore(&state, &["explain", "E0000"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(127));
    assert_eq!(ashore(&state, &["explain"]).output().unwrap().status.code(), Some(125));
}
