//! A tree that absolute paths are looked up in before the host's.

use ashore_host::Host;
use ashore_pivot::layout::Plain;
use ashore_pivot::layout::open::{AT_FDCWD, O_CLOEXEC, O_PATH, OpenHow, RESOLVE_IN_ROOT, x86_64};
use ashore_pivot::{Arg, Errno, Linux, Sys};

/// What becomes of a link that a path ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// What it leads to is meant.
    Followed,
    /// It is meant itself.
    Kept,
}

/// The tree: the host's absolute path of it, without a slash at its end.
#[derive(Debug, Clone)]
pub struct Root(Vec<u8>);

/// Where a system mounts what its kernel tells. An empty folder there waits for that: the host's is meant, and nothing else would be
/// found by a program that opens the folder before what is in it.
const MOUNTED: [&[u8]; 3] = [b"/proc", b"/sys", b"/dev"];

/// The longest path.
const PATH_MAX: usize = 4096;

impl Root {
    /// The tree in the folder `dir`.
    pub fn new(dir: &[u8]) -> Root {
        Root(dir.strip_suffix(b"/").unwrap_or(dir).to_vec())
    }

    /// The path as it is when nothing in it is a link.
    pub fn joined(&self, path: &[u8]) -> Vec<u8> {
        [&self.0, path].concat()
    }

    /// The host's path of what the absolute path `path` names in the tree; none when the tree does not have it.
    ///
    /// Links of the tree lead to places of the tree: the host's kernel finds them so, and tells where that was.
    pub fn find(&self, path: &[u8], link: Link) -> Option<Vec<u8>> {
        let found = match self.resolve(path, link) {
            Ok(found) => Some(found),
            // This kernel, or what guards it, does not know the call.
            Err(Errno::ENOSYS | Errno::EPERM) => Some(self.joined(path)).filter(|path| exists(path)),
            Err(_) => None,
        };
        found.filter(|found| !self.awaits_mount(found))
    }

    /// The absolute path that `path` means below the folder open as `dir`; none when that is no folder of the tree.
    pub(crate) fn below(&self, dir: u64, path: &[u8]) -> Option<Vec<u8>> {
        let name = match dir as i32 {
            AT_FDCWD => "/proc/thread-self/cwd\0".to_owned(),
            fd => format!("/proc/thread-self/fd/{fd}\0"),
        };
        let place = place_of(&name).ok()?;
        let inside = place.strip_prefix(&*self.0)?;
        (inside.is_empty() || inside.starts_with(b"/")).then(|| [inside, b"/", path].concat())
    }

    /// Whether the tree's place `found` is an empty folder that something is mounted on elsewhere.
    fn awaits_mount(&self, found: &[u8]) -> bool {
        found.strip_prefix(&*self.0).is_some_and(|place| MOUNTED.contains(&place)) && is_empty(found)
    }

    fn resolve(&self, path: &[u8], link: Link) -> Result<Vec<u8>, Errno> {
        let how = u64::from(O_PATH | O_CLOEXEC);
        let root = Descriptor::open(AT_FDCWD as u64, &self.0, OpenHow { flags: how, mode: 0, resolve: 0 })?;
        let kept = if link == Link::Kept { u64::from(x86_64::O_NOFOLLOW) } else { 0 };
        let found = Descriptor::open(root.0, path, OpenHow { flags: how | kept, mode: 0, resolve: RESOLVE_IN_ROOT })?;
        let place = found.path()?;
        // Another name of the tree is no reason to lose it.
        Ok(if place.starts_with(&self.0) { place } else { self.joined(path) })
    }
}

/// A place that is held while it is looked at.
struct Descriptor(u64);

impl Descriptor {
    fn open(dir: u64, path: &[u8], how: OpenHow) -> Result<Descriptor, Errno> {
        let path = [path, &[0]].concat();
        let mut bytes = [0; OpenHow::LEN];
        how.put(&mut bytes);
        let words = &mut [Arg::Word(dir), Arg::In(&path), Arg::In(&bytes), Arg::Word(OpenHow::LEN as u64)];
        Host.call_with(Sys::OPENAT2, words).map(Descriptor)
    }

