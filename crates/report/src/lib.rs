//! What Ashore says to a person: every diagnosis is a row of [`table`], and a [`Report`] is one row met at one place.
//!
//! A report answers four questions: what is wrong (the row's text), where ([`Place`]), why we say so
//! (the reason), and what to do (the row's remedy). It is a value: nothing here prints or opens anything.
//! An errno for the guest and a defect of ours are not reports.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod place;
pub mod table;

use alloc::{boxed::Box, string::String, vec::Vec};
use core::fmt;

pub use place::Place;

/// How serious a diagnosis is; for errors, also how Ashore itself ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// The program was not found: exit status 127.
    NotFound,
    /// The program cannot be run: exit status 126.
    CannotRun,
    /// Ashore failed or was asked something it does not know: exit status 125.
    Failed,
    /// The program holds a fault that will show when it runs; said by a verb that looks for faults: exit status 1.
    Finding,
    /// Why a program died, which is no fault of Ashore's: the program's own end stands.
    Cause,
    /// Work goes on, but the person should know.
    Warning,
    /// Extra knowledge, no fault.
    Note,
}

impl Level {
    /// The exit status of Ashore after a report of this level, if it ends Ashore.
    pub const fn exit_status(self) -> Option<u8> {
        match self {
            Level::NotFound => Some(127),
            Level::CannotRun => Some(126),
            Level::Failed => Some(125),
            Level::Finding => Some(1),
            Level::Cause | Level::Warning | Level::Note => None,
        }
    }

    /// The word a person reads.
    pub const fn word(self) -> &'static str {
        match self {
            Level::NotFound | Level::CannotRun | Level::Failed | Level::Finding => "error",
            Level::Cause => "cause",
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }
}

/// One thing Ashore can say; a row of [`table::ALL`].
#[derive(PartialEq, Eq, Debug)]
pub struct Diagnosis {
    /// The stable code, for example `E0101`.
    pub code: &'static str,
    /// The name of the diagnosis in words joined by hyphens.
    pub slug: &'static str,
    /// How serious it is.
    pub level: Level,
    /// What is wrong, in one sentence without a full stop.
    pub text: &'static str,
    /// What the person can do about it.
    pub remedy: &'static str,
}

impl Diagnosis {
    /// This diagnosis met at `place`, because of `reason`.
    pub fn at(&'static self, place: impl Into<Place>, reason: impl Into<String>) -> Report {
        Report { diagnosis: self, place: Box::new(place.into()), reason: reason.into(), notes: Vec::new() }
    }

    /// This diagnosis without a place in a file or program.
    pub fn because(&'static self, reason: impl Into<String>) -> Report {
        self.at(Place::default(), reason)
    }
}

/// A diagnosis met at a place, ready to be shown to a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Which row this is.
    pub diagnosis: &'static Diagnosis,
    /// Where it was met. Boxed so that a result with a report stays small.
    pub place: Box<Place>,
    /// Why we say so: the concrete names and numbers.
    pub reason: String,
    /// Further lines of evidence, such as clues looked at.
    pub notes: Vec<String>,
}

impl Report {
    /// Names the file, when the place does not name one yet. Parsers see bytes; who opened the file knows its name.
    #[must_use]
    pub fn in_file(mut self, path: &str) -> Report {
        if self.place.path.is_none() {
            self.place.path = Some(path.into());
        }
        self
    }

    /// Moves the file offset by `base`: for a part found inside a larger file.
    #[must_use]
    pub fn shifted(mut self, base: u64) -> Report {
        self.place.offset = self.place.offset.map(|offset| offset.saturating_add(base));
        self
    }

    /// Adds a line of evidence.
    #[must_use]
    pub fn note(mut self, line: impl Into<String>) -> Report {
        self.notes.push(line.into());
        self
    }

    /// The exit status of Ashore after this report, if it ends Ashore.
    pub const fn exit_status(&self) -> Option<u8> {
        self.diagnosis.level.exit_status()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.diagnosis;
        write!(f, "{} {} ({}): {}", row.level.word(), row.code, row.slug, row.text)?;
        let has_place = !self.place.is_nowhere();
        if has_place {
            write!(f, "\n  at {}", self.place)?;
        }
        if !self.reason.is_empty() {
            write!(f, "{}{}", if has_place { ": " } else { "\n  " }, self.reason)?;
        }
        for note in &self.notes {
            write!(f, "\n  - {note}")?;
        }
        if !row.remedy.is_empty() {
            write!(f, "\n  help: {}", row.remedy)?;
        }
        Ok(())
    }
}

impl core::error::Error for Report {}
