//! How long files and functions are, and that tables are tested.

use super::rules::{FILE_LINES, FUNCTION_LINES};
use super::{Finding, SourceFile, Tree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The name of a file that holds rows; such files may be long.
const TABLE: &str = "table.rs";

/// No hand-written file is longer than a reader can hold.
pub(super) fn file_length(tree: &Tree) -> Vec<Finding> {
    let long = |file: &&SourceFile| file.name() != TABLE && file.text.lines().count() > FILE_LINES;
    let found = tree.files.iter().filter(long);
    found.map(|file| Finding::new(&file.path, FILE_LINES + 1, format!("more than {FILE_LINES} lines"))).collect()
}

/// No function is longer than a reader can hold. A naked function is a listing of instructions and exempt.
pub(super) fn function_length(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let Some(syntax) = &file.syntax else { continue };
        let mut functions = Functions::default();
        functions.visit_file(syntax);
        for (line, name, length) in functions.found.into_iter().filter(|(_, _, length)| *length > FUNCTION_LINES) {
            findings.push(Finding::new(&file.path, line, format!("function {name} has {length} lines")));
        }
    }
    findings
}

#[derive(Default)]
struct Functions {
    found: Vec<(usize, String, usize)>,
}

impl Functions {
    fn note(&mut self, signature: &syn::Signature, end: &impl Spanned) {
        let first = signature.span().start().line;
        let last = end.span().end().line;
        self.found.push((first, signature.ident.to_string(), last + 1 - first));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !item.attrs.iter().any(is_naked) {
            self.note(&item.sig, &item.block);
        }
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.note(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

fn is_naked(attribute: &syn::Attribute) -> bool {
    attribute.parse_args::<syn::Path>().is_ok_and(|inner| inner.is_ident("naked"))
}

/// A table has a test that speaks of it: in the file, beside it, or in its crate's tests.
pub(super) fn table_tests(tree: &Tree) -> Vec<Finding> {
    let tables = tree.files.iter().filter(|file| file.name() == TABLE);
    let untested = tables.filter(|table| !table.has_tests() && !is_tested_beside(tree, table));
    untested.map(|table| Finding::new(&table.path, 1, "a table without a table test")).collect()
}

fn is_tested_beside(tree: &Tree, table: &SourceFile) -> bool {
    let folder = table.path.strip_suffix(TABLE).unwrap_or_default();
    let own_tests = table.crate_name().map(|name| format!("{}/tests/", super::tree::folder(name)));
    tree.files.iter().any(|file| {
        let beside = file.path.strip_prefix(folder).is_some_and(|rest| !rest.contains('/'));
        let above = folder.starts_with(file.path.rsplit_once('/').map_or("", |(folder, _)| folder));
        let in_tests = own_tests.as_ref().is_some_and(|tests| file.path.starts_with(tests));
        (beside || above || in_tests) && file.has_tests() && file.text.contains("table")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_found_unless_it_is_a_table() {
        let long = "\n".repeat(FILE_LINES + 1);
        assert_eq!(file_length(&Tree::of(&[("crates/a/src/b.rs", &long)])).len(), 1);
        assert!(file_length(&Tree::of(&[("crates/a/src/table.rs", &long)])).is_empty());
    }

    #[test]
    fn a_long_function_is_found() {
        let long = format!("struct A;\nimpl A {{\n fn f() {{\n{} }}\n}}\n", "  g();\n".repeat(FUNCTION_LINES));
        let found = function_length(&Tree::of(&[("crates/a/src/b.rs", &long)]));
        assert_eq!(found.len(), 1);
        assert_eq!(found.first().map(|finding| finding.line), Some(3));
    }

    #[test]
    fn a_long_listing_of_instructions_is_no_long_function() {
        let lines = "\"nop\",\n".repeat(FUNCTION_LINES);
        let text = format!("#[unsafe(naked)]\nunsafe extern \"sysv64\" fn f() {{\n naked_asm!({lines})\n}}\n");
        assert!(function_length(&Tree::of(&[("crates/a/src/b.rs", &text)])).is_empty());
    }

    #[test]
    fn a_table_without_a_test_is_found() {
        assert_eq!(table_tests(&Tree::of(&[("crates/a/src/b/table.rs", "const T: u8 = 0;")])).len(), 1);
        let tested = "#[cfg(test)]\nmod tests {\n#[test]\nfn the_table_is_unique() {}\n}\n";
        assert!(table_tests(&Tree::of(&[("crates/a/src/b/table.rs", tested)])).is_empty());
        let beside = Tree::of(&[("crates/a/src/b/table.rs", ""), ("crates/a/src/b/tests.rs", "use super::table;")]);
        assert!(table_tests(&beside).is_empty());
    }
}
