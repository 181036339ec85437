//! Mappings, where a replay finds room for them.

use super::super::arena::Part;
use super::Recorder;
use ashore_base::{Addr, PAGE_SIZE};
use ashore_guest::MapRequest;
use ashore_pivot::{Errno, Sys};
use ashore_process::{Maps, Outside};

const MREMAP_MAYMOVE: u64 = 1;
const MREMAP_FIXED: u64 = 2;
/// How many places are tried for a mapping.
const TRIES: usize = 64;
/// How much of a file a mapping may put into the recording.
const CONTENTS_MAX: u64 = 256 << 20;
const MAP_FIXED: u32 = 0x10;
const MAP_32BIT: u32 = 0x40;
const MAP_FIXED_NOREPLACE: u32 = 0x10_0000;

impl Recorder {
    /// Makes a mapping larger or smaller; it moves to where a replay finds room.
    pub(super) fn remap(&self, mut words: [u64; 6]) -> Result<u64, Errno> {
        let number = u64::from(Sys::MREMAP.0);
        let [_, _, len, flags, ..] = words;
        if flags & MREMAP_MAYMOVE == 0 || flags & MREMAP_FIXED != 0 {
            return ashore_sys::call(number, words);
        }
        words[3] = flags & !MREMAP_MAYMOVE;
        match ashore_sys::call(number, words) {
            Err(Errno::ENOMEM) => {}
            result => return result,
        }
        let at = self.lock().arena.take(Part::Any, len, PAGE_SIZE).ok_or(Errno::ENOMEM)?;
        words[3] = flags | MREMAP_FIXED;
        words[4] = at.0;
        ashore_sys::call(number, words)
    }

    /// Maps where a replay finds room.
    pub(super) fn place(&self, request: &MapRequest, maps: &dyn Maps) -> Result<Addr, Errno> {
        if request.flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) != 0 {
            return maps.map(request);
        }
        let fixed = |at: Addr| MapRequest { at, flags: request.flags | MAP_FIXED_NOREPLACE, align: 0, ..*request };
        let hint = request.at;
        if !hint.is_null() && hint.0.is_multiple_of(request.align.max(PAGE_SIZE)) {
            match maps.map(&fixed(hint)) {
                Err(Errno::EEXIST | Errno::EPERM | Errno::ENOMEM) => {}
                result => return result,
            }
        }
        let part = if request.flags & MAP_32BIT != 0 { Part::Low } else { Part::Any };
        for _ in 0..TRIES {
            let at = self.lock().arena.take(part, request.len, request.align).ok_or(Errno::ENOMEM)?;
            match maps.map(&fixed(at)) {
                Err(Errno::EEXIST) => self.lock().arena.skip(part),
                result => return result,
            }
        }
        Err(Errno::ENOMEM)
    }

    /// What a file holds where it is mapped.
    pub(super) fn contents(&self, request: &MapRequest) -> Vec<u8> {
        if request.len > CONTENTS_MAX {
            self.refuse("the program maps a file that is too large for a recording");
        }
        let mut bytes = vec![0; request.len as usize];
        let mut done = 0;
        while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let offset = request.offset + done as u64;
            let words = [request.fd as u64, rest.as_mut_ptr() as u64, rest.len() as u64, offset, 0, 0];
            match ashore_sys::call(u64::from(Sys::PREAD64.0), words) {
                Ok(0) => break,
                Ok(count) => done += count as usize,
                Err(Errno::EINTR) => {}
                Err(errno) => self.refuse(&format!("the program maps a file that cannot be read: {errno}")),
            }
        }
        bytes.truncate(done);
        bytes
    }
}
