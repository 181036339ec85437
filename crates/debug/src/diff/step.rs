//! One call, told so that two systems' can be compared: numbers are names, descriptors are what they are open on.

use super::meaning::{self, Meaning, On, Part, Told, Weight};
use super::read::{Call, Event, Trace};
use super::thing::{Thing, digits_as_one, fd_of, inside_quotes};
use super::words;
use crate::trace::signature::{Param, Type, Way, parse};
use ashore_guest::Os;
use std::collections::{BTreeMap, BTreeSet};

/// What a call answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It succeeded and told this; `None` when the trace does not say what.
    Done(Option<String>),
    /// It failed with the error of this name.
    Failed(String),
}

impl Answer {
    /// Whether two answers mean the same, as far as is known.
    pub(super) fn is_same(&self, other: &Answer) -> bool {
        match (self, other) {
            (Answer::Done(Some(one)), Answer::Done(Some(other))) => one == other,
            (Answer::Done(_), Answer::Done(_)) => true,
            (Answer::Failed(one), Answer::Failed(other)) => one == other,
            (Answer::Done(_), Answer::Failed(_)) | (Answer::Failed(_), Answer::Done(_)) => false,
        }
    }

    pub(super) fn is_error(&self, name: &str) -> bool {
        matches!(self, Answer::Failed(error) if error == name)
    }
}

/// A call as part of a story.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) meaning: &'static Meaning,
    /// The meaning's word, with the command when it is one of many.
    pub(super) word: String,
    /// What was asked, as (name, value) of what can be compared.
    pub(super) args: Vec<(&'static str, String)>,
    pub(super) answer: Answer,
    pub(super) weight: Weight,
    pub(super) line: usize,
    /// Its thread, and which of the thread's compared calls it is.
    pub(super) turn: (i64, usize),
    /// Which of its trace's calls it is, counted from 1.
    pub(super) nth: usize,
    /// When it began, compared with others of its trace.
    pub(super) began: u64,
    /// What its system calls it.
    pub(super) name: &'static str,
    /// The call in its own system's words.
    pub(super) shown: String,
    pub(super) place: Option<String>,
    /// Where it was made, and the words of the stack there.
    pub(super) stack: Option<(u64, Vec<u64>)>,
}

impl Step {
    /// Whether both ask the same.
    pub(super) fn asks_same(&self, other: &Step) -> bool {
        self.word == other.word && self.args == other.args
    }

    /// Whether both ask the same and were answered the same.
    pub(super) fn is_same(&self, other: &Step) -> bool {
        self.asks_same(other) && self.answer.is_same(&other.answer)
    }

    /// The value of what was asked under this name.
    pub(super) fn arg(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|arg| arg.0 == name).map(|arg| arg.1.as_str())
    }
}

/// What a call adds to which story.
#[derive(Debug)]
pub(super) struct ToldStep {
    pub(super) thing: Thing,
    /// The thing it made, when its answer is a new one.
    pub(super) made: Option<Thing>,
    pub(super) step: Step,
}

