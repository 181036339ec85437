//! A trace as lines of JSON.

use serde_json::{Map, Value, json};

/// One call.
pub(crate) struct CallLine<'a> {
    pub(crate) pid: i32,
    pub(crate) thread: u64,
    pub(crate) name: &'a str,
    pub(crate) number: u64,
    pub(crate) args: Vec<(&'a str, String)>,
    pub(crate) result: Option<String>,
    pub(crate) errno: Option<String>,
    pub(crate) nanos: u64,
}

impl CallLine<'_> {
    pub(crate) fn text(self) -> String {
        let args: Map<String, Value> =
            self.args.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
        json!({
            "event": "call", "pid": self.pid, "thread": self.thread, "call": self.name, "number": self.number,
            "args": args, "result": self.result, "errno": self.errno, "nanos": self.nanos,
        })
        .to_string()
    }
}
