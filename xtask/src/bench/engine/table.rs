//! The programs that are timed, one row each, and what is wanted of them.

use crate::guests::Wheel;

/// What a program does most of the time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Computes with integers.
    Integer,
    /// Computes with numbers or vectors.
    Float,
    /// Runs a large run-time system of its own.
    Mixed,
    /// Asks the kernel.
    Calls,
    /// Ends at once.
    Start,
    /// Runs much code a few times: most of its time is translating.
    Large,
}

/// Where a program comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    C,
    Go,
    /// As others ship it, for both CPUs.
    Wheel(Wheel),
}

/// What is wanted of a program's time: with nothing kept, and with what an earlier run kept.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    /// At most this many times native.
    Native([f64; 2]),
    /// At most this many milliseconds.
    Milliseconds([f64; 2]),
    /// No slower than the others.
    Equal,
}

/// A program.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) source: Source,
    pub(super) class: Class,
    pub(super) args: &'static [&'static str],
    pub(super) goal: Goal,
}

/// How many times faster than the fastest other emulator each program is to be, and all of them in the geometric mean.
pub(super) const LEAST_GAIN: f64 = 1.5;
pub(super) const MEAN_GAIN: f64 = 5.0;

/// How many times native the geometric mean may be.
pub(super) const MEAN_NATIVE: f64 = 1.6;

/// How many instructions a microsecond are to be translated.
pub(super) const SPEED: f64 = 4.0;

const INTEGER: Goal = Goal::Native([2.0; 2]);
const FLOAT: Goal = Goal::Native([1.6; 2]);

const fn c(name: &'static str, class: Class, args: &'static [&'static str], goal: Goal) -> Row {
    Row { name, source: Source::C, class, args, goal }
}

const fn go(name: &'static str, class: Class, args: &'static [&'static str], goal: Goal) -> Row {
    Row { name, source: Source::Go, class, args, goal }
}

const fn wheel(name: &'static str, wheel: Wheel, args: &'static [&'static str], goal: Goal) -> Row {
    Row { name, source: Source::Wheel(wheel), class: Class::Large, args, goal }
}

/// What stands in arguments for the folder of the scripts, for that of the sources that Zig brings, and for the file to make.
pub(super) const FILES: &str = "{files}";
pub(super) const LIB: &str = "{lib}";
pub(super) const MADE: &str = "{made}";

/// A compilation of a file of some 3,000 lines. By the command that starts no process, which emulators cannot do.
const COMPILE: &[&str] = &[
    "clang",
    "--target=aarch64-linux-musl",
    "-O2",
    "-w",
    "-nostdinc",
    "-I{lib}/libc/musl/src/internal",
    "-I{lib}/libc/musl/src/include",
    "-I{lib}/libc/musl/arch/aarch64",
    "-I{lib}/libc/musl/arch/generic",
    "-I{lib}/libc/include/aarch64-linux-musl",
    "-I{lib}/libc/include/generic-musl",
    "-I{lib}/libc/musl/include",
    "-I{lib}/include",
    "-c",
    "{lib}/libc/musl/src/regex/regcomp.c",
    "-o",
    MADE,
];

/// A compilation of a small library with what it uses of Zig's own, to text: an object would be another process's work.
const BUILD: &[&str] = &[
    "build-obj",
    "-target",
    "aarch64-linux-musl",
    "-OReleaseSmall",
    "-fstrip",
    "{files}/sums.zig",
    "-fno-emit-bin",
    "-femit-asm={made}",
];

/// Every program. Arguments say how long each runs: a tenth to a half of a second.
pub(super) const ROWS: &[Row] = &[
    c("sieve", Class::Integer, &["20"], INTEGER),
    c("sha256", Class::Integer, &["100"], INTEGER),
    c("strings", Class::Integer, &["150"], INTEGER),
    c("hashmap", Class::Integer, &["6000000"], INTEGER),
    c("calls", Class::Integer, &["32"], INTEGER),
    c("codec", Class::Float, &["1500"], FLOAT),
    c("nbody", Class::Float, &["2000000"], FLOAT),
    c("matmul", Class::Float, &["10"], FLOAT),
    c("simd", Class::Float, &["3000"], FLOAT),
    go("gob", Class::Mixed, &["5"], INTEGER),
    c("syscalls", Class::Calls, &["1000000"], Goal::Equal),
    c("hello", Class::Start, &[], Goal::Milliseconds([5.0; 2])),
    go("gohello", Class::Start, &[], Goal::Milliseconds([60.0, 25.0])),
    wheel("node", Wheel::Node, &["-e", "1"], Goal::Milliseconds([200.0, 80.0])),
    wheel("nodejit", Wheel::Node, &["{files}/work.js"], Goal::Native([4.0; 2])),
    wheel("clang", Wheel::Zig, COMPILE, Goal::Native([2.8, 2.0])),
    wheel("zig", Wheel::Zig, BUILD, Goal::Native([2.8, 2.0])),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Repo;

    #[test]
    fn every_program_has_a_source_and_a_name_of_its_own() {
        let folder = Repo::find().unwrap().path("tests/bench");
        for (at, row) in ROWS.iter().enumerate() {
            assert!(ROWS.iter().skip(at + 1).all(|other| other.name != row.name), "{}", row.name);
            let file = match row.source {
                Source::C => format!("{}.c", row.name),
                Source::Go => format!("{}/main.go", row.name),
                Source::Wheel(_) => continue,
            };
            assert!(folder.join(&file).is_file(), "{file}");
        }
    }
}
