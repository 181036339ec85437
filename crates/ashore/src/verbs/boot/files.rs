//! The archive of files that the machine gets: the root, the files asked for, the program and what to start.

use super::names;
use super::program::Program;
use super::request::Request;
use super::terminal::Streams;
use ashore_formats::boot::{START_PATH, Start};
use ashore_formats::cpio::{Entry, FOLDER, KIND_MASK, LINK, Layout, REGULAR};
use ashore_report::{Report, table};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Folders that every program finds.
const FOLDERS: [(&str, u32); 5] = [("dev", 0o755), ("proc", 0o555), ("sys", 0o555), ("tmp", 0o1777), ("etc", 0o755)];

/// Folders that the kernel makes, and what is in some of them.
const OWN_FOLDERS: [&[u8]; 7] = [b"dev", b"proc", b"sys", b"tmp", b"run", b"var", b"root"];

/// Writes the archive into a file of memory.
pub(super) fn archive(request: &Request, program: &Program, streams: &Streams) -> Result<File, Report> {
    let file = super::machine::memory_file("ashore-files").map_err(|why| failed("an archive in memory", &why))?;
    let mut archive = Archive::new(file);
    // What a loader looks for first comes first.
    archive.start(&start(request, program, streams))?;
    for (path, text) in names::files(request) {
        let is_there = request.root.as_ref().is_some_and(|root| fs::symlink_metadata(root.join(path)).is_ok());
        if !is_there {
            archive.text(path, text.as_bytes())?;
        }
    }
    if let Some(root) = &request.root {
        archive.tree(root, b"")?;
    }
    for (name, mode) in FOLDERS {
        archive.folder(name.as_bytes(), mode)?;
    }
    for (host, guest) in &request.files {
        archive.given(host, guest)?;
    }
    if let Some(host) = &program.file {
        archive.given(host, &program.path)?;
    }
    archive.check_folder(request)?;
    archive.finish()
}

/// What the kernel shall start.
fn start(request: &Request, program: &Program, streams: &Streams) -> Start {
    let own = request.argv0.clone().map_or_else(|| program.path.clone(), OsStringExt::into_vec);
    let args = request.args.iter().map(|arg| arg.as_bytes().to_vec());
    Start {
        program: program.path.clone(),
        args: std::iter::once(own).chain(args).collect(),
        env: request.env.clone(),
        cwd: request.cwd.clone(),
        streams: streams.kinds,
        is_wired: request.image_out.is_none(),
        size: streams.size,
        is_traced: request.is_traced,
        keeps_cores: request.core.is_some(),
    }
}

/// Where the guest's files came from.
#[derive(Clone, Debug)]
pub(super) struct Origins {
    /// A path of the guest, without a slash at its end, and what was put there.
    given: Vec<(Vec<u8>, PathBuf)>,
    root: Option<PathBuf>,
}

impl Origins {
    pub(super) fn new(request: &Request, program: &Program) -> Origins {
        let own = program.file.clone().map(|host| (program.path.clone(), host));
        let files = request.files.iter().map(|(host, guest)| (guest.clone(), host.clone())).rev();
        let name = |(guest, host): (Vec<u8>, PathBuf)| {
            let plain = plain(&guest).unwrap_or_default();
            ([b"/", plain.as_slice()].concat(), fs::canonicalize(&host).unwrap_or(host))
        };
        Origins { given: own.into_iter().chain(files).map(name).collect(), root: request.root.clone() }
    }

    /// The host's name of a file that the guest knows by a path; that path when it has none.
    pub(super) fn name(&self, path: &[u8]) -> String {
        let host = |(guest, host): &(Vec<u8>, PathBuf)| {
            let rest = path.strip_prefix(guest.as_slice())?;
            let rest = if rest.is_empty() { rest } else { rest.strip_prefix(b"/")? };
            Some(if rest.is_empty() { host.clone() } else { host.join(OsStr::from_bytes(rest)) })
        };
        let in_root = || {
            let rest = OsStr::from_bytes(path.strip_prefix(b"/")?);
            fs::canonicalize(self.root.as_ref()?.join(rest)).ok()
        };
        let found = self.given.iter().find_map(host).or_else(in_root);
        found.unwrap_or_else(|| OsStr::from_bytes(path).into()).to_string_lossy().into_owned()
    }
}

