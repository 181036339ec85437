//! The observer that writes a trace.

use super::calls::{Call, Calls, Changes};
use super::fds::Fds;
use super::filter::Filter;
use super::format::{self, Printer};
use super::json::{self, CallLine};
use super::output::Sink;
use super::signature::Type;
use super::summary::{Summary, number_name};
use super::text::Text;
use ashore_base::Addr;
use ashore_guest::{Answer, Args, Delivery, Kernel, Os, Row, Value};
use ashore_pivot::{Errno, Memory};
use ashore_process::{Asked, Observer, Place};
use ashore_sys::{Mark, Watch};
use serde_json::json;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// What a person asked for.
#[derive(Debug)]
pub struct Settings {
    /// Which calls.
    pub filter: Filter,
    /// Only a summary at the end.
    pub summary: bool,
    /// JSON instead of text.
    pub json: bool,
    /// With where each call was made and what the stack holds there.
    pub stack: bool,
    /// Where it goes.
    pub sink: Sink,
}

/// How many bytes of a stack are told.
const STACK_LEN: usize = 2048;

/// The most arguments a call has.
const ARGS: usize = 8;

/// A call that has begun on this thread. Its buffers are used again for the next one.
struct Begun {
    is_open: bool,
    is_shown: bool,
    row: Option<&'static Row>,
    at: Mark,
    ended: Mark,
    /// The line up to the first argument that is known only at the end.
    line: Text,
    /// The printed inputs after that, one after the other, and where each ends.
    rest: Text,
    ends: [usize; ARGS],
}

impl Begun {
    const fn new() -> Begun {
        Begun {
            is_open: false,
            is_shown: false,
            row: None,
            at: Mark::ZERO,
            ended: Mark::ZERO,
            line: Text::new(),
            rest: Text::new(),
            ends: [0; ARGS],
        }
    }

    /// Input `n` of those after the first `before`.
    fn input(&self, n: usize, before: usize) -> &[u8] {
        let start = if n == before { 0 } else { self.ends[n - 1] };
        self.rest.bytes().get(start..self.ends[n]).unwrap_or_default()
    }
}

thread_local! {
    static BEGUN: RefCell<Begun> = const { RefCell::new(Begun::new()) };
}

/// Writes a trace.
pub struct Tracer {
    settings: Settings,
    calls: Calls,
    fds: Fds,
    summary: Summary,
    watch: Watch,
    /// Whether a second thread or process was seen: then lines say whose they are.
    is_many: AtomicBool,
    pid: AtomicI32,
}

impl Tracer {
    /// A tracer of one process of this system.
    pub fn new(os: &'static Os, settings: Settings) -> Tracer {
        let calls = Calls::of(os, &settings.filter);
        if settings.json && !settings.summary {
            let line = json::start(os.name);
            settings.sink.line(0, |out| out.push_str(&line));
        }
        Tracer {
            settings,
            summary: Summary::new(calls.len()),
            calls,
            fds: Fds::default(),
            watch: Watch::default(),
            is_many: AtomicBool::new(false),
            pid: AtomicI32::new(std::process::id() as i32),
        }
    }

    /// Appends whose line it is, when it is not clear.
    fn begin_line(&self, line: &mut Text, thread: u64) {
        if self.is_many.load(Ordering::Relaxed) {
            line.push('[');
            line.signed(self.pid.load(Ordering::Relaxed).into());
            line.push(' ');
            line.unsigned(thread);
            line.push_str("] ");
        }
    }

    /// How many arguments are printed into the line when the call begins.
    fn inputs_first(&self, call: &Call) -> usize {
        // An object of JSON is made of each by itself.
        if self.settings.json { 0 } else { call.inputs_first }
    }

    fn event(&self, thread: u64, text: &str, json: serde_json::Value) {
        if !self.settings.summary {
            let line = self.event_line(thread, text, &json);
            self.write(self.watch.mark(), |out| out.push_bytes(line.bytes()));
        }
    }

    fn event_line(&self, thread: u64, text: &str, json: &serde_json::Value) -> Text {
        let mut line = Text::new();
        if self.settings.json {
            line.push_str(&json.to_string());
        } else {
            self.begin_line(&mut line, thread);
            line.push_str(text);
        }
        line
    }

    /// A call changed what descriptors mean.
    fn forget(&self, call: &Call, args: &Args, answer: &Answer) {
        match call.changes {
            Changes::Nothing => {}
            Changes::Argument(n) => self.fds.forget(args[n] as i32),
            Changes::All => self.fds.clear(),
        }
        if call.opens
            && let Ok(Value::One(fd)) = answer
        {
            self.fds.forget(*fd as i32);
        }
    }

