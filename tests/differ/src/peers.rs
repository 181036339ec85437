//! Who runs the program besides the evaluator.

use crate::program::STATUS_AT;
use std::path::Path;
use std::process::{Command, Output};

/// The peer that is always asked.
pub(crate) const QEMU: &str = "qemu-aarch64";

/// What it is called.
const QEMU_NAME: &str = "qemu";

/// Another implementation of the CPU: a command that a program's file is the last word of.
pub(crate) struct Peer {
    /// What it is called in what is said.
    pub(crate) name: &'static str,
    words: Vec<String>,
    /// The parts of the host's CPU that it is not to use.
    lacking: &'static str,
}

/// Ways to translate: blocks by templates, and the same where the host lacks what not all templates need.
const WAYS: [(&str, &str); 2] = [("translated", ""), ("translated on less", "FMA,AES,PCLMULQDQ,SHA,F16C")];

/// qemu, and translated code if that of a program `ashore` is wanted.
pub(crate) fn all(ashore: Option<&Path>) -> Vec<Peer> {
    let mut peers = vec![Peer { name: QEMU_NAME, words: vec![QEMU.into()], lacking: "" }];
    let ways = ashore.into_iter().flat_map(|ashore| WAYS.map(|way| (ashore, way)));
    peers.extend(ways.map(|(ashore, (name, lacking))| {
        let words = ["run", "--os", "linux", "--tier", "blocks"].map(String::from);
        Peer { name, words: [ashore.display().to_string()].into_iter().chain(words).collect(), lacking }
    }));
    peers
}

/// The status' bit for what is too small.
const UNDERFLOW: u8 = 8;

impl Peer {
    /// Whether what it wrote is right. A result that only rounding makes normal is too small to this CPU and not to the host:
    /// what is translated does not tell of it.
    pub(crate) fn agrees(&self, ours: &[u8], theirs: &[u8]) -> bool {
        let mut with = theirs.to_vec();
        if let (Some(status), Some(told)) = (with.get_mut(STATUS_AT), ours.get(STATUS_AT))
            && self.name != QEMU_NAME
        {
            *status |= told & UNDERFLOW;
        }
        with == ours
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, program: &Path) -> Result<Output, String> {
        let mut command = Command::new(self.words.first().map_or("", String::as_str));
        command.args(self.words.iter().skip(1)).arg(program);
        command.env("ASHORE_CACHE", "off").env("ASHORE_HOST_LACKS", self.lacking);
        command.output().map_err(|why| format!("{}: {why}", self.name))
    }
}
