//! Hands the linker the map of the image.

fn main() {
    println!("cargo:rustc-link-arg-bins=-T{}/kernel.ld", std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    println!("cargo:rerun-if-changed=kernel.ld");
}