struct Archive {
    out: BufWriter<File>,
    layout: Layout,
    /// The folders it has.
    folders: BTreeSet<Vec<u8>>,
    /// Who we are: what is ours is the guest's root's.
    own: (u32, u32),
}

impl Archive {
    fn new(file: File) -> Archive {
        let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        Archive { out: BufWriter::new(file), layout: Layout::default(), folders: BTreeSet::new(), own }
    }

    fn start(&mut self, start: &Start) -> Result<(), Report> {
        self.text(START_PATH, &start.encode())
    }

    /// A file of ours. One of the same name that comes later takes its place.
    fn text(&mut self, path: &str, bytes: &[u8]) -> Result<(), Report> {
        let mut entry = Entry { path: path.into(), mode: REGULAR | 0o444, ..Entry::default() };
        entry.data.len = bytes.len() as u64;
        self.parents(path.as_bytes())?;
        self.head(&entry)?;
        self.put(bytes)
    }

    /// A file or folder of the host at a path of the guest.
    fn given(&mut self, host: &Path, guest: &[u8]) -> Result<(), Report> {
        let path = plain(guest).ok_or_else(|| {
            let words = format!("{} is no absolute path without ..", String::from_utf8_lossy(guest));
            table::BOOT_FILES.because(words)
        })?;
        let meta = fs::metadata(host).map_err(|why| failed(&host.display().to_string(), &why))?;
        self.parents(&path)?;
        if meta.is_dir() { self.tree(host, &path) } else { self.file(host, &path, &meta) }
    }

    /// Everything in a folder of the host.
    fn tree(&mut self, host: &Path, path: &[u8]) -> Result<(), Report> {
        let fail = |why: io::Error| failed(&host.display().to_string(), &why);
        let meta = fs::metadata(host).map_err(fail)?;
        self.folder(path, meta.mode())?;
        let mut names = Vec::new();
        for entry in fs::read_dir(host).map_err(fail)? {
            names.push(entry.map_err(fail)?.file_name());
        }
        names.sort();
        for name in names {
            let host = host.join(&name);
            let path = if path.is_empty() { name.into_vec() } else { [path, name.as_bytes()].join(&b'/') };
            let meta = fs::symlink_metadata(&host).map_err(|why| failed(&host.display().to_string(), &why))?;
            match meta.file_type() {
                kind if kind.is_dir() => self.tree(&host, &path)?,
                kind if kind.is_symlink() => self.link(&host, &path)?,
                kind if kind.is_file() => self.file(&host, &path, &meta)?,
                // A socket is nobody's without the process behind it.
                kind if kind.is_socket() => {}
                _ => self.head(&self.entry(&path, &meta))?,
            }
        }
        Ok(())
    }

    fn link(&mut self, host: &Path, path: &[u8]) -> Result<(), Report> {
        let to = fs::read_link(host).map_err(|why| failed(&host.display().to_string(), &why))?;
        let to = to.as_os_str().as_bytes();
        let mut entry = Entry { path: path.to_vec(), mode: LINK | 0o777, ..Entry::default() };
        entry.data.len = to.len() as u64;
        self.head(&entry)?;
        self.put(to)
    }

    fn file(&mut self, host: &Path, path: &[u8], meta: &Metadata) -> Result<(), Report> {
        let fail = |why: io::Error| failed(&host.display().to_string(), &why);
        let mut entry = self.entry(path, meta);
        entry.data.len = meta.len();
        self.head(&entry)?;
        let mut from = io::Read::take(File::open(host).map_err(fail)?, meta.len());
        let copied = io::copy(&mut from, &mut self.out).map_err(fail)?;
        if copied != meta.len() {
            return Err(table::BOOT_FILES.because(format!("{} became shorter meanwhile", host.display())));
        }
        Ok(())
    }

