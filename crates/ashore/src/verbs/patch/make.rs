//! Doing it: reading, planning, writing to a temporary file, looking at what was written, and only then giving it its name.

use super::job::{Job, Task, with_object};
use crate::open;
use ashore_base::Cpu;
use ashore_formats::{Container, Parsed, Part};
use ashore_patch::{Done, Hash, KernelCall, LaidOut, Manifest, Program, Request, Work};
use ashore_report::{Report, table::*};
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
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
    /// The program calls the kernel at these places.
    KernelCalls { sites: Vec<KernelCall> },
}

/// Does the job.
pub(super) fn run(job: &Job) -> Result<Outcome, Report> {
    let file = open::open(&job.path)?;
    match &job.task {
        Task::Show => {
            let found = Manifest::find(file.bytes).ok_or_else(|| PATCH_NO_MANIFEST.because(""))?;
            let is_intact = ashore_patch::is_intact(file.bytes, &found);
            Ok(Outcome::Shown { manifest: found.manifest, is_intact })
        }
        Task::Undo => {
            let (manifest, original) = ashore_patch::undo(file.bytes)?;
            let wanted = manifest.input.1;
            let is_right = |written: &[u8]| {
                let is_same = Hash::of(&[written]) == wanted;
                if is_same { Ok(()) } else { Err(PATCH_UNVERIFIED.because("the original was not written as it is")) }
            };
            if job.output.is_some() {
                Written::new(job, &file.file, &original)?.finish(is_right)?;
            }
            Ok(Outcome::Undone { manifest, output: job.output.clone() })
        }
        Task::KernelCalls => {
            let parsed = ashore_formats::read_unlinked(file.bytes)?;
            let sites = ashore_patch::kernel_calls(&Program::new(&parsed, choose(job, &parsed)?)?);
            Ok(Outcome::KernelCalls { sites })
        }
        Task::Change(requests) => change(job, &file, requests),
    }
}

/// The one program of the file that is meant.
fn choose<'p>(job: &Job, parsed: &'p Parsed<'_>) -> Result<&'p Part, Report> {
    let part = match job.cpu {
        Some(cpu) => parsed.part_for(cpu),
        None => parsed.parts.first(),
    };
    let part = part.ok_or_else(|| PATCH_REFUSED.because("the file holds no program for that CPU"))?;
    if job.cpu.is_none() && parsed.parts.len() > 1 {
        let cpus: Vec<&str> = parsed.parts.iter().map(|part| part.image.cpu.name()).collect();
        return Err(PATCH_USAGE.because(format!("the file holds programs for {}: choose with --cpu", cpus.join(", "))));
    }
    Ok(part)
}

fn change(job: &Job, file: &open::Opened, wanted: &[Request]) -> Result<Outcome, Report> {
    let mut restored = Vec::new();
    let mut edits = Vec::new();
    let wanted: Vec<Wanted> = wanted.iter().map(|request| Wanted { cpu: job.cpu, request: request.clone() }).collect();
    let mut original = file.bytes;
    if let Some(found) = Manifest::find(file.bytes) {
        // A patched file is patched anew from its original, with old and new edits together: it never grows by being patched
        // again, and it is undone in one step.
        restored = ashore_patch::undo(file.bytes)?.1;
        edits = earlier(&found.manifest)?;
        let known = |edit: &Wanted| found.manifest.requests.iter().any(|line| edit.is_told_by(line));
        if wanted.iter().all(known) {
            return Ok(Outcome::Already { requests: wanted.iter().map(|edit| edit.request.line()).collect() });
        }
    }
    if !restored.is_empty() {
        original = &restored;
    }
    let added: Vec<Wanted> = wanted.into_iter().filter(|edit| !edits.contains(edit)).collect();
    edits.extend(added);
    let (patched, done, warnings) = std::thread::scope(|scope| {
        let hash = scope.spawn(|| Hash::of(&[original]));
        let parsed = ashore_formats::read_unlinked(original)?;
        let works = works(&parsed, job, &edits)?;
        let done: Vec<Done> = works.iter().flat_map(|work| work.plan.done.clone()).collect();
        let mut warnings: Vec<Report> = works.iter().flat_map(|work| work.plan.warnings.clone()).collect();
        if works.iter().all(|work| work.plan.draft.is_empty()) {
            return Ok((None, done, warnings));
        }
        let laid_out = LaidOut::make(works, env!("CARGO_PKG_VERSION"))?;
        // The hash of the result is made while the result is written.
        let (output, written) = std::thread::scope(|scope| {
            let output = scope.spawn(|| laid_out.output());
            let written = job.output.as_ref().map(|_| Written::new(job, &file.file, &laid_out.bytes)).transpose();
            (output.join(), written)
        });
        let lost = |_| PATCH_UNVERIFIED.because("a hash could not be made");
        let patched = laid_out.complete(hash.join().map_err(lost)?, output.map_err(lost)?)?;
        warnings.extend(patched.warnings.iter().cloned());
        Ok((Some((patched, written?)), done, warnings))
    })?;
    let Some((patched, written)) = patched else {
        return Ok(Outcome::Already { requests: done.into_iter().map(|done| done.request).collect() });
    };
    match written {
        Some(mut written) => {
            for range in patched.completed() {
                let bytes = range.of(&patched.bytes).unwrap_or_default();
                written.put(range.offset, bytes)?;
            }
            written.finish(|written| patched.verify(original, written))?;
        }
        None => patched.verify(original, &patched.bytes)?,
    }
    Ok(Outcome::Changed { done, warnings, manifest: patched.found.manifest, output: job.output.clone() })
}

