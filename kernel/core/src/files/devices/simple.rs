//! `/dev/null`, `zero`, `full`, `random`.

use crate::call::{Call, Stop};
use crate::file::{At, Bytes, File, Open, Status};
use alloc::sync::Arc;
use ashore_pivot::Errno;
use core::any::Any;

/// What a read gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    Nothing,
    Zeros,
    Random,
}

/// A device whose writes vanish.
#[derive(Debug)]
struct Simple {
    source: Source,
    /// What a write fails with.
    refusal: Option<Errno>,
}

fn open(source: Source, refusal: Option<Errno>) -> Result<Arc<dyn File>, Stop> {
    Ok(Arc::new(Simple { source, refusal }))
}

pub(super) fn null(_: &mut Call<'_>, _: u32) -> Result<Arc<dyn File>, Stop> {
    open(Source::Nothing, None)
}

pub(super) fn zero(_: &mut Call<'_>, _: u32) -> Result<Arc<dyn File>, Stop> {
    open(Source::Zeros, None)
}

pub(super) fn full(_: &mut Call<'_>, _: u32) -> Result<Arc<dyn File>, Stop> {
    open(Source::Zeros, Some(Errno::ENOSPC))
}

pub(super) fn random(_: &mut Call<'_>, _: u32) -> Result<Arc<dyn File>, Stop> {
    open(Source::Random, None)
}

/// Random bytes at once.
const PIECE: usize = 256;

impl File for Simple {
    fn read(&self, call: &mut Call<'_>, _open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        let left = bytes.left();
        match self.source {
            Source::Nothing => Ok(0),
            Source::Zeros => Ok(bytes.put_zeros(left)? as u64),
            Source::Random => Ok(put_random(call, bytes)?),
        }
    }

    fn write(&self, _call: &mut Call<'_>, _open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        match self.refusal {
            Some(errno) => Err(errno.into()),
            None => Ok(bytes.left() as u64),
        }
    }

    fn has_places(&self) -> bool {
        true
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(Status::default())
    }

    fn seek(&self, _open: &Open, _offset: i64, _whence: u32) -> Result<u64, Errno> {
        Ok(0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Fills bytes with random ones.
pub(crate) fn put_random(call: &Call<'_>, bytes: &mut dyn Bytes) -> Result<u64, Errno> {
    let mut buffer = [0; PIECE];
    let mut done = 0;
    while bytes.left() > 0 {
        let part = buffer.get_mut(..bytes.left().min(PIECE)).unwrap_or_default();
        call.kernel.machine().random(part);
        match bytes.put(part) {
            Err(_) if done > 0 => break,
            put => done += put? as u64,
        }
    }
    Ok(done)
}
