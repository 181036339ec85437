//! What README and ARCHITECTURE name exists, and every crate is on the page.

use super::{Finding, Tree};

/// The page every crate is on.
const PAGE: &str = "ARCHITECTURE.md";

/// Beginnings of the paths a document may name; anything else with a slash is not taken for a path.
const PATH_STARTS: &[&str] = &["crates/", "xtask/", "tests/", "docs/", ".ci/", ".cargo/"];

/// The folder with one file per verb.
const VERBS: &str = "crates/ashore/src/verbs/";

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
    let mut words = span.split_whitespace().skip_while(|word| *word != "ashore").skip(1);
    let verb = words.next()?;
    let is_word = verb.chars().all(|c| c.is_ascii_lowercase()) && verb != "help";
    (is_word && !tree.paths.contains(&format!("{VERBS}{verb}.rs"))).then(|| format!("verb {verb}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        names(&Tree::of(&[("README.md", text), ("crates/base/src/lib.rs", ""), ("crates/ashore/src/verbs/run.rs", "")]))
            .len()
    }

    #[test]
    fn a_path_crate_or_verb_that_does_not_exist_is_found() {
        for bad in ["`crates/nope`", "`ashore-nope`", "`ashore fly ./x`", "```console run\n$ ashore fly\n```"] {
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
