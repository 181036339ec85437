//! Reading what a Go test program writes with `-test.v=test2json`.
//!
//! In that form every line of the framework begins with a control character, also in the middle
//! of a line a test did not end, so a test's own output is never taken for a verdict.

use super::result::Status;
use std::collections::BTreeMap;

/// The control character before a line of the framework.
const MARK: u8 = 0x16;

/// How much of a test's output is kept: enough to see why it failed.
const MOST_OUTPUT: usize = 4000;

/// What Go writes when its own time limit is over.
const TIMED_OUT: &str = "panic: test timed out after";

/// What one run of a test program said.
#[derive(Default, Debug)]
pub(super) struct Transcript {
    /// The tests that ended, with their verdict.
    pub(super) verdicts: BTreeMap<String, Status>,
    /// The tests that were running when the output ended, in the order they began.
    pub(super) running: Vec<String>,
    /// The beginning of what each test wrote.
    pub(super) outputs: BTreeMap<String, String>,
    /// Whether Go's own time limit was over.
    pub(super) timed_out: bool,
    /// The tests Go named as running when the limit was over.
    named_running: Vec<String>,
    paused: Vec<String>,
    current: String,
}

impl Transcript {
    /// Reads a whole output.
    pub(super) fn read(text: &[u8]) -> Transcript {
        let mut transcript = Transcript::default();
        for line in text.split(|byte| *byte == b'\n') {
            for (at, part) in line.split(|byte| *byte == MARK).enumerate() {
                let part = String::from_utf8_lossy(part);
                if at == 0 { transcript.output(&part) } else { transcript.frame(&part) }
            }
        }
        if !transcript.named_running.is_empty() {
            transcript.running = std::mem::take(&mut transcript.named_running);
        }
        let verdicts = &transcript.verdicts;
        transcript.running.retain(|name| !verdicts.contains_key(name));
        transcript
    }

    /// A line of the framework.
    fn frame(&mut self, line: &str) {
        let trimmed = line.trim_start();
        if let Some((word, name)) = trimmed.strip_prefix("=== ").and_then(|rest| rest.split_once(' ')) {
            self.event(word, name.trim());
        } else if let Some((word, rest)) = trimmed.strip_prefix("--- ").and_then(|rest| rest.split_once(": ")) {
            let name = rest.rsplit_once(" (").map_or(rest, |(name, _)| name);
            self.verdict(word, name);
        } else {
            self.output(line);
        }
    }

    fn event(&mut self, word: &str, name: &str) {
        let test = top(name).to_owned();
        match word {
            "RUN" | "CONT" => {
                self.paused.retain(|paused| *paused != test);
                if !self.running.contains(&test) {
                    self.running.push(test.clone());
                }
            }
            // A test that paused waits for its turn; only whole tests count here, not subtests.
            "PAUSE" if test == name => {
                self.running.retain(|running| *running != test);
                self.paused.push(test.clone());
            }
            _ => {}
        }
        self.current = test;
    }

    fn verdict(&mut self, word: &str, name: &str) {
        let status = match word {
            "PASS" => Status::Passed,
            "SKIP" => Status::Skipped,
            "FAIL" => Status::Failed,
            _ => return,
        };
        if top(name) == name {
            self.running.retain(|running| running != name);
            self.verdicts.insert(name.to_owned(), status);
        } else if status == Status::Failed {
            self.current = top(name).to_owned();
            self.output(&format!("FAIL: {name}"));
        }
        // The reason of a skip and a late message come below the verdict.
        self.current = top(name).to_owned();
    }

    fn output(&mut self, line: &str) {
        if line.starts_with(TIMED_OUT) {
            self.timed_out = true;
        }
        if self.timed_out
            && let Some((name, time)) = line.trim_start().split_once(" (")
            && line.starts_with("\t\t")
            && time.ends_with(')')
        {
            let test = top(name).to_owned();
            if !self.named_running.contains(&test) {
                self.named_running.push(test);
            }
        }
        if line.is_empty() || self.current.is_empty() {
            return;
        }
        let kept = self.outputs.entry(self.current.clone()).or_default();
        if kept.len() + line.len() < MOST_OUTPUT {
            kept.push_str(line);
            kept.push('\n');
        }
    }
}

/// The test a subtest belongs to.
fn top(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Transcript {
        Transcript::read(text.replace('^', "\x16").as_bytes())
    }

    #[test]
    fn verdicts_are_read_even_behind_an_unfinished_line() {
        let text = "^=== RUN   TestA\nno newline^--- PASS: TestA (0.00s)\n^=== RUN   TestB\n    b.go:1: why\n\
                    ^--- FAIL: TestB (0.10s)\n^=== RUN   TestC\n    c.go:2: not here\n^--- SKIP: TestC (0.00s)\nFAIL\n";
        let transcript = read(text);
        let verdict = |name: &str| transcript.verdicts.get(name).copied();
        assert_eq!(verdict("TestA"), Some(Status::Passed));
        assert_eq!(verdict("TestB"), Some(Status::Failed));
        assert_eq!(verdict("TestC"), Some(Status::Skipped));
        assert_eq!(transcript.outputs.get("TestB").map(String::as_str), Some("    b.go:1: why\n"));
        assert!(transcript.running.is_empty());
    }

    #[test]
    fn a_line_of_a_test_that_looks_like_a_verdict_is_none() {
        assert!(read("^=== RUN   TestA\n--- PASS: TestB (0.00s)\n").verdicts.is_empty());
    }

    #[test]
    fn a_crash_names_the_test_that_ran_and_not_those_that_wait() {
        let text = "^=== RUN   TestA\n^=== PAUSE TestA\n^=== RUN   TestB\n^=== RUN   TestB/x\nSIGSEGV\n";
        assert_eq!(read(text).running, ["TestB"]);
    }

    #[test]
    fn subtests_belong_to_their_test() {
        let text = "^=== RUN   TestA\n^=== RUN   TestA/x\n^=== NAME  TestA\n^--- FAIL: TestA (0.00s)\n    \
                    ^--- FAIL: TestA/x (0.00s)\n        a.go:1: bad\n";
        let transcript = read(text);
        assert_eq!(transcript.verdicts.len(), 1);
        assert!(transcript.outputs.get("TestA").is_some_and(|output| output.contains("FAIL: TestA/x")));
    }

    #[test]
    fn a_time_out_names_the_tests_that_were_running() {
        let text = "^=== RUN   TestA\n^=== RUN   TestB\npanic: test timed out after 1s\n\trunning tests:\n\
                    \t\tTestB/x (1s)\n\ngoroutine 1 [running]:\n";
        let transcript = read(text);
        assert!(transcript.timed_out);
        assert_eq!(transcript.running, ["TestB"]);
    }
}
