//! The programs that are patched, one row for each way to build one.

/// The language a program is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Language {
    Go,
    C,
    Rust,
}

/// A program to build, patch and run.
#[derive(PartialEq, Eq)]
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
    /// Whether the own code of a function that was replaced can still be called. Go's code for this CPU jumps back to its start
    /// by an instruction that reaches no added code.
    pub(super) fn keeps_originals(&self) -> bool {
        !(self.language == Language::Go && self.cpu == "riscv64")
    }

    /// Whether its loader chooses where it is.
    pub(super) fn is_movable(&self) -> bool {
        self.variant == "pie" || self.language == Language::Rust
    }

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
const UNOPTIMISED: &[&str] = &["-gcflags=all=-N -l"];
const NO_DWARF: &[&str] = &["-ldflags=-w"];

/// Every program, the quickest to run first.
#[rustfmt::skip]
pub(super) const PROGRAMS: &[Program] = &[
    c("linux", "amd64", "o0", &["-O0", "-static"]),
    c("linux", "amd64", "o1", &["-O1", "-static"]),
    c("linux", "amd64", "o2", &["-O2", "-static"]),
    c("linux", "amd64", "o3", &["-O3", "-static"]),
    c("linux", "amd64", "os", &["-Os", "-g", "-static"]),
    c("linux", "amd64", "pie", &["-O2", "-static-pie"]),
    c("linux", "arm64", "o0", &["-O0", "-static"]),
    c("linux", "arm64", "o1", &["-O1", "-static"]),
    c("linux", "arm64", "o2", &["-O2", "-static"]),
    c("linux", "arm64", "o3", &["-O3", "-static"]),
    c("linux", "arm64", "os", &["-Os", "-g", "-static"]),
    c("linux", "arm64", "pie", &["-O2", "-static-pie"]),
    c("linux", "riscv64", "o0", &["-O0", "-static"]),
    c("linux", "riscv64", "o1", &["-O1", "-static"]),
    c("linux", "riscv64", "o2", &["-O2", "-static"]),
    c("linux", "riscv64", "o3", &["-O3", "-static"]),
    c("linux", "riscv64", "os", &["-Os", "-g", "-static"]),
    c("linux", "riscv64", "pie", &["-O2", "-static-pie"]),
    c("darwin", "amd64", "o0", &["-O0"]),
    c("darwin", "amd64", "o2", &["-O2"]),
    c("darwin", "arm64", "o0", &["-O0"]),
    c("darwin", "arm64", "o2", &["-O2"]),
    Program { language: Language::Rust, os: "linux", cpu: "amd64", variant: "o0", flags: &["-Copt-level=0"] },
    Program { language: Language::Rust, os: "linux", cpu: "amd64", variant: "o1", flags: &["-Copt-level=1"] },
    Program { language: Language::Rust, os: "linux", cpu: "amd64", variant: "o2", flags: &["-Copt-level=2"] },
    Program { language: Language::Rust, os: "linux", cpu: "amd64", variant: "o3", flags: &["-Copt-level=3"] },
    Program { language: Language::Rust, os: "linux", cpu: "amd64", variant: "os", flags: &["-Copt-level=s"] },
    go("linux", "amd64", "plain", &[]),
    go("linux", "amd64", "stripped", STRIPPED),
    go("linux", "amd64", "unoptimised", UNOPTIMISED),
    go("linux", "amd64", "nodwarf", NO_DWARF),
    go("linux", "arm64", "plain", &[]),
    go("linux", "arm64", "stripped", STRIPPED),
    go("linux", "arm64", "unoptimised", UNOPTIMISED),
    go("linux", "arm64", "nodwarf", NO_DWARF),
    go("linux", "riscv64", "plain", &[]),
    go("linux", "riscv64", "stripped", STRIPPED),
    go("linux", "riscv64", "unoptimised", UNOPTIMISED),
    go("linux", "riscv64", "nodwarf", NO_DWARF),
    go("linux", "amd64", "pie", PIE),
    go("linux", "arm64", "pie", PIE),
    go("freebsd", "amd64", "plain", &[]),
    go("freebsd", "amd64", "stripped", STRIPPED),
    go("netbsd", "amd64", "plain", &[]),
    go("netbsd", "amd64", "stripped", STRIPPED),
    go("dragonfly", "amd64", "plain", &[]),
    go("dragonfly", "amd64", "stripped", STRIPPED),
    go("openbsd", "amd64", "plain", &[]),
    go("freebsd", "arm64", "plain", &[]),
    go("netbsd", "arm64", "plain", &[]),
    go("darwin", "amd64", "plain", &[]),
    go("darwin", "amd64", "stripped", STRIPPED),
    go("darwin", "arm64", "plain", &[]),
    go("darwin", "arm64", "stripped", STRIPPED),
];

/// A large program: Go's own compiler, with the ways to reach a function added to its main package.
pub(super) const LARGE: Program = go("linux", "arm64", "compiler", &[]);

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
