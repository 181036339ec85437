//! What a rule says of an end.

use super::Evidence;
use ashore_report::Diagnosis;

/// How sure a verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It fits, and other causes would look the same.
    Possible,
    /// Other causes are known, and rare.
    Likely,
    /// Nothing else looks like this.
    Certain,
}

impl Confidence {
    /// The word a person reads.
    pub const fn word(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Certain => "certain",
        }
    }
}

/// The cause of an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Which row this is.
    pub diagnosis: &'static Diagnosis,
    /// How sure it is.
    pub confidence: Confidence,
    /// The cause in one sentence with the concrete names and numbers, without a full stop.
    pub cause: String,
    /// What it is concluded from, a line each.
    pub because: Vec<String>,
    /// What to do here; the row's remedy when there is nothing more to the point.
    pub next: Option<String>,
}

impl Verdict {
    /// A verdict without further lines.
    pub fn new(diagnosis: &'static Diagnosis, confidence: Confidence, cause: impl Into<String>) -> Verdict {
        Verdict { diagnosis, confidence, cause: cause.into(), because: Vec::new(), next: None }
    }

    /// Adds what it is concluded from.
    #[must_use]
    pub fn because(mut self, line: impl Into<String>) -> Verdict {
        self.because.push(line.into());
        self
    }

    /// Says what to do here.
    #[must_use]
    pub fn next(mut self, line: impl Into<String>) -> Verdict {
        self.next = Some(line.into());
        self
    }

    /// What to do.
    pub fn remedy(&self) -> &str {
        self.next.as_deref().unwrap_or(self.diagnosis.remedy)
    }
}

/// A rule: looks at the evidence and speaks, or is silent.
pub struct Rule {
    /// The diagnosis it makes.
    pub diagnosis: &'static Diagnosis,
    /// What happens then and why, for the page of the diagnosis.
    pub about: &'static str,
    /// The evidence that it asks for, for that page too.
    pub signature: &'static str,
    /// The rule proper.
    pub judge: fn(&Evidence<'_>) -> Option<Verdict>,
}

/// What all rules say, the first the cause: certain ones before likely ones, and exact rules, which stand first in the table,
/// before general ones.
pub fn judge(evidence: &Evidence<'_>) -> Vec<Verdict> {
    let mut all: Vec<Verdict> = super::rules::RULES.iter().filter_map(|rule| (rule.judge)(evidence)).collect();
    all.sort_by_key(|verdict| std::cmp::Reverse(verdict.confidence));
    all
}
