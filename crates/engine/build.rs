//! Names the state of everything that decides what translated code looks like: the sources of the engine and of what it is
//! made of. Translations kept on disk are of one such state.

use std::collections::hash_map::DefaultHasher;
use std::hash::Hasher;
use std::path::Path;

const SOURCES: [&str; 5] = ["../ir/src", "../isa/src", "../emit/src", "../sys/src/translated.rs", "src"];

fn hash(path: &Path, hasher: &mut DefaultHasher) {
    let Ok(entries) = std::fs::read_dir(path) else {
        hasher.write(&std::fs::read(path).unwrap_or_default());
        return;
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        hasher.write(path.file_name().unwrap_or_default().as_encoded_bytes());
        hash(&path, hasher);
    }
}

fn main() {
    let mut hasher = DefaultHasher::new();
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
        hash(Path::new(source), &mut hasher);
    }
    println!("cargo:rustc-env=ASHORE_ENGINE_ID={:016x}", hasher.finish());
}
