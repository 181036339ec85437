//! What a reader of foreign bytes must not do, and what nobody may leave behind.

use super::rules::PARSERS;
use super::{Finding, SourceFile, Tree};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Methods that panic on a value the input decides.
const METHODS: &[&str] = &["unwrap", "expect", "unwrap_err", "expect_err", "split_at", "split_at_mut"];

/// Macros that panic.
const MACROS: &[&str] = &["panic", "unreachable", "todo", "unimplemented"];

/// Macros that say somebody meant to come back.
const UNFINISHED: &[&str] = &["todo", "unimplemented"];

/// Parsers and decoders index nothing and unwrap nothing.
pub(super) fn parsers(tree: &Tree) -> Vec<Finding> {
    let is_parser = |file: &&SourceFile| PARSERS.iter().any(|start| file.path.starts_with(start));
    collect(tree.files.iter().filter(is_parser), |panics| panics.all)
}

/// Nothing is left unfinished: an unsupported call is a row's state, not a panic.
pub(super) fn unfinished(tree: &Tree) -> Vec<Finding> {
    collect(tree.files.iter(), |panics| panics.unfinished)
}

fn collect<'a>(files: impl Iterator<Item = &'a SourceFile>, pick: fn(Panics) -> Vec<(usize, String)>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let Some(syntax) = &file.syntax else { continue };
        let mut panics = Panics::default();
        panics.visit_file(syntax);
        let found = pick(panics).into_iter().filter(|(line, _)| !file.is_test(*line));
        findings.extend(found.map(|(line, what)| Finding::new(&file.path, line, what)));
    }
    findings
}

#[derive(Default)]
struct Panics {
    all: Vec<(usize, String)>,
    unfinished: Vec<(usize, String)>,
}

impl Panics {
    fn note(&mut self, at: &impl Spanned, what: String) {
        self.all.push((at.span().start().line, what));
    }
}

impl<'ast> Visit<'ast> for Panics {
    fn visit_expr_index(&mut self, index: &'ast syn::ExprIndex) {
        self.note(&index.bracket_token.span.open(), "indexing; use get".to_owned());
        visit::visit_expr_index(self, index);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if METHODS.iter().any(|name| call.method == name) {
            self.note(&call.method, format!("{}() can panic", call.method));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let Some(name) = call.path.segments.last().map(|segment| segment.ident.to_string()) else { return };
        if MACROS.contains(&name.as_str()) {
            self.note(&call.path, format!("{name}! panics"));
        }
        if UNFINISHED.contains(&name.as_str()) {
            self.unfinished.push((call.path.span().start().line, format!("{name}! is left behind")));
        }
        // The arguments of most macros are expressions; where they are not, they cannot be read.
        let arguments = call.parse_body_with(Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated);
        for argument in arguments.into_iter().flatten() {
            // The parsed arguments do not live as long as the file, so they get a visit of their own.
            let mut inner = Panics::default();
            inner.visit_expr(&argument);
            self.all.append(&mut inner.all);
            self.unfinished.append(&mut inner.unfinished);
        }
    }

    // A constant is computed by the compiler: a panic there is an error at build time.
    fn visit_item_const(&mut self, _: &'ast syn::ItemConst) {}

    fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, body: &str) -> usize {
        let text = format!("fn f(x: &[u8]) {{ {body} }}\n");
        parsers(&Tree::of(&[(path, &text)])).len()
    }

    #[test]
    fn indexing_and_unwrapping_in_a_parser_are_found() {
        for bad in ["x[0];", "x[1..].len();", "x.get(0).unwrap();", "g(format!(\"{}\", x[0]));", "panic!();"] {
            assert_eq!(found("crates/formats/src/a.rs", bad), 1, "{bad}");
            assert_eq!(found("crates/host/src/a.rs", bad), 0, "{bad}");
        }
        for good in ["x.get(0).unwrap_or(&0);", "let y = [0; 4];", "const A: u8 = [1][0];"] {
            assert_eq!(found("crates/formats/src/a.rs", good), 0, "{good}");
        }
    }

    #[test]
    fn a_test_in_a_parser_may_unwrap() {
        let text = "#[cfg(test)]\nmod tests {\n    #[test]\n    fn t() { x[0].unwrap(); }\n}\n";
        assert!(parsers(&Tree::of(&[("crates/formats/src/a.rs", text)])).is_empty());
    }

    #[test]
    fn something_left_to_do_is_found_anywhere() {
        let tree = Tree::of(&[("crates/host/src/a.rs", "fn f() { todo!() }")]);
        assert_eq!(unfinished(&tree).len(), 1);
    }
}
