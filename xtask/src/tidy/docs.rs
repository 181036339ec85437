//! What README and ARCHITECTURE name exists, and every crate is on the page.

use super::{Finding, Tree};

/// The page every crate is on.
const PAGE: &str = "ARCHITECTURE.md";

/// Beginnings of the paths a document may name; anything else with a slash is not taken for a path.
const PATH_STARTS: &[&str] = &["crates/", "kernel/", "xtask/", "tests/", "docs/", ".ci/", ".cargo/"];

/// The table with one row per verb.
const VERBS: &str = "crates/ashore/src/verbs/table.rs";

/// No crate, path or verb is named that the tree does not hold.
pub(super) fn names(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (document, text) in &tree.documents {
        for (line, span) in code_spans(text) {
            let unknown = unknown_path(tree, &span).or_else(|| unknown_crate(tree, &span));
            if let Some(what) = unknown.or_else(|| unknown_verb(tree, &span)) {
                findings.push(Finding::new(document, line, format!("{what}, which is not in the tree")));
            }
        }
    }
    findings
}

/// Every crate is on the page.
pub(super) fn crates(tree: &Tree) -> Vec<Finding> {
    let Some((page, text)) = tree.documents.iter().find(|(document, _)| document == PAGE) else { return Vec::new() };
    let spans: Vec<String> = code_spans(text).into_iter().map(|(_, span)| span).collect();
    let missing = tree.crates().into_iter().filter(|name| !spans.iter().any(|span| span == name));
    missing.map(|name| Finding::new(page, 1, format!("crate {name} is not on the page"))).collect()
}

/// The text between backticks and the command lines of console blocks, with their lines.
fn code_spans(text: &str) -> Vec<(usize, String)> {
    let mut spans = Vec::new();
    let mut fence: Option<&str> = None;
    for (at, line) in text.lines().enumerate() {
        let line_number = at + 1;
        if let Some(info) = line.trim_start().strip_prefix("```") {
            fence = if fence.is_some() { None } else { Some(info) };
        } else if let Some(info) = fence {
            let command = line.trim_start().strip_prefix("$ ");
            if let Some(command) = command.filter(|_| info.starts_with("console")) {
                spans.push((line_number, command.to_owned()));
            }
        } else {
            let inside = line.split('`').enumerate().filter(|(at, _)| at % 2 == 1);
            spans.extend(inside.map(|(_, span)| (line_number, span.to_owned())));
        }
    }
    spans
}

fn unknown_path(tree: &Tree, span: &str) -> Option<String> {
    let words = span.split_whitespace().filter(|word| PATH_STARTS.iter().any(|start| word.starts_with(start)));
    let mut plain = words.filter(|word| !word.contains(['<', '*', '{', '$']));
    plain.find(|word| !tree.paths.contains(word.trim_end_matches('/'))).map(|word| format!("path {word}"))
}

fn unknown_crate(tree: &Tree, span: &str) -> Option<String> {
    let name = span.strip_prefix("ashore-")?;
    let is_name = name.chars().all(|c| c.is_ascii_lowercase());
    (is_name && name != "cases" && !tree.crates().contains(name)).then(|| format!("crate {span}"))
}

fn unknown_verb(tree: &Tree, span: &str) -> Option<String> {
    for (command, is_known) in COMMANDS {
        let padded = format!(" {span} ");
        let Some((_, rest)) = padded.split_once(command) else { continue };
        let word = rest.split_whitespace().next().unwrap_or_default();
        let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
        if is_word && word != "help" && !is_known(tree, word) {
            return Some(format!("verb {word}"));
        }
    }
    None
}

/// A command that takes a verb, and how to tell whether it has it.
type Command = (&'static str, fn(&Tree, &str) -> bool);

const COMMANDS: &[Command] =
    &[(" ashore ", is_verb), (" cargo run --release -- ", is_verb), (" cargo xtask ", |_, name| is_task(name))];

fn is_verb(tree: &Tree, name: &str) -> bool {
    let row = format!("name: \"{name}\"");
    tree.files.iter().any(|file| file.path == VERBS && file.text.contains(&row))
}

fn is_task(name: &str) -> bool {
    crate::table::TASKS.iter().any(|task| task.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        let verbs = "const V: Verb = Verb { name: \"run\" };";
        names(&Tree::of(&[("README.md", text), ("crates/base/src/lib.rs", ""), (VERBS, verbs)])).len()
    }

    #[test]
    fn a_path_crate_or_verb_that_does_not_exist_is_found() {
        for bad in [
            "`crates/nope`",
            "`ashore-nope`",
            "`ashore fly ./x`",
            "```console run\n$ ashore fly\n```",
            "`cargo xtask fly`",
        ] {
            assert_eq!(found(bad), 1, "{bad}");
        }
        for good in
            ["`crates/base`", "`crates/<name>`", "`ashore-base`", "`ashore run ./x`", "`ashore ./x`", "ashore fly"]
        {
            assert_eq!(found(good), 0, "{good}");
        }
    }

    #[test]
    fn a_crate_that_is_not_on_the_page_is_found() {
        let files = |page| Tree::of(&[("ARCHITECTURE.md", page), ("crates/base/src/lib.rs", "")]);
        assert_eq!(crates(&files("base")).len(), 1);
        assert!(crates(&files("| `base` |")).is_empty());
    }
}
