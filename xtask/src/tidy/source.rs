//! One Rust file as the checks see it: its text, its code without comments, its syntax, its tests.

use std::ops::RangeInclusive;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A Rust file.
pub(super) struct SourceFile {
    /// The path from the top of the checkout.
    pub(super) path: String,
    /// What is in it.
    pub(super) text: String,
    /// The lines with comments and the insides of strings blanked.
    pub(super) code: Vec<String>,
    /// The syntax, or nothing when it does not parse (the compiler says why).
    pub(super) syntax: Option<syn::File>,
    tests: Vec<RangeInclusive<usize>>,
    test_modules: Vec<String>,
}

impl SourceFile {
    /// The file at `path` with `text` in it.
    pub(super) fn new(path: &str, text: &str) -> SourceFile {
        let syntax = syn::parse_file(text).ok();
        let mut finder = TestFinder::default();
        if let Some(file) = &syntax {
            finder.visit_file(file);
        }
        if is_test_path(path) {
            finder.tests.push(0..=usize::MAX);
        }
        let code = blank(text).lines().map(str::to_owned).collect();
        let TestFinder { tests, modules: test_modules } = finder;
        SourceFile { path: path.to_owned(), text: text.to_owned(), code, syntax, tests, test_modules }
    }

    /// The beginnings of the paths of modules that are compiled for tests only and written in files of their own.
    pub(super) fn test_module_paths(&self) -> impl Iterator<Item = String> {
        let (folder, name) = self.path.rsplit_once('/').unwrap_or(("", &self.path));
        let own = match name {
            "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
            name => format!("{folder}/{}", name.trim_end_matches(".rs")),
        };
        self.test_modules.iter().map(move |module| format!("{own}/{module}"))
    }

    /// Takes the whole file for a test.
    pub(super) fn set_test(&mut self) {
        self.tests.push(0..=usize::MAX);
    }

    /// Whether the line, counted from one, belongs to a test.
    pub(super) fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|lines| lines.contains(&line))
    }

    /// The numbered lines of code that are no test.
    pub(super) fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.iter().enumerate().map(|(at, line)| (at + 1, line.as_str()));
        lines.filter(|(line, _)| !self.is_test(*line))
    }

    /// Whether the file holds a test.
    pub(super) fn has_tests(&self) -> bool {
        !self.tests.is_empty()
    }

    /// The file's name without folders.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The crate the file belongs to: its folder under `crates`, or `kernel/` and its folder there.
    pub(super) fn crate_name(&self) -> Option<&str> {
        if let Some(inside) = self.path.strip_prefix("kernel/") {
            return self.path.get(.."kernel/".len() + inside.find('/')?);
        }
        self.path.strip_prefix("crates/")?.split('/').next()
    }
}

fn is_test_path(path: &str) -> bool {
    let in_crate = path.splitn(3, '/').nth(2).unwrap_or_default();
    in_crate.starts_with("tests/") || in_crate.ends_with("tests.rs") || in_crate.contains("/tests/")
}

#[derive(Default)]
struct TestFinder {
    tests: Vec<RangeInclusive<usize>>,
    modules: Vec<String>,
}

impl TestFinder {
    fn note(&mut self, attributes: &[syn::Attribute], item: &impl Spanned) {
        if attributes.iter().any(is_test_attribute) {
            let span = item.span();
            self.tests.push(span.start().line..=span.end().line);
        }
    }
}

impl<'ast> Visit<'ast> for TestFinder {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.note(&item.attrs, item);
        if item.content.is_none() && item.attrs.iter().any(is_test_attribute) {
            self.modules.push(item.ident.to_string());
        }
        visit::visit_item_mod(self, item);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        self.note(&item.attrs, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note(&item.attrs, item);
        visit::visit_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.note(&item.attrs, item);
        visit::visit_item_impl(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.note(&item.attrs, item);
    }
}

fn is_test_attribute(attribute: &syn::Attribute) -> bool {
    let path = attribute.path();
    if path.is_ident("test") {
        return true;
    }
    path.is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|inner| inner.is_ident("test"))
}

/// The text with comments and the insides of string and character literals replaced by blanks; lines stay.
fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (keep, hide) = match first {
            '/' if rest.starts_with("//") => (0, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (0, block_comment(rest)),
            '"' => (1, quoted(rest)),
            'r' | 'b' | 'c' => raw_string(rest, &out),
            '\'' => (1, character(rest)),
            other => (other.len_utf8(), other.len_utf8()),
        };
        let (kept, after) = rest.split_at(keep.min(rest.len()));
        out.push_str(kept);
        let hidden = after.get(..hide.saturating_sub(keep)).unwrap_or(after);
        out.extend(hidden.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = rest.get(keep.max(hide)..).unwrap_or_default();
    }
    out
}

/// The length of a comment that may hold comments.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a string with escapes.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// What to keep and the whole length of `r"..."`, `r#"..."#` and the like, or of one letter.
fn raw_string(text: &str, before: &str) -> (usize, usize) {
    let inside_word = before.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
    let prefix = text.find(|c: char| !matches!(c, 'r' | 'b' | 'c')).unwrap_or(0);
    let (letters, rest) = text.split_at(prefix);
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let opens = rest.get(hashes..).is_some_and(|rest| rest.starts_with('"'));
    if inside_word || !letters.contains('r') || letters.len() > 2 || !opens {
        return (1, 1);
    }
    let start = prefix + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    let body = text.get(start..).unwrap_or_default();
    (start, body.find(&close).map_or(text.len(), |at| start + at + close.len()))
}

/// The length of a character literal, or one for the quote of a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => text.get(2..).and_then(|rest| rest.get(1..)?.find('\'')).map_or(1, |at| at + 4),
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_blanked_and_lines_stay() {
        let text = "a // b \"c\n/* d /* e */ f */ g(\"h\\\" // i\", 'j', '\\'', r#\"k\"l\"#) 'm";
        let blanked = blank(text);
        assert_eq!(blanked.lines().count(), 2);
        for hidden in ["b", "c", "d", "e", "f", "h", "i", "j", "k", "l"] {
            assert!(!blanked.contains(hidden), "{hidden} in {blanked}");
        }
        for kept in ["a ", "g(", "'m"] {
            assert!(blanked.contains(kept), "{kept} not in {blanked}");
        }
    }

    #[test]
    fn test_modules_and_test_files_are_known() {
        let file = SourceFile::new("crates/x/src/lib.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\n");
        assert!(!file.is_test(1));
        assert!(file.is_test(4));
        assert!(SourceFile::new("crates/x/tests/all.rs", "fn a() {}").is_test(1));
        assert!(!SourceFile::new("tests/runner/src/main.rs", "fn a() {}").is_test(1));
    }
}
