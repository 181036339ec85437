//! Where unsafe code may be, and what must be written beside it.

use super::rules::CRATES;
use super::{Finding, SourceFile, Tree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The attribute every safe crate root carries.
const FORBID: &str = "#![forbid(unsafe_code)]";

/// The word a note begins with.
const NOTE: &str = "SAFETY:";

/// How far above an unsafe block its note may begin: a statement of a few lines may be between.
const NOTE_LINES: usize = 12;

/// Every crate root forbids unsafe code, except those of the crates that hold it.
pub(super) fn place(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| is_root(file) && !may_be_unsafe(file)) {
        if !file.code.iter().any(|line| line.trim() == FORBID) {
            findings.push(Finding::new(&file.path, 1, format!("the crate root lacks {FORBID}")));
        }
    }
    findings
}

fn is_root(file: &SourceFile) -> bool {
    file.path.ends_with("/src/lib.rs") || file.path.ends_with("/src/main.rs")
}

fn may_be_unsafe(file: &SourceFile) -> bool {
    CRATES.iter().any(|rule| rule.is_unsafe && file.crate_name() == Some(rule.name))
}

/// Every unsafe block has a note just above it or as its first line.
pub(super) fn notes(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| may_be_unsafe(file)) {
        let Some(syntax) = &file.syntax else { continue };
        let mut blocks = UnsafeBlocks::default();
        blocks.visit_file(syntax);
        let lines: Vec<&str> = file.text.lines().collect();
        for line in blocks.lines.into_iter().filter(|line| !has_note(&lines, *line)) {
            findings.push(Finding::new(&file.path, line, format!("unsafe without a {NOTE} note")));
        }
    }
    findings
}

#[derive(Default)]
struct UnsafeBlocks {
    lines: Vec<usize>,
}

impl<'ast> Visit<'ast> for UnsafeBlocks {
    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.lines.push(block.unsafe_token.span().start().line);
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if let Some(token) = item.unsafety {
            self.lines.push(token.span().start().line);
        }
        visit::visit_item_impl(self, item);
    }
}

/// Whether a note is on the line (counted from one), on the next, or above without a blank line between.
fn has_note(lines: &[&str], line: usize) -> bool {
    let near = lines.iter().skip(line - 1).take(2).any(|text| text.contains(NOTE));
    let above = lines.iter().take(line - 1).rev().take(NOTE_LINES).take_while(|text| !text.trim().is_empty());
    near || above.into_iter().any(|text| text.contains(NOTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_safe_crate_root_without_the_attribute_is_found() {
        assert_eq!(place(&Tree::of(&[("crates/guest/src/lib.rs", "//! // #![forbid(unsafe_code)]\n")])).len(), 1);
        assert!(place(&Tree::of(&[("crates/guest/src/lib.rs", "#![forbid(unsafe_code)]\n")])).is_empty());
        assert!(place(&Tree::of(&[("crates/sys/src/lib.rs", "")])).is_empty());
    }

    #[test]
    fn an_unsafe_block_without_a_note_is_found() {
        let bad = "fn f() {\n    unsafe { g() }\n}\n";
        assert_eq!(notes(&Tree::of(&[("crates/sys/src/lib.rs", bad)])).len(), 1);
        let good = "fn f() {\n    // SAFETY: g wants nothing.\n    let x =\n        unsafe { g() };\n}\n";
        assert!(notes(&Tree::of(&[("crates/sys/src/lib.rs", good)])).is_empty());
    }
}
