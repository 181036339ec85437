//! Hands the linker the map of the image.

fn main() {
    println!("cargo:rustc-link-arg-bins=-T{}/kernel.ld", std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    // Functions that compile to the same code are one.
    println!("cargo:rustc-link-arg-bins=--icf=all");
    println!("cargo:rerun-if-changed=kernel.ld");
}
