//! A trace read back from its lines of JSON.
//!
//! The file comes from outside: whatever is in it, reading gives a trace or the number of the line that is wrong.

use ashore_guest::{GUESTS, Os, by_name};
use serde_json::Value;
use std::fmt;

/// More of a stack is not kept.
const MOST_STACK_WORDS: usize = 1024;

/// A trace.
pub struct Trace {
    /// The system of its first process.
    pub(super) system: &'static Os,
    /// The directory its relative paths begin at.
    pub(super) directory: String,
    /// What the first three descriptors were open on at the start.
    pub(super) standard: Vec<String>,
    /// What the running program's file is called in it.
    pub(super) program: Option<String>,
    pub(super) events: Vec<Event>,
    /// The last line is not whole.
    is_cut: bool,
}

/// One line.
#[derive(Debug)]
pub(super) struct Event {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) pid: i64,
    pub(super) thread: i64,
    pub(super) what: What,
}

/// What a line tells.
#[derive(Debug)]
pub(super) enum What {
    Call(Call),
    /// A signal that no handler takes: the process ends.
    Fatal(String),
    Exit(u64),
    /// The process became another program.
    Became,
}

/// A call that ended.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) number: u64,
    pub(super) args: Vec<(String, String)>,
    pub(super) result: Option<String>,
    pub(super) errno: Option<String>,
    /// When it began, when the trace tells.
    pub(super) began: Option<u64>,
    /// Where it was made and the words of the stack there, when the trace tells.
    pub(super) at: Option<u64>,
    pub(super) stack: Vec<u64>,
    /// Where in the program, when the trace tells.
    pub(super) place: Option<String>,
}

impl Call {
    /// The argument of this name.
    pub(super) fn arg(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|arg| arg.0 == name).map(|arg| arg.1.as_str())
    }
}

/// Why a file is no trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line that is wrong, counted from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => out.write_str(&self.why),
            line => write!(out, "line {line}: {}", self.why),
        }
    }
}

impl Trace {
    /// Whether these bytes are meant to be a trace, not a program.
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
    }

    /// Reads a trace. A last line that was cut off is left out.
    pub fn read(bytes: &[u8]) -> Result<Trace, Fault> {
        let mut reader = Reader::default();
        let mut lines = bytes.split(|byte| *byte == b'\n').enumerate().peekable();
        while let Some((at, line)) = lines.next() {
            let is_last = lines.peek().is_none();
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match serde_json::from_slice(line) {
                Ok(value) => reader.line(at + 1, &value).map_err(|why| Fault { line: at + 1, why })?,
                Err(_) if is_last => reader.is_cut = true,
                Err(error) => return Err(Fault { line: at + 1, why: format!("no JSON: {error}") }),
            }
        }
        reader.finish()
    }

    /// What the running program's file is called in the trace.
    pub fn set_program(&mut self, path: String) {
        self.program = Some(path);
    }

    /// The name a person reads of the system.
    pub fn system_title(&self) -> &'static str {
        self.system.title
    }

    /// Whether the trace stops in the middle of a line.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }
}

#[derive(Default)]
struct Reader {
    system: Option<&'static Os>,
    directory: String,
    standard: Vec<String>,
    events: Vec<Event>,
    is_cut: bool,
}

impl Reader {
    fn line(&mut self, line: usize, value: &Value) -> Result<(), String> {
        let event = text(value, "event").ok_or("no object with an event")?;
        let what = match event {
            "start" if self.system.is_none() => return self.start(value),
            "start" => What::Became,
            "call" => What::Call(call(value)?),
            "signal" if value.get("handled").and_then(Value::as_bool) == Some(false) => {
                What::Fatal(text(value, "signal").ok_or("a signal without a name")?.to_owned())
            }
            "exit" => What::Exit(value.get("status").and_then(Value::as_u64).ok_or("an exit without a status")?),
            // Threads, handled signals, and what a newer Ashore may tell.
            _ => return Ok(()),
        };
        let pid = value.get("pid").and_then(Value::as_i64).ok_or("no pid")?;
        let thread = value.get("thread").and_then(Value::as_i64).unwrap_or(0);
        self.events.push(Event { line, pid, thread, what });
        Ok(())
    }

