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
    /// When it began, in nanoseconds since some moment of the process.
    pub(crate) began: u64,
    pub(crate) nanos: u64,
    /// Where it was made, and what lies on the stack there.
    pub(crate) stack: Option<(u64, Vec<u8>)>,
}

impl CallLine<'_> {
    pub(crate) fn text(self) -> String {
        let args: Map<String, Value> =
            self.args.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
        let mut line = json!({
            "event": "call", "pid": self.pid, "thread": self.thread, "call": self.name, "number": self.number,
            "args": args, "result": self.result, "errno": self.errno, "began": self.began, "nanos": self.nanos,
        });
        if let (Some((at, bytes)), Some(object)) = (self.stack, line.as_object_mut()) {
            let words = bytes.chunks_exact(8).filter_map(|word| Some(u64::from_le_bytes(word.try_into().ok()?)));
            object.insert("at".into(), at.into());
            object.insert("stack".into(), words.map(|word| format!("{word:x}")).collect::<Vec<_>>().join(" ").into());
        }
        line.to_string()
    }
}

/// What every trace begins with: the system whose words it is in, and what the names in it are relative to.
pub(crate) fn start(system: &str) -> String {
    let directory = std::env::current_dir().unwrap_or_default();
    let targets = (0..3).map(|fd| std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap_or_default());
    let standard: Vec<String> = targets.map(|path| path.to_string_lossy().into_owned()).collect();
    json!({
        "event": "start", "pid": std::process::id(), "system": system, "directory": directory.to_string_lossy(),
        "standard": standard,
    })
    .to_string()
}
