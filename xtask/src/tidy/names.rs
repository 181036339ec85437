//! Words that must not occur in certain files.

use super::rules::{CRATES, FAMILIES};
use super::{Finding, Tree};

/// What a crate that does no input and output does not mention.
const IO_WORDS: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::io",
    "println!",
    "print!",
    "eprintln!",
    "eprint!",
    "dbg!",
];

/// Pure crates open nothing, spawn nothing, print nothing.
pub(super) fn no_io(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let pure = |name: &str| CRATES.iter().any(|rule| rule.name == name && !rule.does_io);
    for file in tree.files.iter().filter(|file| file.crate_name().is_some_and(pure)) {
        for (line, code) in file.product_lines() {
            if let Some(word) = IO_WORDS.iter().find(|word| code.contains(*word)) {
                findings.push(Finding::new(&file.path, line, format!("{word} in a crate that does no I/O")));
            }
        }
    }
    findings
}

/// A generic file never names one member of its family.
pub(super) fn families(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for family in FAMILIES {
        let generic = |path: &str| family.paths.iter().any(|start| path.starts_with(start));
        for file in tree.files.iter().filter(|file| generic(&file.path)) {
            // Strings count: a member's name in a message or a comparison is knowledge of the member.
            for (at, text) in file.text.lines().enumerate() {
                let line = at + 1;
                let comment = file.code.get(at).is_none_or(|code| code.trim().is_empty());
                if comment || file.is_test(line) {
                    continue;
                }
                let code = text.split(" //").next().unwrap_or_default();
                if let Some(word) = words(code).find(|word| family.words.contains(&word.as_str())) {
                    let text = format!("{word} named in a file that is generic over {}", family.what);
                    findings.push(Finding::new(&file.path, line, text));
                }
            }
        }
    }
    findings
}

/// The words of a line in lower case: parts of identifiers count, `self` does not hold `elf`.
fn words(line: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in line.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && before.is_ascii_lowercase()) {
            words.push(String::new());
        }
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    words.into_iter().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_in_a_pure_crate_is_found_outside_tests() {
        let bad = "fn f() { println!(\"x\"); }\n";
        assert_eq!(no_io(&Tree::of(&[("crates/guest/src/lib.rs", bad)])).len(), 1);
        assert!(no_io(&Tree::of(&[("crates/ashore/src/main.rs", bad)])).is_empty());
        let test = "#[cfg(test)]\nmod tests {\n fn f() { println!(\"x\"); }\n}\n// println!\n";
        assert!(no_io(&Tree::of(&[("crates/guest/src/lib.rs", test)])).is_empty());
    }

    #[test]
    fn a_member_of_a_family_in_a_generic_file_is_found() {
        for bad in ["fn start_freebsd() {}", "let x = FreebsdStart;", "if name == \"netbsd\" {}"] {
            assert_eq!(families(&Tree::of(&[("crates/process/src/lib.rs", bad)])).len(), 1, "{bad}");
        }
        for good in ["// As FreeBSD and freebsd do.\nfn f() {}", "fn f() {} // freebsd"] {
            assert!(families(&Tree::of(&[("crates/process/src/lib.rs", good)])).is_empty(), "{good}");
        }
        assert!(families(&Tree::of(&[("crates/guest/src/freebsd.rs", "fn freebsd() {}")])).is_empty());
        assert_eq!(families(&Tree::of(&[("crates/link/src/layout.rs", "fn elf(self) {}")])).len(), 1);
        assert!(families(&Tree::of(&[("crates/link/src/layout.rs", "fn f(self) {}")])).is_empty());
    }
}
