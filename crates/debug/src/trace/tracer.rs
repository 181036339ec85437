//! The observer that writes a trace.

use super::fds::Fds;
use super::filter::Filter;
use super::format::{self, Printer};
use super::json::CallLine;
use super::output::Sink;
use super::signature::{Signature, Signatures, Type};
use super::summary::Summary;
use ashore_guest::{Answer, Args, Delivery, Kernel, Os, Row, Value};
use ashore_pivot::Errno;
use ashore_process::{Asked, Observer, Place};
use serde_json::json;
use std::cell::RefCell;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Instant;

/// What a person asked for.
#[derive(Debug)]
pub struct Settings {
    /// Which calls.
    pub filter: Filter,
    /// Only a summary at the end.
    pub summary: bool,
    /// JSON instead of text.
    pub json: bool,
    /// Where it goes.
    pub sink: Sink,
}

/// A call that has begun on this thread.
struct Begun {
    at: Instant,
    /// The printed inputs, one per argument; empty for outputs.
    inputs: Vec<String>,
    line: String,
}

thread_local! {
    static BEGUN: RefCell<Option<Begun>> = const { RefCell::new(None) };
}

/// Writes a trace.
pub struct Tracer {
    settings: Settings,
    signatures: Signatures,
    fds: Fds,
    summary: Summary,
    /// Whether a second thread or process was seen: then lines say whose they are.
    is_many: AtomicBool,
    pid: AtomicI32,
}

impl Tracer {
    /// A tracer of one process of this system.
    pub fn new(os: &'static Os, settings: Settings) -> Tracer {
        Tracer {
            settings,
            signatures: Signatures::of(os),
            fds: Fds::default(),
            summary: Summary::default(),
            is_many: AtomicBool::new(false),
            pid: AtomicI32::new(std::process::id() as i32),
        }
    }

    fn signature(&self, row: Option<&'static Row>) -> Option<&Signature> {
        self.signatures.get(row?)
    }

    fn begin_line(&self, thread: u64) -> String {
        let mut line = String::with_capacity(128);
        if self.is_many.load(Ordering::Relaxed) {
            let _ = write!(line, "[{} {thread}] ", self.pid.load(Ordering::Relaxed));
        }
        line
    }

    fn event(&self, thread: u64, text: &str, json: serde_json::Value) {
        if self.settings.summary {
            return;
        }
        let line = if self.settings.json { json.to_string() } else { self.begin_line(thread) + text };
        self.settings.sink.line(&line, Instant::now());
    }

    /// A call changed what descriptors mean.
    fn forget(&self, signature: &Signature, args: &Args, answer: &Answer) {
        match signature.name {
            "close" => self.fds.forget(args[0] as i32),
            "dup2" | "dup3" => self.fds.forget(args[1] as i32),
            "closefrom" | "close_range" | "pipe" | "pipe2" | "socketpair" | "recvmsg" | "recvmmsg" => self.fds.clear(),
            _ => {}
        }
        if signature.result == Type::Fd
            && let Ok(Value::One(fd)) = answer
        {
            self.fds.forget(*fd as i32);
        }
    }
}

fn number_name(number: u64) -> String {
    format!("call_{number}")
}

impl Observer for Tracer {
    fn call(&self, kernel: &dyn Kernel, asked: &Asked<'_>) {
        let Asked { os, place, row, number, args } = *asked;
        let signature = self.signature(row);
        let name = signature.map_or_else(|| number_name(number), |s| s.name.to_owned());
        let mut begun = Begun { at: Instant::now(), inputs: Vec::new(), line: String::new() };
        if !self.settings.summary && self.settings.filter.wants(&name, signature) {
            let printer = Printer { os, memory: kernel.memory(), fds: &self.fds, args, result: None };
            begun.line = self.begin_line(place.thread);
            begun.line.push_str(&name);
            begun.line.push('(');
            let params = signature.map_or(&[][..], |s| &s.params);
            for (n, param) in params.iter().enumerate() {
                let mut text = String::new();
                if !Printer::is_output(&param.kind) {
                    printer.argument(&mut text, n, &param.kind);
                }
                begun.inputs.push(text);
            }
        }
        BEGUN.with(|cell| *cell.borrow_mut() = Some(begun));
    }

    fn answer(&self, kernel: &dyn Kernel, asked: &Asked<'_>, answer: &Answer) {
        let Asked { os, place, row, number, args } = *asked;
        let now = Instant::now();
        let Some(mut begun) = BEGUN.with(|cell| cell.borrow_mut().take()) else { return };
        let nanos = now.duration_since(begun.at).as_nanos() as u64;
        let signature = self.signature(row);
        if let Some(signature) = signature {
            self.forget(signature, args, answer);
        }
        let result = match answer {
            Ok(Value::One(word)) => Some(*word),
            _ => None,
        };
        if self.settings.summary {
            let name = signature.map_or_else(|| number_name(number), |s| s.name.to_owned());
            self.summary.count(&name, answer.is_err(), nanos);
            return;
        }
        if begun.line.is_empty() {
            return;
        }
        let printer = Printer { os, memory: kernel.memory(), fds: &self.fds, args, result };
        let params = signature.map_or(&[][..], |s| &s.params);
        for (n, (param, text)) in params.iter().zip(&mut begun.inputs).enumerate() {
            if text.is_empty() {
                if answer.is_ok() {
                    printer.argument(text, n, &param.kind);
                } else {
                    let _ = write!(text, "{:#x}", args[n]);
                }
            }
        }
        let kind = signature.map_or(&Type::Long, |s| &s.result);
        let mut shown = String::new();
        format::result(&mut shown, &printer, kind, answer);
        let line = if self.settings.json {
            let errno = format::errno(os, answer);
            CallLine {
                pid: self.pid.load(Ordering::Relaxed),
                thread: place.thread,
                name: signature.map_or("?", |s| s.name),
                number,
                args: params.iter().map(|p| p.name).zip(begun.inputs).collect(),
                result: answer.is_ok().then_some(shown),
                errno: errno.map(|n| (os.errno_name)(n).map_or_else(|| n.to_string(), str::to_owned)),
                nanos,
            }
            .text()
        } else {
            let mut line = begun.line;
            for (n, text) in begun.inputs.iter().enumerate() {
                if n > 0 {
                    line.push_str(", ");
                }
                line.push_str(text);
            }
            let _ = write!(line, ") = {shown} <{}.{:03}us>", nanos / 1000, nanos % 1000);
            line
        };
        self.settings.sink.line(&line, now);
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
        let unfinished = BEGUN.with(|cell| {
            let begun = cell.borrow();
            let begun = begun.as_ref().filter(|b| !b.line.is_empty())?;
            let inputs: Vec<&str> = begun.inputs.iter().map(|i| if i.is_empty() { "?" } else { i }).collect();
            Some(format!("{}{}) = ?", begun.line, inputs.join(", ")))
        });
        if let Some(line) = unfinished.filter(|_| !self.settings.json) {
            self.settings.sink.line(&line, Instant::now());
        }
        self.settings.sink.flush();
    }

    fn exit(&self, _os: &'static Os, status: u8) {
        self.leave();
        if self.settings.summary {
            self.settings.sink.line(&self.summary.print(), Instant::now());
        }
        let pid = self.pid.load(Ordering::Relaxed);
        let json = json!({ "event": "exit", "pid": pid, "status": status });
        self.event(0, &format!("+++ exited with {status} +++"), json);
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
