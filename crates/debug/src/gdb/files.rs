//! Files that gdb reads through the connection: the program, and what the host tells of the process.

use super::brand::Brand;
use super::target::Target;
use ashore_process::{Link, Root};
use gdbstub::target::ext::host_io::{
    FsKind, HostIo, HostIoClose, HostIoCloseOps, HostIoErrno, HostIoError, HostIoFstat, HostIoFstatOps, HostIoOpen,
    HostIoOpenFlags, HostIoOpenMode, HostIoOpenOps, HostIoPread, HostIoPreadOps, HostIoReadlink, HostIoReadlinkOps,
    HostIoResult, HostIoSetfs, HostIoSetfsOps, HostIoStat,
};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};

/// The files gdb has open.
#[derive(Debug, Default)]
pub(super) struct Files {
    open: BTreeMap<u32, (File, Brand)>,
    next: u32,
    /// Where absolute paths are looked up first.
    root: Option<Root>,
}

/// More are a mistake.
const MOST: usize = 256;

impl Files {
    pub(super) fn of(root: Option<Root>) -> Files {
        Files { root, ..Files::default() }
    }

    /// The host's path of what the program calls so.
    fn place(&self, name: &[u8]) -> Vec<u8> {
        let root = self.root.as_ref().filter(|_| name.starts_with(b"/"));
        root.and_then(|root| root.find(name, Link::Followed)).unwrap_or_else(|| name.to_vec())
    }

    fn get(&self, fd: u32) -> HostIoResult<&(File, Brand), Target> {
        self.open.get(&fd).ok_or(HostIoError::Errno(HostIoErrno::EBADF))
    }
}

impl HostIo for Target {
    fn support_open(&mut self) -> Option<HostIoOpenOps<'_, Self>> {
        Some(self)
    }

    fn support_close(&mut self) -> Option<HostIoCloseOps<'_, Self>> {
        Some(self)
    }

    fn support_pread(&mut self) -> Option<HostIoPreadOps<'_, Self>> {
        Some(self)
    }

    fn support_fstat(&mut self) -> Option<HostIoFstatOps<'_, Self>> {
        Some(self)
    }

    fn support_readlink(&mut self) -> Option<HostIoReadlinkOps<'_, Self>> {
        Some(self)
    }

    fn support_setfs(&mut self) -> Option<HostIoSetfsOps<'_, Self>> {
        Some(self)
    }
}

impl HostIoOpen for Target {
    fn open(&mut self, name: &[u8], flags: HostIoOpenFlags, _: HostIoOpenMode) -> HostIoResult<u32, Self> {
        if flags != HostIoOpenFlags::O_RDONLY {
            return Err(HostIoError::Errno(HostIoErrno::EACCES));
        }
        if self.files.open.len() >= MOST {
            return Err(HostIoError::Errno(HostIoErrno::EMFILE));
        }
        let file = File::open(OsStr::from_bytes(&self.files.place(name)))?;
        if !file.metadata()?.is_file() {
            // A pipe or a terminal would keep us waiting.
            return Err(HostIoError::Errno(HostIoErrno::EACCES));
        }
        let fd = self.files.next;
        self.files.next += 1;
        let brand = if name == self.program { Brand::of(&file) } else { Brand::default() };
        self.files.open.insert(fd, (file, brand));
        Ok(fd)
    }
}

impl HostIoClose for Target {
    fn close(&mut self, fd: u32) -> HostIoResult<(), Self> {
        self.files.open.remove(&fd).map(drop).ok_or(HostIoError::Errno(HostIoErrno::EBADF))
    }
}

impl HostIoPread for Target {
    fn pread(&mut self, fd: u32, count: usize, offset: u64, into: &mut [u8]) -> HostIoResult<usize, Self> {
        let len = count.min(into.len());
        let (file, brand) = self.files.get(fd)?;
        let read = file.read_at(into.get_mut(..len).unwrap_or_default(), offset)?;
        brand.hide(offset, into.get_mut(..read).unwrap_or_default());
        Ok(read)
    }
}

impl HostIoFstat for Target {
    fn fstat(&mut self, fd: u32) -> HostIoResult<HostIoStat, Self> {
        let meta = self.files.get(fd)?.0.metadata()?;
        Ok(HostIoStat {
            st_dev: meta.dev() as u32,
            st_ino: meta.ino() as u32,
            st_mode: HostIoOpenMode::from_bits_truncate(meta.mode()),
            st_nlink: meta.nlink() as u32,
            st_uid: meta.uid(),
            st_gid: meta.gid(),
            st_rdev: meta.rdev() as u32,
            st_size: meta.size(),
            st_blksize: meta.blksize(),
            st_blocks: meta.blocks(),
            st_atime: meta.atime() as u32,
            st_mtime: meta.mtime() as u32,
            st_ctime: meta.ctime() as u32,
        })
    }
}

impl HostIoReadlink for Target {
    fn readlink(&mut self, name: &[u8], into: &mut [u8]) -> HostIoResult<usize, Self> {
        let link = std::fs::read_link(OsStr::from_bytes(name))?;
        let bytes = link.as_os_str().as_bytes();
        let place = into.get_mut(..bytes.len()).ok_or(HostIoError::Errno(HostIoErrno::ENAMETOOLONG))?;
        place.copy_from_slice(bytes);
        Ok(bytes.len())
    }
}

impl HostIoSetfs for Target {
    fn setfs(&mut self, _: FsKind) -> HostIoResult<(), Self> {
        Ok(())
    }
}
