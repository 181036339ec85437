//! Why a task did not succeed, as one text for a person.

use std::fmt;

/// What a task gives back.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// A text that says what failed and what to do.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// A failure with this text.
    pub(crate) fn new(text: impl Into<String>) -> Failure {
        Failure(text.into())
    }

    /// A failure of the operation `doing`, for the reason `why`.
    pub(crate) fn of(doing: impl fmt::Display, why: impl fmt::Display) -> Failure {
        Failure(format!("{doing}: {why}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
