//! What our kernel took last time somebody said that it is meant to: `kernel/bench.txt`.
//!
//! Instructions are the same in every run and on every host, so that a row that takes more is a change of the kernel's.

use super::Values;
use super::table::ROWS;
use crate::{Failure, Outcome, Repo};
use std::fs;

/// Where it is.
const FILE: &str = "kernel/bench.txt";

/// What a reader of the file sees first.
const HEAD: &str = "# Instructions of the rows of `cargo xtask bench kernel`; `cargo xtask bench kernel --ours --write` writes this.\n";

/// A row may take so many times what it took: compilers differ a little from release to release.
const MARGIN: f64 = 1.03;

/// Reads it.
pub(super) fn read(repo: &Repo) -> Outcome<Values> {
    let path = repo.path(FILE);
    let text = fs::read_to_string(&path).map_err(|why| Failure::of(path.display(), why))?;
    parse(&text).ok_or_else(|| Failure::new(format!("{FILE}: not as it is written")))
}

/// Writes what was measured.
pub(super) fn write(repo: &Repo, values: &Values) -> Outcome {
    let path = repo.path(FILE);
    fs::write(&path, text(values)).map_err(|why| Failure::of(path.display(), why))
}

fn text(values: &Values) -> String {
    let rows = ROWS.iter().filter_map(|row| Some(format!("{} {:.0}\n", row.name, values.get(row.name)?)));
    std::iter::once(HEAD.to_owned()).chain(rows).collect()
}

fn parse(text: &str) -> Option<Values> {
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|row| row.split_once(' ').and_then(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))).collect()
}

/// The rows that take more than they are known to, or were not measured, in words.
pub(super) fn worse(known: &Values, measured: &Values) -> Vec<String> {
    let rows = ROWS.iter().filter_map(|row| Some((row.name, *known.get(row.name)?, measured.get(row.name).copied())));
    rows.filter_map(|(name, known, measured)| match measured {
        Some(measured) if measured <= known * MARGIN => None,
        Some(measured) => Some(format!("{name} takes {measured:.0} instructions, known are {known:.0}")),
        None => Some(format!("{name} was not measured")),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(rows: &[(&str, f64)]) -> Values {
        rows.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let known = values(&[("getpid", 132.0), ("pipe", 1418.0)]);
        assert_eq!(parse(&text(&known)), Some(known));
        assert_eq!(parse("getpid many\n"), None);
    }

    #[test]
    fn a_row_may_get_better_or_a_little_worse() {
        let known = values(&[("getpid", 100.0), ("pipe", 100.0), ("stat", 100.0)]);
        assert_eq!(worse(&known, &values(&[("getpid", 103.0), ("pipe", 1.0), ("stat", 100.0)])), [] as [String; 0]);
        let found = worse(&known, &values(&[("getpid", 104.0), ("pipe", 100.0)]));
        assert_eq!(found, ["getpid takes 104 instructions, known are 100", "stat was not measured"]);
    }

    #[test]
    fn every_row_is_known() {
        let known = parse(include_str!("../../../../kernel/bench.txt")).expect("a file as it is written");
        assert!(ROWS.iter().all(|row| known.contains_key(row.name)) && known.len() == ROWS.len());
    }
}