/// Goes through a trace's calls and remembers what later ones mean.
pub(super) struct Teller<'a> {
    trace: &'a Trace,
    directory: String,
    /// What descriptors were last seen open on.
    targets: BTreeMap<(i64, i64), String>,
    turns: BTreeMap<i64, usize>,
    /// When the latest call so far began.
    latest: u64,
    /// Between what data went over that nobody counted.
    pub(super) opaque: BTreeSet<Thing>,
    /// What an event queue watches: a call on it that must wait is made again later.
    pub(super) watched: BTreeSet<Thing>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(trace: &'a Trace) -> Teller<'a> {
        let directory = trace.directory.clone();
        Teller {
            trace,
            directory,
            targets: BTreeMap::new(),
            turns: BTreeMap::new(),
            latest: 0,
            opaque: BTreeSet::new(),
            watched: BTreeSet::new(),
        }
    }

    fn os(&self) -> &'static Os {
        self.trace.system
    }

    /// When a call began. Each process has its own clock; the others' calls begin when the first's before them did.
    fn began(&mut self, event: &Event, call: &Call) -> u64 {
        let is_first = self.trace.events.first().is_some_and(|first| first.pid == event.pid);
        let began = call.began.filter(|_| is_first).unwrap_or(self.latest);
        self.latest = self.latest.max(began);
        began
    }

    /// How many compared calls each thread made.
    fn turn(&mut self, thread: i64) -> (i64, usize) {
        let count = self.turns.entry(thread).or_default();
        *count += 1;
        (thread, *count)
    }

    /// Tells one call. Nothing for calls that are not compared, and for those that will be made again.
    pub(super) fn tell(&mut self, event: &Event, call: &Call, nth: usize) -> Option<ToldStep> {
        let (pid, line) = (event.pid, event.line);
        let row = meaning::row_of(self.os(), call)?;
        let signature = parse(row.signature);
        self.remember(pid, call, &signature.params);
        let meaning = meaning::of_row(row)?;
        if meaning.word == "copy between descriptors" {
            let fds = signature.params.iter().filter(|param| param.kind == Type::Fd);
            let things: Vec<Thing> = fds.filter_map(|fd| self.thing_of_fd(call.arg(fd.name)?)).collect();
            self.opaque.extend(things);
        }
        if meaning.on == On::Nothing || (call.errno.is_none() && call.result.is_none()) {
            return None;
        }
        let made = call.result.as_deref().filter(|_| signature.result == Type::Fd).and_then(|fd| self.thing_of_fd(fd));
        let thing = match meaning.on {
            On::Made => made.clone()?,
            On::Process => Thing::Process,
            On::Thing => self.thing(call, &signature.params)?,
            On::Nothing => return None,
        };
        let mut step = Step {
            meaning,
            word: meaning.word.to_owned(),
            args: self.args(meaning, call, &signature.params),
            answer: self.answer(meaning, call, &signature.params),
            weight: meaning.weight,
            line,
            turn: self.turn(event.thread),
            nth,
            began: self.began(event, call),
            name: meaning::plain(row.name()),
            shown: shown(call, &signature.params, &self.trace.standard),
            place: call.place.clone(),
            stack: call.at.map(|at| (at, call.stack.clone())),
        };
        self.refine(&mut step, call);
        if meaning.word == "change directory"
            && matches!(step.answer, Answer::Done(_))
            && let Thing::Path(path) = &thing
        {
            self.directory = words::absolute(&self.trace.directory, path);
        }
        Some(ToldStep { thing, made, step })
    }

    /// What is special about single meanings.
    fn refine(&self, step: &mut Step, call: &Call) {
        let has = |step: &Step, flag: &str| step.arg("flags").is_some_and(|flags| flags.split('|').any(|f| f == flag));
        match step.meaning.word {
            "open" => {
                let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| has(step, flag));
                step.weight = if writes || step.meaning.names.is_empty() { Weight::Changes } else { Weight::Asks };
            }
            // It only asks whether the process is there.
            "send signal" if step.arg("signal") == Some("0") => step.weight = Weight::Asks,
            "remove" if has(step, "AT_REMOVEDIR") => {
                "remove directory".clone_into(&mut step.word);
                step.args.retain(|arg| arg.0 != "flags");
            }
            "control" => {
                let command = step.arg("command").unwrap_or_default().to_owned();
                step.word = format!("control {command}");
                match command.as_str() {
                    "F_SETFL" => {
                        let flags = words::flags_of(self.os(), "open", call.arg("arg").unwrap_or_default());
                        step.args.push(("flags", flags));
                    }
                    "F_GETFL" => {}
                    _ => {
                        if matches!(step.answer, Answer::Done(_)) {
                            step.answer = Answer::Done(None);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Remembers what descriptors are, and which an event queue watches.
    fn remember(&mut self, pid: i64, call: &Call, params: &[Param]) {
        let args = params.iter().filter(|param| matches!(param.kind, Type::Fd | Type::DirFd));
        let printed = args.filter_map(|param| call.arg(param.name)).chain(call.result.as_deref());
        for (fd, target) in printed.filter_map(fd_of) {
            self.targets.insert((pid, fd), target.to_owned());
        }
        match meaning::plain(&call.name) {
            "epoll_ctl" => self.watched.extend(call.arg("fd").and_then(|fd| self.thing_of_fd(fd))),
            "kevent" => {
                let list = call.arg("changelist").unwrap_or_default();
                for note in list.split('{').filter(|note| ["_READ", "_WRITE"].iter().any(|word| note.contains(word))) {
                    let ident = note.strip_prefix("ident=").and_then(|rest| rest.split(',').next());
                    let ident = ident.and_then(|text| text.parse::<i64>().ok());
                    let target = ident.and_then(|ident| Some((ident, self.targets.get(&(pid, ident))?)));
                    let thing = target.and_then(|(fd, target)| Thing::of_target(fd, target, &self.trace.standard));
                    self.watched.extend(thing);
                }
            }
            _ => {}
        }
    }

    fn thing_of_fd(&self, printed: &str) -> Option<Thing> {
        let (fd, target) = fd_of(printed)?;
        match Thing::of_target(fd, target, &self.trace.standard)? {
            Thing::Path(path) => Some(Thing::Path(self.seen_from_start(path))),
            thing => Some(thing),
        }
    }

    /// The first path, else what the first descriptor is open on.
    fn thing(&self, call: &Call, params: &[Param]) -> Option<Thing> {
        let Some(at) = params.iter().position(|param| param.kind == Type::Path && param.name != "target") else {
            let fd = params.iter().find(|param| matches!(param.kind, Type::Fd))?;
            return self.thing_of_fd(call.arg(fd.name)?);
        };
        self.path(call, params, at).and_then(Thing::of_path)
    }

    /// The absolute path that argument `at` is.
    fn path(&self, call: &Call, params: &[Param], at: usize) -> Option<String> {
        let path = inside_quotes(call.arg(params.get(at)?.name)?)?;
        let before = at.checked_sub(1).and_then(|at| params.get(at)).filter(|param| param.kind == Type::DirFd);
        let base = before.and_then(|param| fd_of(call.arg(param.name)?)).map(|(_, target)| target.to_owned());
        let base = base.unwrap_or_else(|| self.directory.clone());
        Some(self.seen_from_start(words::absolute(&base, path)))
    }

    /// A path as seen from where the program was started.
    fn seen_from_start(&self, path: String) -> String {
        let inside = path.strip_prefix(&self.trace.directory).filter(|_| self.trace.directory.len() > 1);
        match inside {
            Some("") => ".".into(),
            Some(inside) if inside.starts_with('/') => format!(".{inside}"),
            _ => path,
        }
    }

    fn args(&self, meaning: &Meaning, call: &Call, params: &[Param]) -> Vec<(&'static str, String)> {
        let mut args = Vec::new();
        let mut paths = 0;
        for (at, param) in params.iter().enumerate() {
            let Some(value) = call.arg(param.name) else { continue };
            let value = match &param.kind {
                Type::Path if param.name == "target" => ("target", self.name_of_path(value)),
                Type::Path => {
                    paths += 1;
                    match self.path(call, params, at) {
                        Some(path) if paths > 1 => ("other path", self.name_of_path(&path)),
                        _ => continue,
                    }
                }
                Type::Flags("wait") => continue,
                Type::Enum("idtype") => continue,
                Type::Flags(_) => ("flags", words::flags(value)),
                Type::Enum("fcntl") => ("command", value.to_owned()),
                Type::Enum("ioctl") => continue,
                Type::Enum("sol") => ("level", value.to_owned()),
                Type::Enum(list) => (*list, value.to_owned()),
                Type::Option => ("option", value.to_owned()),
                Type::Signal => ("signal", value.to_owned()),
                Type::Mode if words::counts_mode(meaning.word, call, params) => ("mode", words::permissions(value)),
                Type::Off if meaning.part == Part::Control && param.name != "pad" => ("offset", value.to_owned()),
                Type::Record(Way::In, "sockaddr", _) => ("address", words::address(value)),
                Type::Bytes(Way::In, _) if meaning.word == "set option" => ("value", value.to_owned()),
                Type::Bytes(Way::In, _) if meaning.word == "write" => ("data", digits_as_one(value)),
                Type::Int if param.name == "how" => ("how", value.to_owned()),
                _ => continue,
            };
            if !value.1.is_empty() {
                args.push(value);
            }
        }
        if matches!(meaning::plain(&call.name), "lstat" | "lchown" | "lchmod" | "nlstat") {
            args.push(("flags", "AT_SYMLINK_NOFOLLOW".into()));
        }
        args
    }

    /// A path where the program's own name and counted names are alike on both sides.
    fn name_of_path(&self, path: &str) -> String {
        match &self.trace.program {
            Some(program) if path.trim_matches('"') == program => "the program".into(),
            _ => digits_as_one(path),
        }
    }

    /// An option's value; an error by name.
    fn option_value(&self, call: &Call, value: &str) -> String {
        let is_error = call.args.iter().any(|arg| arg.1 == "SO_ERROR");
        let name = value.parse().ok().filter(|number| is_error && *number != 0).and_then(self.os().errno_name);
        name.map_or_else(|| value.to_owned(), |name| words::errno(name).to_owned())
    }

    fn answer(&self, meaning: &Meaning, call: &Call, params: &[Param]) -> Answer {
        if let Some(errno) = &call.errno {
            return Answer::Failed(words::errno(errno).to_owned());
        }
        let result = call.result.as_deref().unwrap_or_default();
        let output = |wanted: &str| {
            let param = params.iter().find(|param| matches!(param.kind, Type::Record(_, name, _) if name == wanted))?;
            call.arg(param.name)
        };
        Answer::Done(match meaning.told {
            Told::Done => None,
            Told::Number | Told::Bytes => Some(result.to_owned()),
            Told::Flags => Some(words::flags_of(self.os(), "open", result)),
            Told::Stat => output("stat").and_then(words::stat),
            Told::Option => {
                let value = output("optval").and_then(|value| words::field(value, "value"));
                value.map(|value| self.option_value(call, value))
            }
            Told::Status => output("status").and_then(words::status),
            Told::Text => {
                let buffer = params.iter().find(|param| matches!(param.kind, Type::Bytes(Way::Out, _)));
                buffer.and_then(|param| call.arg(param.name)).map(|text| self.name_of_path(text))
            }
        })
    }
}

/// The call in its own words and its own order.
fn shown(call: &Call, params: &[Param], standard: &[String]) -> String {
    let arg = |param: &Param| {
        let value = call.arg(param.name)?;
        match fd_of(value).map(|(fd, target)| (fd, Thing::of_target(fd, target, standard))) {
            Some((fd, Some(Thing::Standard(_)))) => Some(fd.to_string()),
            _ => Some(value.to_owned()),
        }
    };
    let args: Vec<String> = params.iter().filter_map(arg).collect();
    let result = match (&call.errno, &call.result) {
        (Some(errno), _) => format!("-1 {errno}"),
        (None, Some(result)) => result.clone(),
        (None, None) => "?".into(),
    };
    format!("{}({}) = {result}", call.name, args.join(", "))
}