    /// Prints what is known of a call that begins.
    fn begin(&self, begun: &mut Begun, printer: &Printer<'_>, call: Option<&Call>, asked: &Asked<'_>) {
        begun.line.clear();
        begun.rest.clear();
        self.begin_line(&mut begun.line, asked.place.thread);
        let Some(call) = call else {
            begun.line.push_str(&number_name(asked.number));
            begun.line.push('(');
            return;
        };
        begun.line.push_str(&call.head);
        let first = self.inputs_first(call);
        for (n, param) in call.signature.params.iter().take(ARGS).enumerate() {
            if n < first {
                if n > 0 {
                    begun.line.push_str(", ");
                }
                printer.argument(&mut begun.line, n, &param.kind);
                continue;
            }
            if !call.outputs[n] {
                printer.argument(&mut begun.rest, n, &param.kind);
            }
            begun.ends[n] = begun.rest.len();
        }
    }

    /// Prints argument `n` of those that were not printed into the line when the call began.
    fn late(&self, out: &mut Text, begun: &Begun, printer: &Printer<'_>, call: &Call, n: usize, is_ok: bool) {
        if !call.outputs[n] {
            out.push_bytes(begun.input(n, self.inputs_first(call)));
        } else if is_ok {
            printer.argument(out, n, &call.signature.params[n].kind);
        } else {
            out.hex(printer.args[n]);
        }
    }

    /// Writes the line of a call that ended.
    fn end(&self, begun: &mut Begun, printer: &Printer<'_>, call: Option<&Call>, answer: &Answer, nanos: u64) {
        let mut line = std::mem::take(&mut begun.line);
        if let Some(call) = call {
            for n in self.inputs_first(call)..call.outputs.len().min(ARGS) {
                if n > 0 {
                    line.push_str(", ");
                }
                self.late(&mut line, begun, printer, call, n, answer.is_ok());
            }
        }
        // What was written just now goes where it stays: copying it again at once would wait for it.
        self.write(begun.ended, |out| {
            out.push_bytes(line.bytes());
            out.push_str(") = ");
            format::result(out, printer, call.map_or(&Type::Long, |call| &call.signature.result), answer);
            out.duration(nanos);
        });
        begun.line = line;
    }

    /// The line of a call that may never end.
    fn unfinished(&self, begun: &Begun) -> Text {
        let mut line = begun.line.clone();
        if let Some(call) = self.calls.get(begun.row) {
            for n in call.inputs_first..call.outputs.len().min(ARGS) {
                line.push_str(if n > 0 { ", " } else { "" });
                line.push_bytes(if call.outputs[n] { b"?" } else { begun.input(n, call.inputs_first) });
            }
        }
        line.push_str(") = ?");
        line
    }

    fn write(&self, now: Mark, write: impl FnOnce(&mut Text)) {
        if self.settings.sink.line(self.watch.age(now), write) {
            self.watch.learn();
        }
    }

    /// The same as JSON.
    fn end_json(&self, begun: &Begun, printer: &Printer<'_>, asked: &Asked<'_>, answer: &Answer, nanos: u64) {
        let call = self.calls.get(asked.row);
        let args = call.map_or_else(Vec::new, |call| {
            let params = call.signature.params.iter().take(ARGS).enumerate();
            let printed = params.map(|(n, param)| {
                let mut text = Text::new();
                self.late(&mut text, begun, printer, call, n, answer.is_ok());
                (param.name, text.into_string())
            });
            printed.collect()
        });
        let mut shown = Text::new();
        format::result(&mut shown, printer, call.map_or(&Type::Long, |call| &call.signature.result), answer);
        let errno = format::errno(asked.os, answer);
        let line = CallLine {
            pid: self.pid.load(Ordering::Relaxed),
            thread: asked.place.thread,
            name: call.map_or("?", |call| call.signature.name),
            number: asked.number,
            args,
            result: answer.is_ok().then(|| shown.into_string()),
            errno: errno.map(|n| (asked.os.errno_name)(n).map_or_else(|| n.to_string(), str::to_owned)),
            began: self.watch.age(begun.at),
            nanos,
            stack: (self.settings.stack && call.is_some_and(|call| call.is_behaviour))
                .then(|| (asked.place.at.0, top_of_stack(printer.memory, asked.place.sp))),
        };
        self.write(begun.ended, |out| out.push_str(&line.text()));
    }
}

/// The first bytes of a stack: as many as there are, up to a few callers' worth.
fn top_of_stack(memory: &dyn Memory, sp: Addr) -> Vec<u8> {
    let mut bytes = vec![0; STACK_LEN];
    while !bytes.is_empty() && memory.read(sp, &mut bytes).is_err() {
        bytes.truncate(bytes.len() / 2);
    }
    bytes
}

