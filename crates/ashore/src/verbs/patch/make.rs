//! Doing it: reading, planning, writing to a temporary file, looking at what was written, and only then giving it its name.

use super::job::{Job, Task, with_object};
use crate::open;
use ashore_patch::{Done, Hash, Manifest, Patched, Program, Request};
use ashore_report::{Report, table::*};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What came of a job.
pub(super) enum Outcome {
    /// The program was changed, or would be.
    Changed {
        done: Vec<Done>,
        warnings: Vec<Report>,
        manifest: Manifest,
        /// None for a rehearsal.
        output: Option<PathBuf>,
    },
    /// Everything asked for is there already.
    Already { requests: Vec<String> },
    /// The original was given back.
    Undone { manifest: Manifest, output: Option<PathBuf> },
    /// This is what was done to the file.
    Shown { manifest: Manifest, is_intact: bool },
}

/// Does the job.
pub(super) fn run(job: &Job) -> Result<Outcome, Report> {
    let file = open::open(&job.path)?;
    match &job.task {
        Task::Show => {
            let found = Manifest::find(file.bytes).ok_or_else(|| PATCH_NO_MANIFEST.because(""))?;
            let is_intact = found.hash(file.bytes) == found.manifest.output;
            Ok(Outcome::Shown { manifest: found.manifest, is_intact })
        }
        Task::Undo => {
            let (manifest, original) = ashore_patch::undo(file.bytes)?;
            let wanted = manifest.input.1;
            let is_right = |written: &[u8]| {
                let is_same = Hash::of(&[written]) == wanted;
                if is_same { Ok(()) } else { Err(PATCH_UNVERIFIED.because("the original was not written as it is")) }
            };
            write(job, &file.file, &original, is_right)?;
            Ok(Outcome::Undone { manifest, output: job.output.clone() })
        }
        Task::Change(requests) => change(job, &file, requests),
    }
}

fn change(job: &Job, file: &open::Opened, wanted: &[Request]) -> Result<Outcome, Report> {
    let mut restored = Vec::new();
    let mut requests = Vec::new();
    let mut original = file.bytes;
    if let Some(found) = Manifest::find(file.bytes) {
        // A patched file is patched anew from its original, with old and new edits together: it never grows by being patched
        // again, and it is undone in one step.
        restored = ashore_patch::undo(file.bytes)?.1;
        requests = earlier(&found.manifest)?;
        let lines: Vec<String> = wanted.iter().map(Request::line).collect();
        if lines.iter().all(|line| found.manifest.requests.contains(line)) {
            return Ok(Outcome::Already { requests: lines });
        }
    }
    if !restored.is_empty() {
        original = &restored;
    }
    let is_new = |request: &&Request| !requests.contains(request);
    let added: Vec<Request> = wanted.iter().filter(is_new).cloned().collect();
    requests.extend(added);
    let (patched, done, warnings) = std::thread::scope(|scope| {
        let hash = scope.spawn(|| Hash::of(&[original]));
        let parsed = ashore_formats::read(original)?;
        let part = match job.cpu {
            Some(cpu) => parsed.part_for(cpu),
            None => parsed.parts.first(),
        };
        let part = part.ok_or_else(|| PATCH_REFUSED.because("the file holds no program for that CPU"))?;
        if job.cpu.is_none() && parsed.parts.len() > 1 {
            let cpus: Vec<&str> = parsed.parts.iter().map(|part| part.image.cpu.name()).collect();
            return Err(
                PATCH_USAGE.because(format!("the file holds programs for {}: choose with --cpu", cpus.join(", ")))
            );
        }
        let program = Program::new(&parsed, part)?;
        let plan = ashore_patch::plan(&program, &requests)?;
        if plan.draft.is_empty() {
            return Ok((None, plan.done, plan.warnings));
        }
        let (done, warnings) = (plan.done.clone(), plan.warnings.clone());
        let hash = hash.join().map_err(|_| PATCH_UNVERIFIED.because("the hash of the file could not be made"))?;
        let patched = Patched::make(&program, plan, hash, env!("CARGO_PKG_VERSION"));
        Ok((Some(patched), done, warnings))
    })?;
    let Some(patched) = patched else {
        return Ok(Outcome::Already { requests: done.into_iter().map(|done| done.request).collect() });
    };
    match job.output {
        Some(_) => write(job, &file.file, &patched.bytes, |written| patched.verify(original, written))?,
        None => patched.verify(original, &patched.bytes)?,
    }
    Ok(Outcome::Changed { done, warnings, manifest: patched.found.manifest, output: job.output.clone() })
}

/// The edits a manifest tells of, with their object files, which must not have changed since.
fn earlier(manifest: &Manifest) -> Result<Vec<Request>, Report> {
    let read = |line: &String| {
        let (request, hash) = Request::from_line(line)?;
        let request = with_object(request)?;
        match (&request, hash) {
            (Request::Replace { object, .. }, Some(hash)) if Hash::of(&[&object.bytes]).to_string() != hash => {
                let reason = format!("{} has changed since \"{line}\": undo that first", object.path);
                Err(PATCH_REFUSED.because(reason))
            }
            _ => Ok(request),
        }
    };
    manifest.requests.iter().map(read).collect()
}

/// Writes the result beside its place, lets `check` look at it as it is on disk, and gives it its name.
fn write(
    job: &Job,
    original: &File,
    bytes: &[u8],
    check: impl FnOnce(&[u8]) -> Result<(), Report>,
) -> Result<(), Report> {
    let Some(output) = &job.output else { return Ok(()) };
    // A link is followed: what it leads to is replaced, not the link.
    let output = fs::canonicalize(output).unwrap_or_else(|_| output.clone());
    let temporary = Temporary::beside(&output);
    let failed = |e: std::io::Error| PATCH_REFUSED.because(format!("{}: {e}", output.display()));
    let mut file = File::options().read(true).write(true).create_new(true).open(&temporary.0).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    let mode = original.metadata().map_err(failed)?.permissions();
    file.set_permissions(mode).map_err(failed)?;
    if job.is_in_place {
        // The only copy is about to be replaced: the new one must outlive a power failure.
        file.sync_all().map_err(failed)?;
    }
    drop(file);
    check(open::open(&temporary.0)?.bytes)?;
    fs::rename(&temporary.0, &output).map_err(failed)
}

/// A file that vanishes unless it was given another name.
struct Temporary(PathBuf);

impl Temporary {
    fn beside(output: &Path) -> Temporary {
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        Temporary(output.with_file_name(format!(".{name}.ashore-{}", std::process::id())))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
