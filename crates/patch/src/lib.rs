//! Changes a finished program: redirections and rewrites as a reversible list of edits.
//!
//! The pipeline: [`Program`] looks into a file that was read, [`plan()`] turns [`Request`]s into a checked [`Plan`],
//! [`LaidOut::make`] turns the plan into the new file with its [`Manifest`], and [`Patched::verify`] looks at the file as it was
//! written with new eyes. [`undo`] gives the original back, byte for byte.
//!
//! Bytes come in and bytes go out; nothing here opens a file. What differs between CPUs is behind `ashore_isa::Coder`, what
//! differs between formats behind [`Shape`](shape::Shape).
#![forbid(unsafe_code)]

pub mod census;
mod draft;
mod golang;
mod inject;
mod manifest;
mod names;
pub mod plan;
mod program;
mod request;
mod seal;
pub mod shape;
pub mod verify;

pub use draft::{Change, Draft, Edit};
pub use manifest::{Found, Hash, Manifest, hex};
pub use names::{Name, resolve};
pub use plan::{Done, KernelCall, Plan, kernel_calls, plan};
pub use program::Program;
pub use request::{How, KINDS, Object, Request, Spot, Words, binding};

use ashore_formats::Part;
use ashore_image::FileRange;
use ashore_report::{Place, Report, table::*};
use shape::Changed;

/// A patched file, before it is written.
#[derive(Debug)]
pub struct Patched {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The manifest inside and where it is.
    pub found: Found,
    /// What the person should know.
    pub warnings: Vec<Report>,
    /// What must hold of each changed program, by its place among the parts of the file.
    expects: Vec<(usize, Vec<verify::Expect>)>,
}

/// A program of a file and what becomes of it.
pub struct Work<'a> {
    /// Which part of the file it is.
    pub part: usize,
    /// The program.
    pub program: Program<'a>,
    /// The plan.
    pub plan: Plan,
}

/// A patched file that lacks only its hashes: the places of the manifest and of what is sealed are kept free.
pub struct LaidOut {
    /// Its bytes.
    pub bytes: Vec<u8>,
    manifest: Manifest,
    range: FileRange,
    ending: shape::Ending,
    expects: Vec<(usize, Vec<verify::Expect>)>,
}

impl LaidOut {
    /// Makes the plans for the programs of one file real.
    pub fn make(works: Vec<Work<'_>>, tool: &str) -> Result<LaidOut, Report> {
        let first = works.first().ok_or_else(|| PATCH_NO_MATCH.because("no program is to be changed"))?;
        let (original, shape) = (first.program.file, first.program.shape);
        let mut draft = Draft::default();
        let mut requests: Vec<String> = Vec::new();
        for work in &works {
            draft.absorb(work.plan.draft.clone())?;
            let lines = work.plan.done.iter().map(|done| manifest::one_line(&done.request));
            let new: Vec<String> = lines.filter(|line| !requests.contains(line)).collect();
            requests.extend(new);
        }
        let none = Hash([0; 32]);
        let input = (original.len() as u64, none);
        let manifest =
            |change| Manifest { tool: tool.to_owned(), input, output: none, requests: requests.clone(), change };
        let changed: Vec<Changed<'_, '_>> =
            works.iter().map(|work| Changed { program: &work.program, annex: &work.plan.annex }).collect();
        let len_of = |draft: &Draft| manifest(draft.change()).room();
        let ending = shape.finish(&changed, &mut draft, &len_of)?;
        let range = draft.reserved();
        let (bytes, change) = draft.apply(original);
        let expects = works.into_iter().map(|work| (work.part, work.plan.expects)).collect();
        Ok(LaidOut { bytes, manifest: manifest(change), range, ending, expects })
    }

    /// The hash of everything but the places kept free.
    pub fn output(&self) -> Hash {
        manifest::hash_without(&self.bytes, self.range, &self.manifest.change.seals)
    }

    /// Fills the places kept free. `input` is the hash of the original, `output` what [`LaidOut::output`] tells.
    pub fn complete(self, input: Hash, output: Hash) -> Result<Patched, Report> {
        let LaidOut { mut bytes, mut manifest, range, ending, expects } = self;
        manifest.input.1 = input;
        manifest.output = output;
        put(&mut bytes, range, &manifest.bytes(range.len))?;
        for (seal, sealer) in manifest.change.seals.iter().zip(&ending.sealers) {
            let sealed = sealer(&bytes);
            put(&mut bytes, seal.range, &sealed)?;
        }
        Ok(Patched { bytes, found: Found { manifest, range }, warnings: ending.warnings, expects })
    }
}

impl Patched {
    /// The places that were kept free until the end, in the order of the file.
    pub fn completed(&self) -> Vec<FileRange> {
        let seals = self.found.manifest.change.seals.iter().map(|seal| seal.range);
        let mut ranges: Vec<FileRange> = seals.chain([self.found.range]).collect();
        ranges.sort_by_key(|range| range.offset);
        ranges
    }

    /// Whether `written`, the file as it can be read now, is what was planned for `original`.
    pub fn verify(&self, original: &[u8], written: &[u8]) -> Result<(), Report> {
        let unverified = |reason: &str| PATCH_UNVERIFIED.because(reason);
        // Byte for byte is more than any hash tells; the hash in the manifest was made of these very bytes.
        if !draft::is_same(Some(written), Some(&self.bytes)) {
            return Err(unverified("the file does not read as it was written"));
        }
        let found = Manifest::find(written).ok_or_else(|| unverified("the manifest is not found again"))?;
        if found != self.found {
            return Err(unverified("the manifest reads differently"));
        }
        verify::difference(original, written, &found.change())?;
        let parsed = ashore_formats::read_unlinked(written)?;
        for (index, expects) in &self.expects {
            let part = parsed.parts.get(*index).ok_or_else(|| unverified("the program is not found again"))?;
            let program = Program::new(&parsed, part)?;
            program.shape.check_seal(&program)?;
            verify::meaning(&program, expects)?;
        }
        if written == self.bytes { Ok(()) } else { Err(unverified("what is sealed reads differently")) }
    }
}

/// Fills a place that was kept free.
fn put(bytes: &mut [u8], range: FileRange, new: &[u8]) -> Result<(), Report> {
    let place = bytes.get_mut(range.offset as usize..range.end() as usize).filter(|place| place.len() == new.len());
    let place =
        place.ok_or_else(|| PATCH_UNVERIFIED.at(Place::offset(range.offset), "the place kept free does not fit"))?;
    place.copy_from_slice(new);
    Ok(())
}

/// Whether a patched file is as the patch left it, its signatures included.
pub fn is_intact(patched: &[u8], found: &Found) -> bool {
    let seals = &found.manifest.change.seals;
    let holds = || -> Result<(), Report> {
        let parsed = ashore_formats::read_unlinked(patched)?;
        let is_sealed = |part: &&Part| seals.iter().any(|seal| part.file.contains(seal.range.offset));
        parsed.parts.iter().filter(is_sealed).try_for_each(|part| {
            let program = Program::new(&parsed, part)?;
            program.shape.check_seal(&program)
        })
    };
    found.hash(patched) == found.manifest.output && (seals.is_empty() || holds().is_ok())
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