    /// Refuses a folder to start in that the machine will not have.
    fn check_folder(&self, request: &Request) -> Result<(), Report> {
        let path = plain(&request.cwd).unwrap_or_default();
        let first = path.split(|byte| *byte == b'/').next().unwrap_or_default();
        let in_root = |root: &PathBuf| root.join(OsStr::from_bytes(&path)).is_dir();
        let is_there = path.is_empty()
            || OWN_FOLDERS.contains(&first)
            || self.folders.contains(&path)
            || request.root.as_ref().is_some_and(in_root);
        if is_there {
            return Ok(());
        }
        let name = String::from_utf8_lossy(&request.cwd).into_owned();
        Err(table::BOOT_FILES.because(format!("the machine has no folder {name} (--cwd)")))
    }

    fn entry(&self, path: &[u8], meta: &Metadata) -> Entry {
        let whose = |id: u32, own: u32| if id == own { 0 } else { id };
        Entry {
            path: path.to_vec(),
            mode: meta.mode(),
            user: whose(meta.uid(), self.own.0),
            group: whose(meta.gid(), self.own.1),
            modified: u32::try_from(meta.mtime()).unwrap_or_default(),
            device: (rustix::fs::major(meta.rdev()), rustix::fs::minor(meta.rdev())),
            ..Entry::default()
        }
    }

    /// The folders above a path.
    fn parents(&mut self, path: &[u8]) -> Result<(), Report> {
        let ends: Vec<usize> = (0..path.len()).filter(|at| path.get(*at) == Some(&b'/')).collect();
        ends.into_iter().try_for_each(|end| self.folder(path.get(..end).unwrap_or_default(), 0o755))
    }

    fn folder(&mut self, path: &[u8], mode: u32) -> Result<(), Report> {
        if path.is_empty() || !self.folders.insert(path.to_vec()) {
            return Ok(());
        }
        self.head(&Entry { path: path.to_vec(), mode: FOLDER | mode & !KIND_MASK, ..Entry::default() })
    }

    fn head(&mut self, entry: &Entry) -> Result<(), Report> {
        let head = self.layout.entry(entry)?;
        self.put(&head)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Report> {
        self.out.write_all(bytes).map_err(|why| failed("the archive", &why))
    }

    fn finish(mut self) -> Result<File, Report> {
        let trailer = self.layout.trailer();
        self.put(&trailer)?;
        self.out.into_inner().map_err(|why| failed("the archive", why.error()))
    }
}

/// The parts of an absolute path, joined again.
fn plain(path: &[u8]) -> Option<Vec<u8>> {
    let parts: Vec<&[u8]> = path.strip_prefix(b"/")?.split(|byte| *byte == b'/').collect();
    let parts: Vec<&[u8]> = parts.into_iter().filter(|part| !part.is_empty() && *part != b".").collect();
    let is_inside = !parts.is_empty() && parts.iter().all(|part| *part != b"..");
    is_inside.then(|| parts.join(&b'/'))
}

fn failed(what: &str, why: &io::Error) -> Report {
    table::BOOT_FILES.because(format!("{what}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_guest_s_has_its_name_here() {
        let given = vec![(b"/prog".to_vec(), "/home/x".into()), (b"/data".to_vec(), "/srv".into())];
        let origins = Origins { given, root: None };
        let names = ["/prog", "/data/a/b", "/datum"].map(|path| origins.name(path.as_bytes()));
        assert_eq!(names, ["/home/x", "/srv/a/b", "/datum"]);
    }

    #[test]
    fn a_guest_s_path_is_absolute_and_stays_inside() {
        let of = |path: &str| plain(path.as_bytes()).map(|path| String::from_utf8(path).unwrap());
        assert_eq!(of("/a//./b/").as_deref(), Some("a/b"));
        assert!(of("a").is_none() && of("/").is_none() && of("/a/../b").is_none());
    }
}
