//! Translations of programs of other CPUs, kept in files from run to run.
//!
//! They are code that is run as the user, so nobody else may have had a hand in them: folder and files must be the user's own
//! and nobody else's to write, links are not followed, a file appears whole or not at all. What is in a file is checked by
//! whoever made it ([`ashore_engine::jit::Keeper`]). Whatever goes wrong here means that nothing is kept, never an error.

use ashore_engine::jit::{Bytes, Pieces};
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{Error, ErrorKind};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The most bytes of all files together, and of one.
const TOTAL_MAX: u64 = 512 << 20;
const FILE_MAX: u64 = 256 << 20;
/// What others may not have: write permission.
const OTHERS_WRITE: u32 = 0o022;
/// Nobody writes a file for so long.
const DRAFT_AGE: Duration = Duration::from_secs(3600);
const O_NOFOLLOW: i32 = 0o400_000;

/// How the cache is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Use {
    /// Not at all.
    Off,
    /// Read and written.
    On,
    /// The same, and what is read is made again and compared.
    Checked,
}

impl Use {
    /// What the environment says.
    pub(crate) fn of_environment() -> Use {
        match std::env::var("ASHORE_CACHE").as_deref() {
            Ok("off" | "0") => Use::Off,
            Ok("check") => Use::Checked,
            _ => Use::On,
        }
    }
}

/// The folder, which may not be there.
pub(crate) fn folder() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    Some(named.or_else(|| home().map(|home| home.join(".cache")))?.join("ashore"))
}

/// Whether something is ours alone.
fn is_own(found: &Metadata) -> bool {
    found.uid() == own_user() && found.mode() & OTHERS_WRITE == 0
}

/// The user whose files count; nobody when the program runs with another's rights.
fn own_user() -> u32 {
    let id = |number| ashore_sys::call(number, [0; 6]).map_or(u32::MAX, |id| id as u32);
    let (real, effective) = (id(102), id(107));
    if real == effective { real } else { u32::MAX }
}

/// Files of translations.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    how: Use,
    seed: u64,
}

impl Cache {
    /// The user's, if it can be trusted; it is made if it is not there.
    pub(crate) fn open(how: Use) -> Option<Cache> {
        if how == Use::Off {
            return None;
        }
        let folder = folder()?;
        // Parents as usual; the folder itself is nobody else's from its first moment.
        let _ = folder.parent().map(fs::create_dir_all);
        let _ = DirBuilder::new().mode(0o700).create(&folder);
        let found = fs::symlink_metadata(&folder).ok()?;
        let born = found.created().ok().and_then(|born| born.duration_since(SystemTime::UNIX_EPOCH).ok());
        let seed = born.map_or(0, |born| born.as_nanos() as u64) ^ found.ino().rotate_left(40) ^ found.dev();
        (found.is_dir() && is_own(&found)).then_some(Cache { folder, how, seed })
    }

    /// A file of ours, and how long it is.
    fn open_file(path: &Path, options: &mut OpenOptions) -> Option<(File, u64)> {
        let file = options.read(true).custom_flags(O_NOFOLLOW).open(path).ok()?;
        let found = file.metadata().ok()?;
        (found.is_file() && is_own(&found) && found.len() <= FILE_MAX).then_some((file, found.len()))
    }

    fn read(&self, path: &Path) -> Option<Bytes> {
        let (file, len) = Cache::open_file(path, &mut OpenOptions::new())?;
        let bytes = ashore_sys::file_bytes(file.as_raw_fd(), len as usize).ok()?;
        // It was of use: the oldest are thrown away first.
        let _ = file.set_modified(SystemTime::now());
        Some(Arc::new(bytes))
    }

    /// Writes a new file, unless there is a longer one by then.
    fn write(&self, name: &str, pieces: &mut dyn Pieces) -> std::io::Result<()> {
        let (draft, path) = (self.folder.join(format!(".{name}.{}", std::process::id())), self.folder.join(name));
        let written = (|| {
            let mut options = OpenOptions::new();
            let file: File = options.write(true).create_new(true).mode(0o600).custom_flags(O_NOFOLLOW).open(&draft)?;
            let len = put(&file, pieces, 0)?;
            let is_more = |there: Metadata| there.is_file() && is_own(&there) && there.len() > len;
            if fs::symlink_metadata(&path).is_ok_and(is_more) {
                return Err(ErrorKind::AlreadyExists.into());
            }
            self.evict(len);
            fs::rename(&draft, &path)
        })();
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        written
    }

