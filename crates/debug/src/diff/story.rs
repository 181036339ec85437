//! What happened to each thing, in its own order: the unit that two systems are compared by.
//!
//! Threads take turns differently in every run, so the order of all calls means little. What happens to one file,
//! socket or pipe keeps its order, and of a socket each direction for itself.

use super::meaning::{self, Part, Weight};
use super::read::{Call, Event, Trace, What};
use super::step::{Answer, Step, Teller, ToldStep};
use super::thing::{Thing, digits_as_one};
use std::collections::{BTreeMap, BTreeSet};

/// The parts of a story, each in its order.
pub(super) const PARTS: [Part; 4] = [Part::Control, Part::Accept, Part::In, Part::Out];

/// How a written zero is told, with one mark for all digits.
const ZERO: &str = "\"\\#\"";

/// A thing's story.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) thing: Thing,
    /// How it came to be, in words that do not differ from run to run.
    pub(super) origin: String,
    /// What became of it: which of a kind it is.
    pub(super) role: &'static str,
    /// The steps of each part.
    pub(super) parts: BTreeMap<Part, Vec<Step>>,
    /// How much was read is not known, or not all that would have been was.
    pub(super) is_open_end: bool,
    /// Data went over that nobody counted.
    pub(super) is_opaque: bool,
    /// The first call's place among all.
    pub(super) first: usize,
    /// How many things of a kind are told as one.
    pub(super) count: usize,
}

impl Story {
    fn new(thing: Thing, first: usize) -> Story {
        let origin = match &thing {
            Thing::Path(path) => digits_as_one(path),
            Thing::Socket(_) => "socket".into(),
            Thing::Pipe(_) => "pipe".into(),
            Thing::Standard(n) => format!("standard {n}"),
            Thing::Process => "process".into(),
        };
        Story { thing, origin, role: "", parts: BTreeMap::new(), is_open_end: true, is_opaque: false, first, count: 1 }
    }

    pub(super) fn steps(&self, part: Part) -> &[Step] {
        self.parts.get(&part).map_or(&[], Vec::as_slice)
    }

    /// Every step.
    pub(super) fn all(&self) -> impl Iterator<Item = &Step> {
        self.parts.values().flatten()
    }

    /// What a person calls the thing.
    pub(super) fn name(&self, program: Option<&str>) -> String {
        match &self.thing {
            Thing::Path(path) if Some(path.as_str()) == program => "the program's file".into(),
            Thing::Path(path) => format!("\"{path}\""),
            Thing::Socket(_) if self.count > 1 => format!("{} {}s", self.count, self.origin),
            Thing::Socket(_) if self.role.is_empty() => self.origin.clone(),
            Thing::Socket(_) => format!("{} that {}", self.origin, self.role),
            Thing::Pipe(_) => "pipe".into(),
            Thing::Standard(0) => "standard input".into(),
            Thing::Standard(1) => "standard output".into(),
            Thing::Standard(_) => "standard error".into(),
            Thing::Process => "the process".into(),
        }
    }

    fn carries_a_stream(&self) -> bool {
        matches!(self.thing, Thing::Socket(_) | Thing::Pipe(_)) || self.thing == Thing::Standard(0)
    }
}

/// How a trace's first process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    pub(super) text: String,
    pub(super) line: usize,
}

/// A trace as stories.
#[derive(Debug)]
pub(super) struct Stories {
    pub(super) stories: Vec<Story>,
    pub(super) end: Option<End>,
    /// How many calls the trace has.
    pub(super) calls: usize,
}

/// Processes that became other programs, and their children.
#[derive(Default)]
struct Others {
    pids: BTreeSet<i64>,
}

impl Others {
    fn is_other(&mut self, event: &Event, call: &Call) -> bool {
        let is_other = self.pids.contains(&event.pid);
        if is_other && meaning::is_fork(&call.name) {
            self.pids.extend(call.result.as_deref().and_then(|pid| pid.parse::<i64>().ok()));
        }
        is_other
    }
}

