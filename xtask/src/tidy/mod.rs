//! `cargo xtask tidy`: the design's invariants, checked over the source tree.
//!
//! A check is a row in [`table::CHECKS`]: it reads a [`Tree`] and gives back findings with a place.
//! What the checks know about the project (levels, families, where parsers live) is in `rules.rs`.
//!
//! One invariant is not here, since no reading of the source can decide it: that an unknown call
//! is answered as the real system does. The cases prove that.

mod crates;
mod docs;
mod names;
mod panics;
mod rules;
mod shape;
mod source;
mod table;
mod tree;
mod unsafety;

use crate::args::Args;
use crate::{Failure, Outcome, Repo};
use source::SourceFile;
use tree::Tree;

pub(crate) use rules::no_std_crates;

/// A place where an invariant does not hold.
#[derive(Debug)]
struct Finding {
    file: String,
    line: usize,
    text: String,
}

impl Finding {
    fn new(file: impl Into<String>, line: usize, text: impl Into<String>) -> Finding {
        Finding { file: file.into(), line, text: text.into() }
    }
}

/// The task.
pub(crate) fn run(repo: &Repo, args: Args) -> Outcome {
    args.finish()?;
    let tree = Tree::read(repo)?;
    let mut count = 0;
    for check in table::CHECKS {
        for finding in (check.run)(&tree) {
            println!("{}:{}: {} [{}]", finding.file, finding.line, finding.text, check.name);
            count += 1;
        }
    }
    if count > 0 {
        return Err(Failure::new(format!("{count} findings")));
    }
    println!("tidy: {} checks over {} files", table::CHECKS.len(), tree.files.len());
    Ok(())
}
