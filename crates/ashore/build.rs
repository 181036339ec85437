//! Takes the kernel of `ashore boot` into the program, when `cargo xtask kernel` has made one. Nothing is fetched or built here.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Where the kernel lies in a target folder.
const IMAGE: &str = "kernel/Image.gz";

/// A kernel that grew past this is a mistake of its build.
const MOST_BYTES: u64 = 512 << 10;

fn main() {
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    // The folder that cargo marks last, for it marks one for each target too; and the one it uses when nobody says another.
    let is_marked = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    let marked = out.ancestors().filter(is_marked).last().map(Path::to_path_buf);
    let usual = package.join("../../target");
    let kernel = marked.into_iter().chain([usual]).map(|folder| folder.join(IMAGE)).find_map(|image| {
        let folder = image.parent()?;
        // Cargo looks for changes of what exists only, and would build again and again otherwise.
        let _ = fs::create_dir_all(folder);
        println!("cargo:rerun-if-changed={}", folder.display());
        image.is_file().then_some(image)
    });
    let mut bytes = Vec::new();
    if let Some(image) = kernel {
        bytes = fs::read(&image).unwrap_or_default();
        if bytes.len() as u64 > MOST_BYTES {
            println!("cargo:warning=the kernel at {} is too large and was left out", image.display());
            bytes.clear();
        }
    }
    if let Err(why) = fs::write(out.join("kernel"), bytes) {
        println!("cargo:warning=the kernel cannot be taken in: {why}");
    }
}
