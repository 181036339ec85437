//! The verbs as rows. Help, man pages and completions derive from them.

use super::{Verb, run};

/// The verbs, in the order of the help.
pub(crate) static VERBS: &[Verb] =
    &[Verb { name: "run", about: "Run a program", options: run::options, run: run::run }];