    /// Writes behind what is there, if nobody else did since it was so long.
    fn add(&self, name: &str, pieces: &mut dyn Pieces, behind: u64) -> std::io::Result<()> {
        let path = self.folder.join(name);
        let Some((file, _)) = Cache::open_file(&path, OpenOptions::new().write(true)) else {
            return Err(ErrorKind::NotFound.into());
        };
        file.try_lock()?;
        // What somebody began to add and did not end is not part of it, but nobody knows that here.
        if file.metadata()?.len() != behind {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let added = put(&file, pieces, behind).map(|len| self.evict(len - behind));
        if added.is_err() {
            let _ = file.set_len(behind);
        }
        added
    }

    /// The files, their sizes and when they were of use.
    pub(crate) fn files(&self) -> Vec<(PathBuf, u64, SystemTime)> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let known = entries.filter_map(|entry| {
            let found = entry.metadata().ok().filter(Metadata::is_file)?;
            Some((entry.path(), found.len(), found.modified().unwrap_or(SystemTime::UNIX_EPOCH)))
        });
        known.collect()
    }

    /// Removes all files; gives how many could not be.
    pub(crate) fn clear(&self) -> usize {
        self.files().iter().filter(|(path, ..)| fs::remove_file(path).is_err()).count()
    }

    /// Makes room for so many bytes. What somebody began to write long ago and did not end goes too.
    fn evict(&self, len: u64) {
        let mut files = self.files();
        files.retain(|(path, _, used)| {
            let is_draft = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
            let is_old = used.elapsed().is_ok_and(|age| age > DRAFT_AGE);
            !(is_draft && is_old && fs::remove_file(path).is_ok())
        });
        files.sort_by_key(|(_, _, used)| *used);
        let mut total = files.iter().map(|(_, len, _)| len).sum::<u64>() + len;
        for (path, len, _) in files {
            if total <= TOTAL_MAX {
                return;
            }
            if fs::remove_file(path).is_ok() {
                total -= len;
            }
        }
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }
}

/// Whether a file of this length may be written: the kernel kills who tries it otherwise.
fn may_write(len: u64) -> bool {
    const GETRLIMIT: u64 = 97;
    const RLIMIT_FSIZE: u64 = 1;
    let mut limit = [0u64; 2];
    let asked = ashore_sys::call(GETRLIMIT, [RLIMIT_FSIZE, limit.as_mut_ptr() as u64, 0, 0, 0, 0]);
    asked.is_ok() && limit[0] >= len
}

/// Writes all pieces behind so many bytes, and what the file begins with at last; gives its length.
fn put(file: &File, pieces: &mut dyn Pieces, behind: u64) -> std::io::Result<u64> {
    let mut at = behind;
    while let Some(piece) = pieces.next(at) {
        let end = at + piece.len() as u64;
        if end > FILE_MAX || !may_write(end) {
            return Err(Error::from(ErrorKind::FileTooLarge));
        }
        file.write_all_at(piece, at)?;
        at = end;
    }
    file.write_all_at(&pieces.head(), 0)?;
    Ok(at)
}

impl ashore_engine::jit::Keeper for Cache {
    fn load(&self, name: &str) -> Option<Bytes> {
        self.read(&self.folder.join(name))
    }

    fn keep(&self, name: &str, pieces: &mut dyn Pieces, behind: Option<u64>) {
        let _ = match behind {
            Some(behind) => self.add(name, pieces, behind),
            None => self.write(name, pieces),
        };
    }

    fn doubts(&self) -> bool {
        self.how == Use::Checked
    }

    /// What the folder is: nobody else has one that was made then.
    fn seed(&self) -> u64 {
        self.seed
    }

    fn forget(&self, name: &str) {
        let _ = fs::remove_file(self.folder.join(name));
    }
}