/// An edit, and the CPU whose program it is for; those of all CPUs without one.
#[derive(Clone, PartialEq)]
struct Wanted {
    cpu: Option<Cpu>,
    request: Request,
}

/// What stands in the manifest before the CPU an edit is for, in files with several programs.
const CPU_FLAG: &str = " --cpu ";

impl Wanted {
    /// Whether `line` of a manifest tells of this edit.
    fn is_told_by(&self, line: &str) -> bool {
        let own = self.request.line();
        let rest = line.strip_prefix(own.as_str());
        rest.is_some_and(|rest| rest.is_empty() || self.cpu.is_some_and(|cpu| rest == [CPU_FLAG, cpu.name()].concat()))
    }
}

/// What becomes of each program of the file.
fn works<'a>(parsed: &'a Parsed<'a>, job: &Job, edits: &[Wanted]) -> Result<Vec<Work<'a>>, Report> {
    let several = parsed.parts.len() > 1;
    if let (None, true, Container::Plain | Container::Portable) = (job.cpu, several, parsed.container) {
        let cpus: Vec<&str> = parsed.parts.iter().map(|part| part.image.cpu.name()).collect();
        return Err(PATCH_USAGE.because(format!("the file holds programs for {}: choose with --cpu", cpus.join(", "))));
    }
    if job.cpu.is_some_and(|cpu| parsed.part_for(cpu).is_none()) {
        return Err(PATCH_REFUSED.because("the file holds no program for that CPU"));
    }
    let mut works = Vec::new();
    for (index, part) in parsed.parts.iter().enumerate() {
        let cpu = part.image.cpu;
        let own: Vec<&Wanted> = edits.iter().filter(|edit| edit.cpu.is_none_or(|wanted| wanted == cpu)).collect();
        if own.is_empty() {
            continue;
        }
        let requests: Vec<Request> = own.iter().map(|edit| edit.request.clone()).collect();
        let within = |report: Report| match several {
            true => report.note(format!("in the program for {cpu}; --cpu chooses one of {}", parsed.parts.len())),
            false => report,
        };
        let program = Program::new(parsed, part).map_err(within)?;
        let mut plan = ashore_patch::plan(&program, &requests).map_err(within)?;
        if several {
            plan.done.iter_mut().for_each(|done| done.lines.insert(0, format!("in the program for {cpu}:")));
        }
        for (done, _) in plan.done.iter_mut().zip(&own).filter(|(_, edit)| several && edit.cpu.is_some()) {
            done.request.push_str(&[CPU_FLAG, cpu.name()].concat());
        }
        works.push(Work { part: index, program, plan });
    }
    Ok(works)
}

/// The edits a manifest tells of, with their object files, which must not have changed since.
fn earlier(manifest: &Manifest) -> Result<Vec<Wanted>, Report> {
    let read = |line: &String| {
        let (line, cpu) = match line.rsplit_once(CPU_FLAG) {
            Some((line, name)) => (line, Cpu::from_name(name)),
            None => (line.as_str(), None),
        };
        let (request, hash) = Request::from_line(line)?;
        let request = with_object(request)?;
        match (request.object(), hash) {
            (Some(object), Some(hash)) if Hash::of(&[&object.bytes]).to_string() != hash => {
                let reason = format!("{} has changed since \"{line}\": undo that first", object.path);
                Err(PATCH_REFUSED.because(reason))
            }
            _ => Ok(Wanted { cpu, request }),
        }
    };
    manifest.requests.iter().map(read).collect()
}

