//! Changes a finished program: redirections and rewrites as a reversible list of edits.
//!
//! The pipeline: [`Program`] looks into a file that was read, [`plan()`] turns [`Request`]s into a checked [`Plan`],
//! [`Patched::make`] turns the plan into the new file with its [`Manifest`], and [`Patched::verify`] looks at the file as it was
//! written with new eyes. [`undo`] gives the original back, byte for byte.
//!
//! Bytes come in and bytes go out; nothing here opens a file. What differs between CPUs is behind `ashore_isa::Coder`, what
//! differs between formats behind [`Shape`](shape::Shape).
#![forbid(unsafe_code)]

pub mod census;
mod draft;
mod golang;
mod manifest;
mod names;
pub mod plan;
mod program;
mod request;
pub mod shape;
pub mod verify;

pub use draft::{Change, Draft, Edit};
pub use manifest::{Found, Hash, Manifest, hex};
pub use names::{Name, resolve};
pub use plan::{Done, Plan, plan};
pub use program::Program;
pub use request::{How, KINDS, Object, Request, Spot, Words, binding};

use ashore_base::Cpu;
use ashore_report::{Place, Report, table::*};

/// A patched file, before it is written.
#[derive(Debug)]
pub struct Patched {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The manifest inside and where it is.
    pub found: Found,
    cpu: Cpu,
    expects: Vec<verify::Expect>,
}

impl Patched {
    /// Makes `plan` real. `input` is the hash of the original.
    pub fn make(program: &Program<'_>, plan: Plan, input: Hash, tool: &str) -> Patched {
        let Plan { draft, expects, done, .. } = plan;
        let original = program.file;
        let (mut bytes, change) = draft.apply(original);
        let output = Hash::of(&[&bytes]);
        let requests = done.into_iter().map(|done| done.request).collect();
        let input = (original.len() as u64, input);
        let manifest = Manifest { tool: tool.to_owned(), input, output, requests, change };
        let raw = manifest.bytes(1);
        let range = ashore_image::FileRange { offset: bytes.len() as u64, len: raw.len() as u64 };
        bytes.extend_from_slice(&raw);
        Patched { bytes, found: Found { manifest, range }, cpu: program.part.image.cpu, expects }
    }

    /// Whether `written`, the file as it can be read now, is what was planned for `original`.
    pub fn verify(&self, original: &[u8], written: &[u8]) -> Result<(), Report> {
        let unverified = |reason: &str| PATCH_UNVERIFIED.because(reason);
        let found = Manifest::find(written).ok_or_else(|| unverified("the manifest is not found again"))?;
        if found != self.found {
            return Err(unverified("the manifest reads differently"));
        }
        if found.hash(written) != found.manifest.output {
            return Err(unverified("the hash of the file is not that of the plan"));
        }
        verify::difference(original, written, &found.change())?;
        let parsed = ashore_formats::read(written)?;
        let part = parsed.part_for(self.cpu).ok_or_else(|| unverified("the program is not found again"))?;
        verify::meaning(&Program::new(&parsed, part)?, &self.expects)
    }
}

/// The original of a patched file, byte for byte.
pub fn undo(patched: &[u8]) -> Result<(Manifest, Vec<u8>), Report> {
    let found = Manifest::find(patched).ok_or_else(|| PATCH_NO_MANIFEST.because(""))?;
    if found.hash(patched) != found.manifest.output {
        return Err(PATCH_DAMAGED.because("its hash is not the one in its manifest"));
    }
    let damaged = |offset, reason: &str| PATCH_DAMAGED.at(Place::offset(offset), reason);
    let original = found.change().undo(patched).map_err(|differs| damaged(differs.offset, "other bytes are there"))?;
    let (len, hash) = found.manifest.input;
    if original.len() as u64 != len || Hash::of(&[&original]) != hash {
        return Err(damaged(0, "the hash of the original is not reached again"));
    }
    Ok((found.manifest, original))
}
