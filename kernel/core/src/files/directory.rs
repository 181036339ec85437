//! A directory that is open.

use super::node::{Node, Take};
use crate::call::{Call, Stop};
use crate::file::{At, Bytes, File, Open, Status};
use alloc::sync::Arc;
use ashore_pivot::Errno;
use core::any::Any;

/// A directory that is open: its names are listed, nothing else.
#[derive(Debug)]
pub struct DirectoryFile(pub Arc<dyn Node>);

impl File for DirectoryFile {
    fn read(&self, _call: &mut Call<'_>, _open: &Open, _bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        Err(Errno::EISDIR.into())
    }

    fn has_places(&self) -> bool {
        true
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(self.0.status())
    }

    fn seek(&self, open: &Open, offset: i64, whence: u32) -> Result<u64, Errno> {
        let mut here = open.offset.lock();
        let to = match whence {
            0 => offset,
            1 => (*here as i64).checked_add(offset).ok_or(Errno::EINVAL)?,
            _ => return Err(Errno::EINVAL),
        };
        *here = u64::try_from(to).map_err(|_| Errno::EINVAL)?;
        Ok(*here)
    }

    fn list(&self, call: &mut Call<'_>, open: &Open, take: Take<'_>) -> Result<(), Errno> {
        let mut here = open.offset.lock();
        let from = *here;
        let visitor = call.visitor();
        self.0.list(&visitor, from, &mut |listed| {
            let next = listed.next;
            let is_taken = take(listed);
            if is_taken {
                *here = next;
            }
            is_taken
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What `O_PATH` opens: a place in the tree, without the file.
#[derive(Debug)]
pub struct PathFile;

impl File for PathFile {
    fn read(&self, _call: &mut Call<'_>, _open: &Open, _bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        Err(Errno::EBADF.into())
    }

    fn write(&self, _call: &mut Call<'_>, _open: &Open, _bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        Err(Errno::EBADF.into())
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Err(Errno::EBADF)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