    /// Where it is. The calling thread may have a table of files of its own.
    fn path(&self) -> Result<Vec<u8>, Errno> {
        place_of(&format!("/proc/thread-self/fd/{}\0", self.0))
    }
}

/// What the kernel's link of this name, which ends in a zero, leads to.
fn place_of(name: &str) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0; PATH_MAX];
    let words = &mut [Arg::In(name.as_bytes()), Arg::Out(&mut bytes), Arg::Word(PATH_MAX as u64)];
    let len = Host.call_with(Sys::READLINK, words)?;
    bytes.truncate(len as usize);
    Ok(bytes)
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        let _ = Host.call(Sys::CLOSE, [self.0, 0, 0, 0, 0, 0]);
    }
}

/// Whether the host has a folder at this path with nothing in it.
fn is_empty(path: &[u8]) -> bool {
    let how = OpenHow { flags: u64::from(x86_64::O_DIRECTORY | O_CLOEXEC), mode: 0, resolve: 0 };
    let Ok(folder) = Descriptor::open(AT_FDCWD as u64, path, how) else { return false };
    // Its own name and its parent's take 24 bytes each.
    let mut names = [0; 512];
    let words = &mut [Arg::Word(folder.0), Arg::Out(&mut names), Arg::Word(512)];
    Host.call_with(Sys::GETDENTS64, words).is_ok_and(|len| len <= 48)
}

/// Whether the host has something at this path; a link that leads nowhere is something.
pub(crate) fn exists(path: &[u8]) -> bool {
    let probe = [path, &[0]].concat();
    let mut stat = [0u8; 144];
    Host.call_with(Sys::LSTAT, &mut [Arg::In(&probe), Arg::Out(&mut stat)]).is_ok()
}

/// The path without its last name, and that name with the slash before it.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let trimmed = path.strip_suffix(b"/").unwrap_or(path);
    let slash = trimmed.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    path.split_at_checked(slash).unwrap_or((path, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_of_the_tree_lead_to_places_of_the_tree() {
        let dir = std::env::temp_dir().join(format!("ashore-root-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        for folder in ["etc/alternatives", "usr/bin", "proc", "dev/shm", "srv"] {
            fs::create_dir_all(dir.join(folder)).expect("a folder");
        }
        fs::write(dir.join("usr/bin/real"), "").expect("a file");
        for (target, link) in [
            ("/usr/bin/real", "etc/alternatives/tool"),
            ("/etc/alternatives/tool", "usr/bin/tool"),
            ("/usr/bin", "bin"),
            ("/nowhere", "usr/bin/dangling"),
        ] {
            symlink(target, dir.join(link)).expect("a link");
        }
        let dir = dir.canonicalize().expect("it is there");
        let root = Root::new(dir.as_os_str().as_bytes());
        let find = |path: &str, link| root.find(path.as_bytes(), link).map(|path| path[root.0.len()..].to_vec());
        assert_eq!(find("/bin/tool", Link::Followed).as_deref(), Some(&b"/usr/bin/real"[..]));
        assert_eq!(find("/bin/tool", Link::Kept).as_deref(), Some(&b"/usr/bin/tool"[..]));
        assert_eq!(find("/bin/../../bin/real", Link::Kept).as_deref(), Some(&b"/usr/bin/real"[..]));
        assert_eq!(find("/bin/dangling", Link::Kept).as_deref(), Some(&b"/usr/bin/dangling"[..]));
        assert_eq!(find("/bin/dangling", Link::Followed), None);
        assert_eq!(find("/bin/none", Link::Followed), None);
        assert_eq!(find("/bin/../../proc/", Link::Followed), None);
        assert_eq!(find("/sys", Link::Kept), None);
        assert_eq!(find("/dev", Link::Followed).as_deref(), Some(&b"/dev"[..]));
        assert_eq!(find("/srv", Link::Followed).as_deref(), Some(&b"/srv"[..]));
        assert_eq!(split(b"/a/b/"), (&b"/a"[..], &b"/b/"[..]));
        assert_eq!(split(b"/a"), (&b""[..], &b"/a"[..]));
        let _ = fs::remove_dir_all(&dir);
    }
}
