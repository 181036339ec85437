//! The commands the documents show are run, and print what the documents say.
//!
//! A block whose fence says `console run` is executed: each line beginning with `$ ` is given to
//! a shell at the top of the checkout, with the release programs first on the path. Lines below a
//! command are the expected output; a line of three dots stands for any lines; no lines expect nothing.

use super::Tally;
use crate::shell;
use crate::{Failure, Outcome, Repo};
use std::fs;
use std::process::Command;
use std::time::Duration;

/// The documents whose blocks are run.
const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/debug.md"];

/// How long one command may take.
const LIMIT: Duration = Duration::from_secs(120);

/// The line that stands for any lines.
const ANY: &str = "...";

/// The step.
pub(super) fn run(repo: &Repo, tally: &mut Tally) -> Outcome {
    for document in DOCUMENTS {
        let text = fs::read_to_string(repo.path(document)).map_err(|why| Failure::of(document, why))?;
        for shown in commands(&text) {
            execute(repo, document, &shown)?;
            println!("{document}:{}: $ {}", shown.line, shown.command);
            tally.tests += 1;
        }
    }
    Ok(())
}

/// A command a document shows.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    line: usize,
    command: String,
    expected: Vec<String>,
}

fn commands(text: &str) -> Vec<Shown> {
    let mut all: Vec<Shown> = Vec::new();
    let mut inside = false;
    for (at, line) in text.lines().enumerate() {
        if let Some(info) = line.strip_prefix("```") {
            inside = !inside && info.trim() == "console run";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            all.push(Shown { line: at + 1, command: command.to_owned(), expected: Vec::new() });
        } else if let (true, Some(last)) = (inside, all.last_mut()) {
            last.expected.push(line.to_owned());
        }
    }
    all
}

fn execute(repo: &Repo, document: &str, shown: &Shown) -> Outcome {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("bash");
    command
        .current_dir(repo.root())
        .env("PATH", format!("{}:{path}", repo.release_dir().display()))
        .args(["-c", &shown.command]);
    let done = shell::limited(&mut command, LIMIT)?;
    let text = String::from_utf8_lossy(&done.text);
    let place = format!("{document}:{}: $ {}", shown.line, shown.command);
    if !done.status.is_some_and(|status| status.success()) {
        return Err(Failure::new(format!("{place}\nended with {:?}\n{text}", done.status)));
    }
    let lines: Vec<&str> = text.lines().collect();
    let expected: Vec<&str> = shown.expected.iter().map(String::as_str).collect();
    if !matches(&lines, &expected) {
        return Err(Failure::new(format!("{place}\nprinted\n{text}\nand not\n{}", expected.join("\n"))));
    }
    Ok(())
}

fn matches(lines: &[&str], expected: &[&str]) -> bool {
    match (lines, expected) {
        ([], []) => true,
        (_, [first, rest @ ..]) if *first == ANY => {
            (0..=lines.len()).any(|at| matches(lines.get(at..).unwrap_or_default(), rest))
        }
        ([line, lines @ ..], [first, rest @ ..]) => line.trim_end() == first.trim_end() && matches(lines, rest),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blocks_marked_for_running_are_taken() {
        let text = "```console\n$ no\n```\n```console run\n$ yes\nout\n$ also\n```\n$ neither\n";
        let found = commands(text);
        assert_eq!(found.iter().map(|shown| shown.command.as_str()).collect::<Vec<_>>(), ["yes", "also"]);
        assert_eq!(found.first().map(|shown| shown.expected.clone()), Some(vec!["out".to_owned()]));
    }

    #[test]
    fn three_dots_stand_for_any_lines() {
        assert!(matches(&["a", "b", "c"], &["a", "...", "c"]));
        assert!(matches(&["a"], &["a", "..."]));
        assert!(!matches(&["a", "b"], &["a"]));
        assert!(!matches(&["a", "b"], &["...", "c"]));
    }
}
