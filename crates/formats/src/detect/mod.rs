//! Which system a program is for: a cascade of clues, the surest first.
//!
//! Each [`Source`] is a place to look; the rows of [`table`] say what a finding means. The first source that names a system
//! decides, and the sources after it are not read: the last ones cost a walk over the program. What was looked at is
//! kept, so that an undecided program can be refused with the list.

mod code;
mod sources;
pub mod table;

use crate::parsed::{Parsed, Part};
use alloc::{format, string::String, vec::Vec};
use ashore_base::{Cpu, Os};
use core::fmt;
use table::Finding;

/// One place that was looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clue {
    /// The place, in words.
    pub source: &'static str,
    /// What was there; `None` when there was nothing.
    pub found: Option<String>,
    /// The system it speaks for.
    pub os: Option<Os>,
}

impl fmt::Display for Clue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.found, self.os) {
            (None, _) => write!(f, "{}: none", self.source),
            (Some(found), None) => write!(f, "{}: {found}", self.source),
            (Some(found), Some(os)) => write!(f, "{}: {found} ({os})", self.source),
        }
    }
}

/// What a program is for and why we think so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Detection {
    /// The system; `None` when nothing decided.
    pub os: Option<Os>,
    /// The CPU.
    pub cpu: Cpu,
    /// Every place that was looked at, in order; the last one decided, unless `os` is `None`.
    pub clues: Vec<Clue>,
}

impl Detection {
    /// The clue that decided.
    pub fn deciding(&self) -> Option<&Clue> {
        self.os.and_then(|_| self.clues.last())
    }
}

/// Decides which system `part` is for.
pub fn detect(parsed: &Parsed<'_>, part: &Part) -> Detection {
    let mut clues = Vec::new();
    for source in table::SOURCES {
        let clue = judge(source.words, &(source.look)(parsed, part));
        let os = clue.os;
        clues.push(clue);
        if os.is_some() {
            return Detection { os, cpu: part.image.cpu, clues };
        }
    }
    Detection { os: None, cpu: part.image.cpu, clues }
}

/// What one source says: the first finding that names a system, unless another finding names a different one.
fn judge(source: &'static str, findings: &[Finding]) -> Clue {
    let mut speaking = findings.iter().filter(|finding| finding.os.is_some());
    let Some(first) = speaking.next() else {
        return Clue { source, found: findings.first().map(|finding| finding.words.clone()), os: None };
    };
    match speaking.find(|finding| finding.os != first.os) {
        Some(other) => Clue { source, found: Some(format!("{}, but also {}", first.words, other.words)), os: None },
        None => Clue { source, found: Some(first.words.clone()), os: first.os },
    }
}
