//! A program's functions, looked for when somebody asks for one.
//!
//! A native program's call sites are found with them. One of another CPU runs without, and to look for them in a large program
//! that has no table takes longer than some programs run.

use ashore_base::{Addr, AddrRange};
use ashore_formats::{Functions, Parsed, Part};
use ashore_image::FunctionIndex;
use std::sync::OnceLock;

/// Functions, known or not yet.
pub(crate) struct Asked {
    parsed: &'static Parsed<'static>,
    part: &'static Part,
    known: OnceLock<Functions<'static>>,
}

impl Asked {
    /// The functions of a part, which live as long as the program does.
    pub(crate) fn new(parsed: &'static Parsed<'static>, part: &'static Part) -> &'static Asked {
        Box::leak(Box::new(Asked { parsed, part, known: OnceLock::new() }))
    }

    fn known(&self) -> &Functions<'static> {
        self.known.get_or_init(|| ashore_formats::functions(self.parsed, self.part))
    }
}

impl FunctionIndex for Asked {
    fn containing(&self, addr: Addr) -> Option<AddrRange> {
        self.known().containing(addr)
    }

    fn name(&self, addr: Addr) -> Option<String> {
        self.known().name(addr)
    }
}
