use crate::machine::{End, Machine};
use crate::peers::QEMU;
use std::path::Path;
use std::process::Command;

/// What the program is compiled for: all the instructions of vectors, ciphers and hashes.
const CPU: &str = "-mcpu=generic+crypto+sha3+crc+dotprod";

/// Loops a compiler made vector code of, and a C library's string functions.
#[test]
fn a_program_of_vectors_agrees_with_qemu() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guests = own.join("../../.guests");
    let program = std::env::temp_dir().join(format!("ashore-differ-vectors-{}", std::process::id()));
    let built = Command::new(guests.join("venv/bin/python"))
        .args(["-m", "ziglang", "cc", "-target", "aarch64-linux-musl", "-static", "-O3", CPU, "-o"])
        .args([&program, &own.join("programs/vectors.c")])
        .env("ZIG_GLOBAL_CACHE_DIR", guests.join("zigcache"))
        .env("ZIG_LOCAL_CACHE_DIR", guests.join("zigcache"))
        .status();
    assert!(built.expect("cargo xtask guests installs the compiler").success());
    let theirs = Command::new(QEMU).arg(&program).output().expect("qemu");
    let mut machine = Machine::load(&std::fs::read(&program).expect("built"), &["vectors"]);
    assert_eq!(machine.run(), End::Status(0));
    assert_eq!(String::from_utf8_lossy(&machine.output), String::from_utf8_lossy(&theirs.stdout));
    assert!(machine.output.windows(5).any(|window| window == b"SHA-3"), "it came to its end");
    let _ = std::fs::remove_file(&program);
}