/// Tells a trace's stories; `is_alone` when the other trace does not tell what programs do that its program became.
pub(super) fn stories(trace: &Trace, is_alone: bool) -> Stories {
    let mut others = Others::default();
    let mut teller = Teller::new(trace);
    let mut found: BTreeMap<Thing, Story> = BTreeMap::new();
    let (mut end, mut calls) = (None, 0);
    let first_pid = trace.events.first().map(|event| event.pid);
    for event in &trace.events {
        match &event.what {
            What::Call(call) => {
                calls += 1;
                if let Some(told) = teller.tell(event, call, calls).filter(|_| !others.is_other(event, call)) {
                    add(&mut found, told, calls);
                }
            }
            What::Fatal(signal) if Some(event.pid) == first_pid => {
                end = Some(End { text: format!("dies of {signal}"), line: event.line });
            }
            What::Exit(status) if Some(event.pid) == first_pid && end.is_none() => {
                end = Some(End { text: format!("exits with {status}"), line: event.line });
            }
            What::Became => others.pids.extend(is_alone.then_some(event.pid)),
            What::Fatal(_) | What::Exit(_) => {}
        }
    }
    let mut stories: Vec<Story> =
        found.into_values().filter(|story| !is_alarm(story)).map(|story| finish(story, &teller)).collect();
    stories.sort_by_key(|story| story.first);
    Stories { stories, end, calls }
}

fn add(found: &mut BTreeMap<Thing, Story>, told: ToldStep, nth: usize) {
    let ToldStep { thing, made, step } = told;
    let accepted = (step.meaning.word == "accept").then(|| {
        let listener = found.get(&thing).map_or("socket", |story| story.origin.as_str());
        format!("{} accepted", listener.trim_end_matches(" accepted"))
    });
    if let (Some(origin), Some(made)) = (accepted, made) {
        let story = found.entry(made.clone()).or_insert_with(|| Story::new(made, nth));
        story.origin = origin;
    }
    let story = found.entry(thing.clone()).or_insert_with(|| Story::new(thing, nth));
    if step.meaning.word == "socket" {
        story.origin = kind_of_socket(&step);
    }
    story.parts.entry(step.meaning.part).or_default().push(step);
}

/// `IPv6 stream socket`.
fn kind_of_socket(step: &Step) -> String {
    let domain = match step.arg("domain").unwrap_or_default() {
        "AF_INET" => "IPv4",
        "AF_INET6" => "IPv6",
        "AF_UNIX" => "Unix",
        other => other,
    };
    let flags = step.arg("flags").unwrap_or_default();
    let kind =
        [("SOCK_STREAM", "stream"), ("SOCK_DGRAM", "datagram"), ("SOCK_SEQPACKET", "packet"), ("SOCK_RAW", "raw")];
    let kind = kind.iter().find(|(flag, _)| flags.split('|').any(|f| f == *flag)).map_or("", |kind| kind.1);
    format!("{domain} {kind} socket")
}

/// Takes out of a story what differs from run to run.
fn finish(mut story: Story, teller: &Teller<'_>) -> Story {
    story.role = role_of(&story);
    story.is_opaque = teller.opaque.contains(&story.thing);
    let is_watched = teller.watched.contains(&story.thing);
    for steps in story.parts.values_mut() {
        retried(steps, is_watched);
    }
    if let Some(steps) = story.parts.get_mut(&Part::Control) {
        // Nobody left to wait for is how run times find out that they are done.
        steps.retain(|step| !(step.meaning.word == "wait for child" && step.answer.is_error("ECHILD")));
        story.is_open_end = !steps.iter().any(|step| step.meaning.word == "close");
        connected(steps);
        absorbed(steps);
        steps.retain(|step| step.meaning.word != "close");
        listed(steps);
    }
    if let Some(steps) = story.parts.get_mut(&Part::In) {
        let is_end = |step: &Step| step.answer == Answer::Done(Some("0".into()));
        story.is_open_end &= !steps.iter().any(is_end);
        steps.retain(|step| !is_end(step));
        joined(steps);
    }
    if story.carries_a_stream()
        && let Some(steps) = story.parts.get_mut(&Part::Out)
    {
        joined(steps);
    }
    story.parts.retain(|_, steps| !steps.is_empty());
    story
}

