//! Finds in an image what cannot work, before it runs: on a bare machine or under a system.
//!
//! A [`Subject`] is one program of a file, a [`Target`] what it is to run on; [`check`] asks every row of [`rules`] that
//! applies and returns what they report. A machine is a row of [`machine::table`] or a device tree. Nothing here opens
//! files: whether a library is there is asked through [`Files`].
//!
//! A rule claims only what it can show from the bytes. Where it cannot see (an unknown pointer, an interpreter's work) it
//! keeps silent: a finding that is not true costs more than one that is missing.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod code;
pub mod machine;
pub mod rules;
mod subject;

use alloc::{format, vec::Vec};
use ashore_base::Os;
use ashore_report::{Level, Report};

pub use machine::Machine;
pub use subject::Subject;

/// Answers whether a file is in the system's tree.
pub trait Files {
    /// Whether `path`, an absolute path of the system, is a file.
    fn has(&self, path: &str) -> bool;
}

/// A system, and the tree of its files if there is one.
#[derive(Clone, Copy)]
pub struct Platform<'a> {
    /// The system.
    pub os: Os,
    /// Its files; without them nothing is said about what is missing.
    pub files: Option<&'a dyn Files>,
}

/// What an image is to run on.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// A machine without a system.
    Machine(&'a Machine),
    /// A system.
    System(Platform<'a>),
    /// Nothing is known: only what holds everywhere is said.
    Anything,
}

/// The longest list of reports of one rule; the rest is counted.
const SAME_LIMIT: usize = 12;

/// Everything that is wrong with `subject` on `target`, in the order of the rules, errors of the file's own first.
pub fn check(subject: &Subject<'_>, target: Target<'_>) -> Vec<Report> {
    let remarks = subject.parsed().remarks.iter();
    let mut found: Vec<Report> = remarks.filter(|remark| remark.diagnosis.level == Level::Warning).cloned().collect();
    for rule in rules::table::RULES.iter().filter(|rule| rule.applies_to(subject, target)) {
        let mut reports = rule.find.ask(subject, target);
        let more = reports.len().saturating_sub(SAME_LIMIT);
        reports.truncate(SAME_LIMIT);
        if let (1.., Some(last)) = (more, reports.last_mut()) {
            last.notes.push(format!("and {more} more of this kind"));
        }
        found.append(&mut reports);
    }
    found
}
