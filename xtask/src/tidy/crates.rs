//! Checks of crates as wholes: levels, edges, std.

use super::rules::{CRATES, CrateRule, FORBIDDEN_EDGES};
use super::tree::folder;
use super::{Finding, Tree};

fn rule(name: &str) -> Option<&'static CrateRule> {
    CRATES.iter().find(|rule| rule.name == name)
}

/// A crate has a level, and depends only on lower ones.
pub(super) fn levels(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in tree.crates().into_iter().filter(|name| rule(name).is_none()) {
        findings.push(Finding::new(format!("{}/Cargo.toml", folder(name)), 1, format!("crate {name} has no level")));
    }
    for edge in &tree.edges {
        if let (Some(from), Some(to)) = (rule(&edge.from), rule(&edge.to))
            && from.level <= to.level
        {
            let text = format!("{} (level {}) depends on {} (level {})", from.name, from.level, to.name, to.level);
            findings.push(Finding::new(format!("{}/Cargo.toml", folder(&edge.from)), 1, text));
        }
    }
    findings
}

/// No edge the design excludes by name.
pub(super) fn forbidden_edges(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for edge in &tree.edges {
        for row in FORBIDDEN_EDGES.iter().filter(|row| row.from == edge.from && row.to == edge.to) {
            let text = format!("{} depends on {}: {}", row.from, row.to, row.because);
            findings.push(Finding::new(format!("{}/Cargo.toml", folder(&edge.from)), 1, text));
        }
    }
    findings
}

/// The crates a kernel uses say so in their root, and nothing brings std back.
pub(super) fn no_std(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in CRATES.iter().filter(|rule| rule.no_std) {
        let Some(root) = tree.crate_root(rule.name) else { continue };
        let says_so = ["#![no_std]", "#![cfg_attr(not(test), no_std)]"];
        if !root.code.iter().any(|line| says_so.contains(&line.trim())) {
            findings.push(Finding::new(&root.path, 1, format!("{} must be #![no_std]", rule.name)));
        }
        for file in tree.files.iter().filter(|file| file.crate_name() == Some(rule.name)) {
            let std = file.product_lines().filter(|(_, line)| line.contains("extern crate std"));
            findings.extend(std.map(|(line, _)| Finding::new(&file.path, line, "std comes back here")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::tree::Edge;

    fn with_edge(from: &str, to: &str) -> Tree {
        let edges = vec![Edge { from: from.to_owned(), to: to.to_owned() }];
        Tree { edges, ..Tree::default() }
    }

    #[test]
    fn the_crate_table_has_unique_names() {
        for (at, rule) in CRATES.iter().enumerate() {
            assert!(CRATES.iter().skip(at + 1).all(|other| other.name != rule.name));
        }
    }

    #[test]
    fn an_edge_upwards_or_sideways_is_found() {
        assert_eq!(levels(&with_edge("process", "debug")).len(), 1);
        assert_eq!(levels(&with_edge("guest", "host")).len(), 1);
        assert!(levels(&with_edge("process", "engine")).is_empty());
    }

    #[test]
    fn a_crate_without_a_level_is_found() {
        assert_eq!(levels(&Tree::of(&[("crates/novel/src/lib.rs", "")])).len(), 1);
        assert!(levels(&Tree::of(&[("crates/base/src/lib.rs", "")])).is_empty());
    }

    #[test]
    fn an_edge_excluded_by_name_is_found_though_levels_allow_it() {
        assert!(levels(&with_edge("engine", "guest")).is_empty());
        assert_eq!(forbidden_edges(&with_edge("engine", "guest")).len(), 1);
        assert!(forbidden_edges(&with_edge("host", "sys")).is_empty());
    }

    #[test]
    fn a_kernel_crate_with_std_is_found() {
        assert_eq!(no_std(&Tree::of(&[("crates/base/src/lib.rs", "//! Base.\n")])).len(), 1);
        assert_eq!(no_std(&Tree::of(&[("crates/base/src/lib.rs", "#![no_std]\nextern crate std;\n")])).len(), 1);
        assert!(no_std(&Tree::of(&[("crates/base/src/lib.rs", "#![no_std]\n")])).is_empty());
        let tests_only = "#![no_std]\n#[cfg(test)]\nextern crate std;\n";
        assert!(no_std(&Tree::of(&[("crates/base/src/lib.rs", tests_only)])).is_empty());
        assert!(no_std(&Tree::of(&[("crates/host/src/lib.rs", "")])).is_empty());
    }
}
