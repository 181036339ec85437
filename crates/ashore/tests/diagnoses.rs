//! The pages of diagnoses are those that the tables make.

use ashore_debug::explain::pages;
use std::fs;
use std::path::Path;

#[test]
fn the_pages_of_diagnoses_are_those_of_the_tables() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/diagnoses");
    let made = pages();
    for (name, text) in &made {
        let kept = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(kept == *text, "docs/diagnoses/{name} is old: cargo xtask diagnoses");
    }
    let known = |name: &str| made.iter().any(|(made, _)| made == name);
    let strange: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !known(name))
        .collect();
    assert!(strange.is_empty(), "no table makes these: {strange:?}");
}
