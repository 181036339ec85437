//! What is mapped in this process and is the guest's.

use ashore_base::{Addr, AddrRange};
use ashore_image::Perms;
use ashore_process::Scene;
use std::io;

/// A mapping, or the part of one that is the guest's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mapping {
    pub(crate) memory: AddrRange,
    pub(crate) perms: Perms,
    pub(super) is_shared: bool,
    /// The offset in the file.
    pub(super) offset: u64,
    /// The file's number in its file system; 0 when there is no file.
    pub(super) inode: u64,
    /// The file's name, or what the kernel says in brackets.
    pub(crate) name: Vec<u8>,
}

/// What the kernel puts behind the name of a file that is gone.
const DELETED: &[u8] = b" (deleted)";
/// Mappings the kernel makes for every process, and the host's own stack and heap: our C library's, since the guest's
/// are mapped by us.
const HOSTS: [&[u8]; 5] = [b"[stack]", b"[heap]", b"[vvar]", b"[vvar_vclock]", b"[vsyscall]"];

impl Mapping {
    /// Whether it shows a file that a debugger may open.
    pub(super) fn is_file(&self) -> bool {
        self.inode != 0 && self.name.starts_with(b"/") && !self.name.ends_with(DELETED) && !self.is_device()
    }

    /// Whether it is the process's alone and nothing but what it wrote: of such memory the kernel tells which pages were
    /// touched.
    pub(super) fn is_anonymous(&self) -> bool {
        let is_named = !self.name.is_empty() && !self.name.starts_with(b"[anon:");
        self.inode == 0 && !self.is_shared && !is_named
    }

    /// Whether reading it may do something.
    pub(super) fn is_device(&self) -> bool {
        let is_memory = self.name.starts_with(b"/dev/zero") || self.name.starts_with(b"/dev/shm/");
        self.name.starts_with(b"/dev/") && !is_memory
    }
}

/// The guest's mappings, by ascending address.
pub(crate) fn of_guest(scene: &Scene<'_>) -> io::Result<Vec<Mapping>> {
    let text = std::fs::read("/proc/self/maps")?;
    let has_vdso = scene.os.name == "linux";
    let guests = mappings(&text).filter(|mapping| !HOSTS.contains(&mapping.name.as_slice()));
    let guests = guests.filter(|mapping| has_vdso || mapping.name != b"[vdso]").collect();
    let own = scene.own.iter().copied().chain(ashore_sys::heap_range());
    Ok(own.fold(guests, |left, own| left.into_iter().flat_map(|mapping| without(mapping, own)).collect()))
}

/// A file that is mapped as code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Code {
    /// Where.
    pub memory: AddrRange,
    /// From which place in it on.
    pub offset: u64,
    /// Its name.
    pub name: Vec<u8>,
}

/// The files that are mapped as the guest's code.
pub fn code_files(scene: &Scene<'_>) -> Vec<Code> {
    let all = of_guest(scene).unwrap_or_default().into_iter();
    let code = all.filter(|mapping| mapping.perms.is_exec && mapping.is_file());
    code.map(|Mapping { memory, offset, name, .. }| Code { memory, offset, name }).collect()
}

/// The parent of a process; 0 when nobody says.
pub(super) fn parent_of(pid: i32) -> i32 {
    let status = std::fs::read(format!("/proc/{pid}/status")).unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    line.and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}

/// The mappings of `/proc/PID/maps`; lines that make no sense are left out.
pub(crate) fn mappings(text: &[u8]) -> impl Iterator<Item = Mapping> {
    text.split(|byte| *byte == b'\n').filter_map(parse).filter(|mapping| !mapping.memory.is_empty())
}

/// A line: `start-end perms offset device inode name`, the name padded to a column and free to hold spaces.
fn parse(line: &[u8]) -> Option<Mapping> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    let mut fields = line.splitn(6, |byte| *byte == b' ');
    let range = text(fields.next()?)?;
    let (start, end) = range.split_once('-')?;
    let address = |text: &str| u64::from_str_radix(text, 16).ok();
    let memory = AddrRange { start: Addr(address(start)?), end: Addr(address(end)?) };
    let perms = fields.next()?;
    let has = |letter| perms.contains(&letter);
    let offset = address(&text(fields.next()?)?)?;
    let _device = fields.next()?;
    let inode = text(fields.next()?)?.parse().ok()?;
    let name = fields.next().unwrap_or_default();
    let name = name.get(name.iter().position(|byte| *byte != b' ').unwrap_or(name.len())..).unwrap_or_default();
    Some(Mapping {
        memory,
        perms: Perms { is_read: has(b'r'), is_write: has(b'w'), is_exec: has(b'x') },
        is_shared: has(b's'),
        offset,
        inode,
        name: name.to_vec(),
    })
}

/// What of a mapping lies outside `own`.
fn without(mapping: Mapping, own: AddrRange) -> Vec<Mapping> {
    if !mapping.memory.overlaps(own) {
        return vec![mapping];
    }
    let AddrRange { start, end } = mapping.memory;
    let before = AddrRange { start, end: own.start };
    let after = AddrRange { start: own.end, end };
    let parts = [before, after].into_iter().filter(|part| !part.is_empty());
    let part =
        |memory: AddrRange| Mapping { memory, offset: mapping.offset + (memory.start.0 - start.0), ..mapping.clone() };
    parts.map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_every_kind_are_read() {
        let file = parse(b"00400000-00452000 r-xp 00002000 08:02 173521      /usr/bin/a name").unwrap();
        assert_eq!((file.memory.start, file.memory.end, file.offset), (Addr(0x40_0000), Addr(0x45_2000), 0x2000));
        assert_eq!((file.perms.to_string().as_str(), file.name.as_slice()), ("r-x", b"/usr/bin/a name".as_slice()));
        assert!(file.is_file() && !file.is_shared);
        let bare = parse(b"7f0000000000-7f0000001000 rw-s 00000000 00:00 0 ").unwrap();
        assert!(bare.is_shared && !bare.is_file() && bare.name.is_empty());
        assert!(!parse(b"1000-2000 r--p 0 08:02 5 /tmp/x (deleted)").unwrap().is_file());
        assert!(parse(b"1000-2000 rw-s 0 00:05 5 /dev/fb0").unwrap().is_device());
        assert_eq!(parse(b""), None);
    }

    #[test]
    fn lines_that_make_no_sense_are_passed_over() {
        let text = b"2000-3000 ---p 0 00:00 0\nnonsense\n9-8 rw-p 0 0 0\n\n5000-5000 rw-p 0 0 0\n1000-2000 r-xp 0 08:01 7  /a  b";
        let found: Vec<_> = mappings(text).map(|mapping| (mapping.memory.start, mapping.name)).collect();
        assert_eq!(found, [(Addr(0x2000), Vec::new()), (Addr(0x1000), b"/a  b".to_vec())]);
    }

    #[test]
    fn what_is_ours_is_cut_out() {
        let whole = parse(b"1000-9000 rw-p 00005000 08:02 5 /a").unwrap();
        let range = |start, end| AddrRange { start: Addr(start), end: Addr(end) };
        let left = without(whole.clone(), range(0x3000, 0x4000));
        assert_eq!(
            left.iter().map(|m| (m.memory, m.offset)).collect::<Vec<_>>(),
            [(range(0x1000, 0x3000), 0x5000), (range(0x4000, 0x9000), 0x8000)]
        );
        assert_eq!(without(whole.clone(), range(0, 0x10000)), []);
        assert_eq!(without(whole.clone(), range(0x9000, 0x10000)), [whole]);
    }
}
