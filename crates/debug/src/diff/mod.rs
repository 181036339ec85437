//! Two traces of one program, built for two systems: where they first behave differently, and why.
//!
//! A [`Trace`] is read from lines of JSON; [`compare`] gives a [`Comparison`], which prints itself. Each trace is told as
//! stories, one for each file, socket and pipe ([`story`]); steps of a story are named by what they mean, not by number
//! or name ([`meaning`]). What run times do for themselves (threads, memory, clocks, signals, waiting) is not compared.

mod align;
mod cause;
mod crowd;
mod meaning;
mod place;
mod read;
mod say;
mod step;
mod story;
mod thing;
mod words;

pub use meaning::Class;
pub use read::{Fault, Trace};

use crate::explain::code::Program;
use ashore_base::Addr;
use cause::Cause;
use meaning::Part;
use read::What;
use step::{Answer, Step};
use story::{Stories, Story};

/// What kind of difference it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The same was asked and answered differently.
    Answer,
    /// Something else was asked.
    Request,
    /// Only one side did it.
    Alone,
    /// The programs ended differently.
    End,
}

/// A side's part of a difference.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The line of the trace.
    pub line: usize,
    /// Which of the trace's calls, counted from 1; 0 for what is no call.
    pub nth: usize,
    /// What its system calls it.
    pub name: &'static str,
    /// What was asked, as far as it is compared.
    args: Vec<(&'static str, String)>,
    /// The call in its own system's words.
    pub text: String,
    /// What it answered, in few words.
    pub answer: String,
    /// Where in the program.
    pub place: Option<String>,
    /// Where the call was made, and the words of the stack there.
    stack: Option<(u64, Vec<u64>)>,
    /// What stays the same from run to run.
    lasting: String,
}

/// A difference.
#[derive(Debug, Clone)]
pub struct Difference {
    /// What kind it is.
    pub kind: Kind,
    /// What both sides meant to do.
    pub word: String,
    /// To what.
    pub thing: String,
    /// What they are about.
    pub class: Class,
    /// What the sides did; one is missing when only the other did anything.
    pub seen: [Option<Seen>; 2],
    /// Why, when that is known.
    pub cause: Option<&'static Cause>,
    /// Its place in time: when the first side's call at or before it began.
    at: u64,
}

/// What a difference is, run for run.
type Lasting<'a> = (Kind, &'a str, [Option<&'a str>; 2]);

impl Difference {
    fn lasting(&self) -> Lasting<'_> {
        let [a, b] = &self.seen;
        (self.kind, &self.word, [a, b].map(|seen| seen.as_ref().map(|seen| seen.lasting.as_str())))
    }
}

/// What two traces have in common and what not.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The sides' names.
    pub names: [String; 2],
    /// The differences, in order of time.
    pub differences: Vec<Difference>,
    /// How many calls each side made.
    pub calls: [usize; 2],
    /// How many steps were compared.
    pub compared: usize,
    /// How many steps only one side has that change nothing: libraries differ in what they ask.
    pub asides: usize,
    /// How many differences were there in one run and not in the next.
    pub chance: usize,
    /// The side that alone tells what programs did that its processes became: this is not compared.
    pub one_sided: Option<usize>,
    /// Which traces stop in the middle of a line.
    pub cut: [bool; 2],
}

impl Comparison {
    /// Whether both behave the same.
    pub fn is_same(&self) -> bool {
        self.differences.is_empty()
    }

    /// Tells where in the program of side `side` the calls were made.
    pub fn locate(&mut self, side: usize, program: &Program<'_>) {
        for seen in self.differences.iter_mut().filter_map(|difference| difference.seen.get_mut(side)?.as_mut()) {
            if let Some((at, stack)) = &seen.stack {
                seen.place = place::of(program, Addr(*at), stack);
            }
        }
    }

    /// Leaves out what another comparison of the same two programs did not find: chance, not the system.
    pub fn confirm(&mut self, again: &Comparison) {
        let known: Vec<Lasting<'_>> = again.differences.iter().map(Difference::lasting).collect();
        let before = self.differences.len();
        self.differences.retain(|difference| known.contains(&difference.lasting()));
        self.chance += before - self.differences.len();
    }
}

/// Whether a call is one that is compared.
pub(crate) fn is_behaviour(row: &ashore_guest::Row) -> bool {
    meaning::of_row(row).is_some_and(|meaning| meaning.on != meaning::On::Nothing)
}

/// Compares two traces.
pub fn compare(a: &Trace, b: &Trace) -> Comparison {
    let mut names = [a.system_title().to_owned(), b.system_title().to_owned()];
    if a.system.name == b.system.name {
        names = names.map(|name| name + " A");
        names[1] = names[1].replace(" A", " B");
    }
    let execs = [a, b].map(|trace| trace.events.iter().any(|event| matches!(event.what, What::Became)));
    let is_one_sided = execs[0] != execs[1];
    let (of_a, of_b) = (story::stories(a, is_one_sided), story::stories(b, is_one_sided));
    let mut finder = Finder { a, b, found: Vec::new(), matched: Vec::new(), asides: 0 };
    let mut pairs = align::stories(&of_a.stories, &of_b.stories);
    for (one, other) in crowd::gather(&of_a.stories, &of_b.stories, &mut pairs, align::is_same) {
        finder.pair(&one, &other);
    }
    for pair in pairs {
        match (pair.0.and_then(|at| of_a.stories.get(at)), pair.1.and_then(|at| of_b.stories.get(at))) {
            (Some(one), Some(other)) => finder.pair(one, other),
            (Some(one), None) => finder.alone(one, 0),
            (None, Some(other)) => finder.alone(other, 1),
            (None, None) => {}
        }
    }
    finder.end(&of_a, &of_b);
    let compared = finder.matched.len();
    let asides = finder.asides;
    Comparison {
        names,
        differences: finder.in_order(),
        calls: [of_a.calls, of_b.calls],
        compared,
        asides,
        chance: 0,
        one_sided: is_one_sided.then_some(usize::from(execs[1])),
        cut: [a.is_cut(), b.is_cut()],
    }
}