    /// Of several programs the first counts.
    fn start(&mut self, value: &Value) -> Result<(), String> {
        let name = text(value, "system").ok_or("a start without a system")?;
        let guest = by_name(name).ok_or_else(|| format!("no system is called {name}"))?;
        self.system = Some(guest.os);
        self.directory = text(value, "directory").unwrap_or_default().to_owned();
        let standard = value.get("standard").and_then(Value::as_array);
        self.standard =
            standard.into_iter().flatten().map(|path| path.as_str().unwrap_or_default().to_owned()).collect();
        Ok(())
    }

    fn finish(self) -> Result<Trace, Fault> {
        let Some(system) = self.system.or_else(|| guess(&self.events)) else {
            return Err(Fault { line: 0, why: "no line tells a call or a system".into() });
        };
        Ok(Trace {
            system,
            directory: self.directory,
            standard: self.standard,
            program: None,
            events: self.events,
            is_cut: self.is_cut,
        })
    }
}

fn call(value: &Value) -> Result<Call, String> {
    let args = value.get("args").and_then(Value::as_object);
    let args = args.into_iter().flatten().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), text)
    });
    Ok(Call {
        name: text(value, "call").ok_or("a call without a name")?.to_owned(),
        number: value.get("number").and_then(Value::as_u64).ok_or("a call without a number")?,
        args: args.collect(),
        result: text(value, "result").map(str::to_owned),
        errno: text(value, "errno").map(str::to_owned),
        at: value.get("at").and_then(Value::as_u64),
        stack: text(value, "stack").map(words).unwrap_or_default(),
        began: value.get("began").and_then(Value::as_u64),
        place: text(value, "place").map(str::to_owned),
    })
}

/// Hexadecimal words up to the first that is none.
fn words(text: &str) -> Vec<u64> {
    text.split(' ').map_while(|word| u64::from_str_radix(word, 16).ok()).take(MOST_STACK_WORDS).collect()
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}

/// The system whose numbers and names most calls have, for a trace that does not tell.
fn guess(events: &[Event]) -> Option<&'static Os> {
    let calls = || {
        events.iter().take(1000).filter_map(|event| match &event.what {
            What::Call(call) => Some(call),
            _ => None,
        })
    };
    let fits = |os: &'static Os| {
        calls()
            .filter(|call| os.calls.iter().any(|row| u64::from(row.number) == call.number && row.name() == call.name))
    };
    let best = GUESTS.iter().map(|guest| guest.os).max_by_key(|os| fits(os).count())?;
    (fits(best).count() > 0).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = r#"{"event":"start","pid":1,"system":"freebsd","directory":"/d","standard":["a","b","c"]}"#;
    const CALL: &str = r#"{"event":"call","pid":1,"thread":1,"call":"getpid","number":20,"args":{},"result":"1","errno":null,"nanos":5}"#;

    fn read(lines: &[&str]) -> Result<Trace, Fault> {
        Trace::read(lines.join("\n").as_bytes())
    }

    #[test]
    fn a_cut_last_line_is_left_out() {
        let trace = read(&[START, CALL, &CALL[..40]]).unwrap();
        assert!(trace.is_cut() && trace.events.len() == 1);
        assert_eq!(trace.system.name, "freebsd");
    }

    #[test]
    fn a_wrong_line_is_named() {
        let fault = read(&[START, "{", CALL]).err().unwrap();
        assert_eq!(fault.line, 2);
        assert_eq!(read(&[START, r#"{"event":"call","pid":1}"#, ""]).err().unwrap().line, 2);
        assert_eq!(read(&["{}"]).err().unwrap().line, 1);
        assert_eq!(
            read(&[r#"{"event":"start","system":"plan9"}"#]).err().unwrap().to_string(),
            "line 1: no system is called plan9"
        );
        assert_eq!(read(&[""]).err().unwrap().line, 0);
        assert!(Trace::read(&[b'[', 0xff, b'\n', b'\n']).is_err());
    }

    #[test]
    fn the_system_of_an_old_trace_is_guessed() {
        assert_eq!(read(&[&CALL.replace("20", "39")]).unwrap().system.name, "linux");
    }
}