/// What a file's mode says of who may do what; the rest gives its owner's rights to others.
const RIGHTS: u32 = 0o777;
/// So many temporary files of killed processes are passed over.
const ATTEMPTS_MAX: u32 = 100;

/// The result on disk, beside its place and without its name.
struct Written {
    output: PathBuf,
    temporary: Temporary,
    file: File,
    is_in_place: bool,
}

impl Written {
    /// Writes `bytes`, as readable and runnable for others as `original`.
    fn new(job: &Job, original: &File, bytes: &[u8]) -> Result<Written, Report> {
        let output = job.output.clone().unwrap_or_default();
        // A link is followed: what it leads to is replaced, not the link.
        let output = fs::canonicalize(&output).unwrap_or(output);
        // Giving the result the name of a device would take the device away from everybody.
        if fs::metadata(&output).is_ok_and(|there| !there.is_file()) {
            return Err(PATCH_REFUSED.because(format!("{} is not a regular file", output.display())));
        }
        let failed = |e: std::io::Error| cannot_write(&output, &e);
        let (temporary, mut file) = Temporary::create(&output).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        let like = original.metadata().map_err(failed)?;
        // In its place it stays its owner's, if that is allowed to us.
        if job.is_in_place {
            let _ = fchown(&file, Some(like.uid()), Some(like.gid()));
        }
        let made = file.metadata().map_err(failed)?;
        // A program that runs with its owner's rights must not begin to run with somebody else's.
        let is_same_owner = (made.uid(), made.gid()) == (like.uid(), like.gid());
        let mode = if is_same_owner { like.mode() } else { like.mode() & RIGHTS };
        file.set_permissions(Permissions::from_mode(mode)).map_err(failed)?;
        Ok(Written { output, temporary, file, is_in_place: job.is_in_place })
    }

    /// Writes `bytes` at `offset`.
    fn put(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Report> {
        self.file.write_all_at(bytes, offset).map_err(|e| cannot_write(&self.output, &e))
    }

    /// Lets `check` look at the file as it is on disk, and gives it its name.
    fn finish(self, check: impl FnOnce(&[u8]) -> Result<(), Report>) -> Result<(), Report> {
        let Written { output, temporary, file, is_in_place } = self;
        if is_in_place {
            // The only copy is about to be replaced: the new one must outlive a power failure.
            file.sync_all().map_err(|e| cannot_write(&output, &e))?;
        }
        check(open::open(&temporary.0)?.bytes)?;
        fs::rename(&temporary.0, &output).map_err(|e| cannot_write(&output, &e))?;
        // Until here it is locked, so that nobody takes it for one that was left behind.
        drop(file);
        Ok(())
    }
}

fn cannot_write(path: &Path, why: &std::io::Error) -> Report {
    PATCH_REFUSED.because(format!("{}: {why}", path.display()))
}

/// A file that vanishes unless it was given another name.
struct Temporary(PathBuf);

impl Temporary {
    /// Makes one beside `output` that only we can read. Those that killed processes left behind are removed, as far as that is
    /// allowed to us.
    fn create(output: &Path) -> std::io::Result<(Temporary, File)> {
        let start = format!(".{}.ashore-", output.file_name().unwrap_or_default().to_string_lossy());
        left_behind(output, &start).iter().for_each(|path| drop(fs::remove_file(path)));
        let mut attempts = 0;
        loop {
            let path = output.with_file_name(format!("{start}{}-{attempts}", std::process::id()));
            match File::options().read(true).write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => {
                    // Where files cannot be locked, the process's number must do.
                    let _ = file.try_lock();
                    return Ok((Temporary(path), file));
                }
                Err(why) if why.kind() == ErrorKind::AlreadyExists && attempts < ATTEMPTS_MAX => attempts += 1,
                Err(why) => return Err(why),
            }
        }
    }
}

/// The files beside `output` whose names begin with `start` and a process's number, but neither does that process live here nor
/// does one anywhere hold the file.
fn left_behind(output: &Path, start: &str) -> Vec<PathBuf> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_dead = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let numbers = name.to_str().and_then(|name| name.strip_prefix(start)?.split_once('-'));
        let Some((process, attempt)) = numbers else { return false };
        let are_numbers = process.parse::<u32>().is_ok() && attempt.parse::<u32>().is_ok();
        let is_file = || entry.file_type().is_ok_and(|kind| kind.is_file());
        let is_free = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        are_numbers && is_file() && !Path::new("/proc").join(process).exists() && is_free()
    };
    entries.filter(is_dead).map(|entry| entry.path()).collect()
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
