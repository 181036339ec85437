//! `ashore trace` through its command line, on guests built from source: what is promised of each line, not how long things took.

mod common;

use common::{SYSTEMS, guest};
use std::path::Path;
use std::process::{Command, Output};

/// Traces a guest into a file and gives back what came of it and the file's text.
fn trace(options: &[&str], system: &str, name: &str, args: &[&str]) -> (Output, String) {
    let into = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("trace-{system}-{name}{}", options.concat()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
    command.args(["trace", "-o"]).arg(&into).args(options).arg(guest(system, name)).args(args);
    let output = command.output().unwrap();
    (output, std::fs::read_to_string(&into).unwrap())
}

#[test]
fn a_call_is_told_with_its_arguments_result_and_duration() {
    for system in SYSTEMS {
        let (output, text) = trace(&[], system, "hello", &[]);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "hello, world\n", "{system}");
        assert!(output.status.success(), "{system}");
        let line = text.lines().find(|line| line.contains("\"hello, world\\n\"")).expect(&text);
        assert!(line.contains("write(1") && line.contains(", 13) = 13 <"), "{system}: {line}");
        assert!(text.ends_with("+++ exited with 0 +++\n"), "{system}: {text}");
    }
}

#[test]
fn a_filter_leaves_only_what_it_names() {
    for system in SYSTEMS {
        let (_, text) = trace(&["-e", "write"], system, "hello", &[]);
        let calls: Vec<&str> = text.lines().filter(|line| !line.contains("+++") && !line.contains("---")).collect();
        assert!(!calls.is_empty() && calls.iter().all(|line| line.contains("write(")), "{system}: {text}");
    }
}

#[test]
fn the_exit_status_is_the_programs() {
    for system in SYSTEMS {
        let (output, text) = trace(&[], system, "exitcodes", &["exit", "3"]);
        let told = format!("+++ exited with {} +++", output.status.code().unwrap());
        let last = text.lines().last().unwrap_or_default();
        assert!(last.ends_with(&told), "{system}: {last}");
    }
}

#[test]
fn every_line_of_json_is_an_object_with_an_event() {
    for system in SYSTEMS {
        let (_, text) = trace(&["--json"], system, "hello", &[]);
        let mut calls = 0;
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).expect(line);
            let event = value["event"].as_str().expect(line);
            if event == "call" {
                calls += 1;
                assert!(value["call"].is_string() && value["number"].is_u64() && value["pid"].is_u64(), "{line}");
            }
        }
        assert!(calls > 10, "{system}: {text}");
    }
}

#[test]
fn a_summary_counts_calls_and_their_errors() {
    for system in SYSTEMS {
        let (_, text) = trace(&["-c"], system, "hello", &[]);
        let mut lines = text.lines();
        let head: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
        assert_eq!(head, ["%", "time", "seconds", "usecs/call", "calls", "errors", "call"], "{system}");
        let write = lines.find(|line| line.ends_with(" write")).expect(&text);
        assert!(write.split_whitespace().any(|word| word == "2"), "{system}: {write}");
    }
}

#[test]
fn signals_and_threads_are_told_in_the_systems_numbers() {
    for system in SYSTEMS {
        let (output, text) = trace(&[], system, "nilptr", &[]);
        assert!(output.status.success(), "{system}");
        assert!(text.lines().any(|line| line.contains("--- SIGSEGV (11), ")), "{system}");
        assert!(text.contains("+++ thread begins +++"), "{system}");
    }
}

#[test]
fn what_a_failed_run_did_last_is_shown_later() {
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trace-last");
    let _ = std::fs::remove_dir_all(&state);
    let ashore = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ashore"));
        command.args(words).env("XDG_STATE_HOME", &state).output().unwrap()
    };
    let none = ashore(&["trace", "--last"]);
    assert_eq!(none.status.code(), Some(125), "{none:?}");
    let program = guest("freebsd", "dies");
    ashore(&["run", program.to_str().unwrap()]);
    let text = String::from_utf8(ashore(&["trace", "--last"]).stdout).unwrap();
    assert!(text.contains("nanosleep(") && text.contains("--- SIGSEGV ---"), "{text}");
    let times = text.lines().filter_map(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    assert!(times.is_sorted() && text.lines().count() > 3, "{text}");
    let json = String::from_utf8(ashore(&["trace", "--last", "--json"]).stdout).unwrap();
    assert!(json.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{json}");
}
