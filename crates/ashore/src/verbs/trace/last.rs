//! `ashore trace --last [N]`: what the threads of a run that failed did last, from its record.

use crate::failures;
use clap::ArgMatches;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;

/// Prints what the record holds of the `nth` last run that failed, in order of time.
pub(super) fn run(nth: usize, matches: &ArgMatches) -> u8 {
    let record = match failures::read(nth) {
        Ok(record) => record,
        Err(why) => {
            eprintln!("ashore: {why}");
            return crate::verbs::FAILED;
        }
    };
    let text = if matches.get_flag("json") { lines(&record, json_line) } else { lines(&record, text_line) };
    if text.is_empty() {
        eprintln!("ashore: the record of that run holds no calls");
    }
    // Who reads less than everything is not our failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    0
}

/// What one thread did at one time.
struct Step<'a> {
    thread: u64,
    /// Whether there are others.
    is_one_of_many: bool,
    step: &'a Value,
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn lines(record: &Value, line: fn(&Step<'_>) -> String) -> String {
    let threads = list(record, "threads");
    let is_one_of_many = threads.iter().filter(|thread| !list(thread, "steps").is_empty()).count() > 1;
    let mut steps = Vec::new();
    for thread in threads {
        let id = thread.get("id").and_then(Value::as_u64).unwrap_or_default();
        steps.extend(list(thread, "steps").iter().map(|step| Step { thread: id, is_one_of_many, step }));
    }
    // What happened at one time stays in a thread's own order.
    steps.sort_by_key(|step| step.number("time"));
    steps.iter().map(line).collect()
}

impl Step<'_> {
    fn number(&self, key: &str) -> u64 {
        self.step.get(key).and_then(Value::as_u64).unwrap_or_default()
    }

    fn word(&self, key: &str) -> Option<&str> {
        self.step.get(key).and_then(Value::as_str)
    }
}

/// As a trace has it, behind the time since the start.
fn text_line(step: &Step<'_>) -> String {
    let mut line = format!("{:>10.3} ms ", step.number("time") as f64 / 1e6);
    if step.is_one_of_many {
        let _ = write!(line, "[{}] ", step.thread);
    }
    match (step.word("line"), step.word("signal")) {
        (Some(call), _) => line.push_str(call),
        (None, Some(signal)) => {
            let _ = write!(line, "--- {signal} ---");
        }
        (None, None) => line.push('?'),
    }
    let repeats = step.number("repeats");
    if repeats > 0 {
        let _ = write!(line, "  (and {repeats} times more)");
    }
    line.push('\n');
    line
}

fn json_line(step: &Step<'_>) -> String {
    let mut value = step.step.clone();
    if let Value::Object(fields) = &mut value {
        let event = if fields.contains_key("signal") { "signal" } else { "call" };
        fields.insert("event".to_owned(), json!(event));
        fields.insert("thread".to_owned(), json!(step.thread));
    }
    format!("{value}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_take_turns_by_time() {
        let record = json!({ "threads": [
            { "id": 2, "steps": [{ "time": 2_000_000, "line": "write(1) = 1", "repeats": 3 }] },
            { "id": 1, "steps": [
                { "time": 1_000_000, "line": "read(0) = 0" },
                { "time": 3_500_000, "signal": "SIGABRT" },
            ] },
        ] });
        let shown = "     1.000 ms [1] read(0) = 0\n     2.000 ms [2] write(1) = 1  (and 3 times more)\n     3.500 ms [1] --- SIGABRT ---\n";
        assert_eq!(lines(&record, text_line), shown);
        assert_eq!(lines(&record, json_line).lines().count(), 3);
        assert_eq!(lines(&json!({ "threads": 7 }), text_line), "");
    }
}