impl Observer for Tracer {
    fn call(&self, kernel: &dyn Kernel, asked: &Asked<'_>) {
        let Asked { os, row, number, args, .. } = *asked;
        let call = self.calls.get(row);
        let is_shown = !self.settings.summary
            && call.map_or_else(|| self.settings.filter.wants(&number_name(number), None), |call| call.is_wanted);
        BEGUN.with_borrow_mut(|begun| {
            begun.is_open = true;
            begun.is_shown = is_shown;
            begun.row = row;
            if is_shown {
                let printer = Printer { os, memory: kernel.memory(), fds: &self.fds, args, result: None };
                self.begin(begun, &printer, call, asked);
            }
            // Last, so that what is told is the call's own time.
            begun.at = self.watch.mark();
        });
    }

    fn answer(&self, kernel: &dyn Kernel, asked: &Asked<'_>, answer: &Answer) {
        let now = self.watch.mark();
        let Asked { os, row, number, args, .. } = *asked;
        BEGUN.with_borrow_mut(|begun| {
            if !std::mem::take(&mut begun.is_open) {
                return;
            }
            begun.ended = now;
            let nanos = self.watch.nanos(begun.at, now);
            let call = self.calls.get(row);
            if let Some(call) = call {
                self.forget(call, args, answer);
            }
            if self.settings.summary {
                self.summary.count(row, number, answer.is_err(), nanos);
            }
            if !begun.is_shown {
                return;
            }
            let result = match answer {
                Ok(Value::One(word)) => Some(*word),
                _ => None,
            };
            let printer = Printer { os, memory: kernel.memory(), fds: &self.fds, args, result };
            if self.settings.json {
                self.end_json(begun, &printer, asked, answer, nanos);
            } else {
                self.end(begun, &printer, call, answer, nanos);
            }
        });
    }

    fn signal(&self, os: &'static Os, place: Place, delivery: &Delivery, is_handled: bool) {
        let number = (os.signal)(delivery.signal);
        let name = (os.signal_name)(number).unwrap_or("?");
        let end = if is_handled { "" } else { ", no handler: the process ends" };
        let from = if delivery.pid != 0 { format!(", from pid {}", delivery.pid) } else { String::new() };
        let at = if delivery.signal.is_fault() && delivery.code > 0 {
            format!(", address {}, at {}", delivery.addr, place.at)
        } else {
            String::new()
        };
        let text = format!("--- {name} ({number}){from}{at}{end} ---");
        let json = json!({
            "event": "signal", "pid": self.pid.load(Ordering::Relaxed), "thread": place.thread, "signal": name,
            "number": number, "handled": is_handled, "address": delivery.addr.0, "at": place.at.0,
        });
        self.event(place.thread, &text, json);
    }

    fn thread(&self, _os: &'static Os, id: u64, is_new: bool) {
        if is_new && self.settings.sink_has_lines() {
            self.is_many.store(true, Ordering::Relaxed);
        }
        let what = if is_new { "begins" } else { "ends" };
        if !is_new || self.is_many.load(Ordering::Relaxed) {
            let json = json!({
                "event": "thread", "pid": self.pid.load(Ordering::Relaxed), "thread": id, "begins": is_new,
            });
            self.event(id, &format!("+++ thread {what} +++"), json);
        }
    }

    fn flush(&self) {
        self.settings.sink.flush();
    }

    fn around_fork(&self, fork: &mut dyn FnMut() -> Result<i32, Errno>) -> Result<i32, Errno> {
        self.settings.sink.around(|| self.fds.around(|| self.summary.around(fork)))
    }

    fn leave(&self) {
        let unfinished = BEGUN.with_borrow(|begun| {
            (begun.is_open && begun.is_shown && !self.settings.json).then(|| self.unfinished(begun))
        });
        if let Some(line) = unfinished {
            self.write(self.watch.mark(), |out| out.push_bytes(line.bytes()));
        }
        self.settings.sink.flush();
    }

    fn exit(&self, _os: &'static Os, status: u8) {
        self.leave();
        let pid = self.pid.load(Ordering::Relaxed);
        let json = json!({ "event": "exit", "pid": pid, "status": status });
        let line = self.event_line(0, &format!("+++ exited with {status} +++"), &json);
        // Other threads run until the kernel ends them, and what they do now is nobody's business any more.
        self.settings.sink.end(|out| match self.settings.summary {
            true => out.push_str(&self.summary.print(&self.calls)),
            false => out.push_bytes(line.bytes()),
        });
    }

    fn forked(&self, _os: &'static Os, pid: i32) {
        self.pid.store(pid, Ordering::Relaxed);
        self.is_many.store(true, Ordering::Relaxed);
        self.summary.clear();
    }
}

impl Settings {
    /// Whether anything was traced before: the first thread is no news.
    fn sink_has_lines(&self) -> bool {
        static FIRST: AtomicBool = AtomicBool::new(false);
        FIRST.swap(true, Ordering::Relaxed)
    }
}