/// Whether a pipe carries nothing but zeros: a run time wakes its own threads through it.
fn is_alarm(story: &Story) -> bool {
    let is_zero = |step: &Step| step.arg("data") == Some(ZERO);
    let written = story.steps(Part::Out);
    matches!(story.thing, Thing::Pipe(_)) && !written.is_empty() && written.iter().all(is_zero)
}

/// What became of a socket.
fn role_of(story: &Story) -> &'static str {
    let did = |word: &str| story.all().any(|step| step.meaning.word == word);
    match () {
        () if did("listen") => "listens",
        () if did("connect") => "connects",
        () if did("bind") => "is bound",
        () => "",
    }
}

/// A call that had to wait is made again: only the last counts. On what an event queue watches it always is.
fn retried(steps: &mut Vec<Step>, is_watched: bool) {
    let waits: Vec<bool> = steps
        .iter()
        .enumerate()
        .map(|(at, step)| {
            let is_again = || steps.iter().skip(at + 1).any(|later| later.word == step.word);
            let is_late = step.answer.is_error("EAGAIN") && step.word != "connect";
            step.answer.is_error("EINTR") || is_late && (is_watched || is_again())
        })
        .collect();
    let mut waits = waits.into_iter();
    steps.retain(|_| !waits.next().unwrap_or(false));
}

/// A connection under way is told by the error asked for later.
fn connected(steps: &mut Vec<Step>) {
    let is_error = |step: &Step| step.arg("option") == Some("SO_ERROR");
    let error = steps.iter().find(|step| is_error(step)).map(|step| step.answer.clone());
    for step in steps.iter_mut().filter(|step| step.answer.is_error("EINPROGRESS")) {
        step.answer = match &error {
            Some(Answer::Done(Some(number))) if number != "0" => Answer::Failed(number.clone()),
            _ => Answer::Done(None),
        };
    }
    steps.retain(|step| !is_error(step));
}

/// Removing whatever a name is: a try to remove it as a file says only that it is a directory, if that is what its
/// thread opens or removes next.
fn absorbed(steps: &mut Vec<Step>) {
    let is_try =
        |step: &Step| step.word == "remove" && ["EISDIR", "EPERM"].iter().any(|error| step.answer.is_error(error));
    let is_as_directory = |next: &Step| ["remove directory", "open"].contains(&next.word.as_str());
    // A goroutine may go on in another thread.
    let is_at_once = |step: &Step, next: &Step| step.turn.0 != next.turn.0 || next.turn.1 == step.turn.1 + 1;
    let is_next = |step: &Step, next: &Step| is_as_directory(next) && is_at_once(step, next);
    let next = steps.iter().skip(1).map(Some).chain([None]);
    let is_absorbed: Vec<bool> = steps
        .iter()
        .zip(next)
        .map(|(step, next)| is_try(step) && next.is_some_and(|next| is_next(step, next)))
        .collect();
    let mut is_absorbed = is_absorbed.into_iter();
    steps.retain(|_| !is_absorbed.next().unwrap_or(false));
}

/// How many calls a directory's list takes depends on the records' size.
fn listed(steps: &mut Vec<Step>) {
    steps.dedup_by(|next, step| step.meaning.word == "list" && next.meaning.word == "list" && step.is_same(next));
}

/// Data comes in pieces as it happens to: what counts is how much between two errors.
pub(super) fn joined(steps: &mut Vec<Step>) {
    let mut out: Vec<Step> = Vec::new();
    for step in steps.drain(..) {
        if let (Some(Step { answer: Answer::Done(Some(sum)), .. }), Answer::Done(Some(more))) =
            (out.last_mut(), &step.answer)
            && let (Ok(one), Ok(other)) = (sum.parse::<u64>(), more.parse::<u64>())
        {
            *sum = one.saturating_add(other).to_string();
            continue;
        }
        out.push(step);
    }
    *steps = out;
}

/// Whether it matters that only one side has this step.
pub(super) fn matters_alone(step: &Step) -> bool {
    step.weight == Weight::Changes
}
