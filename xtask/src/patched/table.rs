//! The programs that are patched, one row for each way to build one.

/// The language a program is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Language {
    Go,
    C,
    Rust,
}

/// A program to build, patch and run.
pub(super) struct Program {
    pub(super) language: Language,
    /// Go's names of the system and the CPU.
    pub(super) os: &'static str,
    pub(super) cpu: &'static str,
    /// What its name ends in, to tell it from others of its kind.
    pub(super) variant: &'static str,
    /// Further arguments of the compiler.
    pub(super) flags: &'static [&'static str],
}

impl Program {
    /// Its file's name.
    pub(super) fn name(&self) -> String {
        format!("{:?}-{}-{}-{}", self.language, self.os, self.cpu, self.variant).to_lowercase()
    }
}

const fn go(os: &'static str, cpu: &'static str, variant: &'static str, flags: &'static [&'static str]) -> Program {
    Program { language: Language::Go, os, cpu, variant, flags }
}

const fn c(os: &'static str, cpu: &'static str, variant: &'static str, flags: &'static [&'static str]) -> Program {
    Program { language: Language::C, os, cpu, variant, flags }
}

const STRIPPED: &[&str] = &["-ldflags=-s -w"];
const PIE: &[&str] = &["-buildmode=pie"];
const PLAIN: &[&str] = &["-gcflags=all=-N -l"];

/// Every program, the quickest to run first.
#[rustfmt::skip]
pub(super) const PROGRAMS: &[Program] = &[
    c("linux", "amd64", "o0", &["-O0", "-static"]),
    c("linux", "amd64", "o2", &["-O2", "-static"]),
    c("linux", "amd64", "os", &["-Os", "-g", "-static"]),
    c("linux", "amd64", "pie", &["-O2", "-static-pie"]),
    c("linux", "arm64", "o0", &["-O0", "-static"]),
    c("linux", "arm64", "o2", &["-O2", "-static"]),
    c("linux", "arm64", "os", &["-Os", "-g", "-static"]),
    c("linux", "arm64", "pie", &["-O2", "-static-pie"]),
    c("linux", "riscv64", "o0", &["-O0", "-static"]),
    c("linux", "riscv64", "o2", &["-O2", "-static"]),
    c("linux", "riscv64", "os", &["-Os", "-g", "-static"]),
    c("linux", "riscv64", "pie", &["-O2", "-static-pie"]),
    c("darwin", "amd64", "o2", &["-O2"]),
    c("darwin", "arm64", "o2", &["-O2"]),
    Program { language: Language::Rust, os: "linux", cpu: "amd64", variant: "o0", flags: &["-Copt-level=0"] },
    Program { language: Language::Rust, os: "linux", cpu: "amd64", variant: "o2", flags: &["-Copt-level=2"] },
    go("linux", "amd64", "plain", &[]),
    go("linux", "amd64", "stripped", STRIPPED),
    go("linux", "amd64", "pie", PIE),
    go("linux", "amd64", "unoptimised", PLAIN),
    go("linux", "arm64", "plain", &[]),
    go("linux", "arm64", "stripped", STRIPPED),
    go("linux", "arm64", "pie", PIE),
    go("linux", "arm64", "unoptimised", PLAIN),
    go("linux", "riscv64", "plain", &[]),
    go("linux", "riscv64", "stripped", STRIPPED),
    go("linux", "riscv64", "unoptimised", PLAIN),
    go("freebsd", "amd64", "plain", &[]),
    go("netbsd", "amd64", "plain", &[]),
    go("dragonfly", "amd64", "plain", &[]),
    go("freebsd", "arm64", "plain", &[]),
    go("netbsd", "arm64", "plain", &[]),
    go("openbsd", "amd64", "plain", &[]),
    go("darwin", "amd64", "plain", &[]),
    go("darwin", "arm64", "plain", &[]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_table_has_unique_names() {
        for (at, program) in PROGRAMS.iter().enumerate() {
            assert!(PROGRAMS.iter().skip(at + 1).all(|other| other.name() != program.name()));
        }
    }
}