struct Finder<'a> {
    a: &'a Trace,
    b: &'a Trace,
    found: Vec<Difference>,
    /// When steps that are each other's began.
    matched: Vec<(u64, u64)>,
    asides: usize,
}

impl Finder<'_> {
    fn pair(&mut self, a: &Story, b: &Story) {
        for part in align::counted(a, b) {
            let (of_a, of_b) = (a.steps(part), b.steps(part));
            for pair in align::steps(of_a, of_b) {
                match (pair.0.and_then(|at| of_a.get(at)), pair.1.and_then(|at| of_b.get(at))) {
                    (Some(one), Some(other)) => self.steps(a, b, one, other),
                    (Some(one), None) => self.one(a, one, 0),
                    (None, Some(other)) => self.one(b, other, 1),
                    (None, None) => {}
                }
            }
        }
    }

    /// Two steps that are each other's.
    fn steps(&mut self, a: &Story, b: &Story, one: &Step, other: &Step) {
        self.matched.push((one.began, other.began));
        if one.is_same(other) || is_unfinished(a, b, one, other) {
            return;
        }
        let kind = if one.asks_same(other) { Kind::Answer } else { Kind::Request };
        // A library that asks about the same thing in another way and is not refused is no other behaviour.
        if kind == Kind::Request
            && !story::matters_alone(one)
            && !story::matters_alone(other)
            && one.answer.is_same(&other.answer)
        {
            self.asides += 1;
            return;
        }
        self.found.push(Difference {
            kind,
            word: one.word.clone(),
            thing: a.name(self.a.program.as_deref()),
            class: one.meaning.class,
            seen: [Some(seen(one, &a.origin)), Some(seen(other, &b.origin))],
            cause: cause::of(&a.name(None), [(one, self.a.system.name), (other, self.b.system.name)]),
            at: one.began,
        });
    }

    /// A step that only side `side` has.
    fn one(&mut self, story: &Story, step: &Step, side: usize) {
        if !story::matters_alone(step) {
            self.asides += 1;
            return;
        }
        let program = if side == 0 { &self.a.program } else { &self.b.program };
        let mut seen_by = [None, None];
        seen_by[side] = Some(seen(step, &story.origin));
        self.found.push(Difference {
            kind: Kind::Alone,
            word: step.word.clone(),
            thing: story.name(program.as_deref()),
            class: step.meaning.class,
            seen: seen_by,
            cause: None,
            at: step.began,
        });
    }

    /// A story that only side `side` has is one difference.
    fn alone(&mut self, story: &Story, side: usize) {
        if crowd::is_probe(story) {
            self.asides += story.all().count();
            return;
        }
        let first = story.all().filter(|step| story::matters_alone(step)).min_by_key(|step| step.nth);
        match first {
            Some(step) => self.one(story, step, side),
            None => self.asides += story.all().count(),
        }
    }

    fn end(&mut self, a: &Stories, b: &Stories) {
        let (Some(one), Some(other)) = (&a.end, &b.end) else { return };
        if one.text == other.text {
            return;
        }
        let seen = |end: &story::End| {
            Some(Seen {
                line: end.line,
                nth: 0,
                name: "exit",
                args: Vec::new(),
                text: format!("the program {}", end.text),
                answer: end.text.clone(),
                place: None,
                stack: None,
                lasting: end.text.clone(),
            })
        };
        self.found.push(Difference {
            kind: Kind::End,
            word: "end".into(),
            thing: "the program".into(),
            class: Class::Process,
            seen: [seen(one), seen(other)],
            cause: None,
            at: u64::MAX,
        });
    }

    /// The differences in order of time. What only the second side did comes behind what it did last with the first.
    fn in_order(mut self) -> Vec<Difference> {
        self.matched.sort_by_key(|pair| pair.1);
        for difference in &mut self.found {
            if difference.seen[0].is_none() {
                let before = self.matched.partition_point(|pair| pair.1 <= difference.at);
                let last = self.matched.iter().take(before).map(|pair| pair.0).next_back();
                difference.at = last.unwrap_or(0);
            }
        }
        self.found.sort_by_key(|difference| (difference.at, difference.kind == Kind::Alone));
        self.found
    }
}

/// How much came in differs because one side ended while more was to come.
fn is_unfinished(a: &Story, b: &Story, one: &Step, other: &Step) -> bool {
    let both_read = matches!((&one.answer, &other.answer), (Answer::Done(Some(_)), Answer::Done(Some(_))));
    one.meaning.part == Part::In && both_read && (a.is_open_end || b.is_open_end)
}

fn seen(step: &Step, thing: &str) -> Seen {
    let answer = match &step.answer {
        Answer::Done(Some(text)) if text.is_empty() => "no flags".into(),
        Answer::Done(Some(text)) => text.clone(),
        Answer::Done(None) => "success".into(),
        Answer::Failed(error) => error.clone(),
    };
    Seen {
        line: step.line,
        nth: step.nth,
        name: step.name,
        args: step.args.clone(),
        text: step.shown.clone(),
        place: step.place.clone(),
        stack: step.stack.clone(),
        lasting: format!("{} {:?} {answer}", thing::digits_as_one(thing), step.args),
        answer,
    }
}
