//! A record of every call, for whoever reads the machine's memory from outside.
//!
//! Records stand in a ring of words that the host finds through the machine's mailbox. Each is written by one CPU; its
//! number comes last, so that a reader knows a record that is being written from one that is whole. The names of the
//! words are [`ashore_base::trace`]'s, which the host reads them by.

use crate::call::{Answer, Call, Stop};
use crate::machine::Nanos;
use alloc::boxed::Box;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_base::trace::{CHUNKS, Header, Outcome, RECORD, at};
use ashore_pivot::{Errno, Memory, Sys};
use core::sync::atomic::{AtomicU64, Ordering};

/// How many records the ring holds.
const RECORDS: usize = 8192;

/// The ring.
#[derive(Debug)]
pub struct Ring {
    words: &'static [AtomicU64],
    next: AtomicU64,
}

impl Ring {
    /// An empty ring. It is never given back.
    pub fn new() -> Ring {
        let mut words = Vec::new();
        words.resize_with(Header::LEN + RECORDS * RECORD, || AtomicU64::new(0));
        let words: &'static [AtomicU64] = Box::leak(words.into_boxed_slice());
        for (word, value) in words.iter().zip([Header::MAGIC, RECORDS as u64]) {
            word.store(value, Ordering::Relaxed);
        }
        Ring { words, next: AtomicU64::new(0) }
    }

    /// The words, for the mailbox.
    pub fn words(&self) -> &'static [AtomicU64] {
        self.words
    }

    /// Records a call that is over, or that waits.
    pub(crate) fn call(&self, call: &Call<'_>, number: u64, began: Nanos, answer: &Answer) {
        let (outcome, result) = match answer {
            Ok(value) => (Outcome::DONE, *value),
            Err(Stop::Errno(Errno(errno))) => (Outcome::DONE, (-i64::from(*errno)) as u64),
            Err(Stop::Wait(_)) => (Outcome::WAITS, 0),
            Err(Stop::Switched | Stop::Ended) => (Outcome::NO_RESULT, 0),
        };
        let nth = self.next.fetch_add(1, Ordering::Relaxed);
        let from = Header::LEN + nth as usize % RECORDS * RECORD;
        let Some(record) = self.words.get(from..from + RECORD) else { return };
        let put = |at: usize, value: u64| {
            if let Some(word) = record.get(at) {
                word.store(value, Ordering::Relaxed);
            }
        };
        put(at::NUMBER, 0);
        let ids = u64::from(call.thread.process.pid) << 32 | u64::from(call.thread.tid);
        put(at::BEGAN, began);
        put(at::ENDED, call.kernel.now());
        put(at::IDS, ids);
        put(at::CALL, number);
        call.args.iter().enumerate().for_each(|(nth, arg)| put(at::ARGS + nth, *arg));
        put(at::OUTCOME, outcome);
        put(at::RESULT, result);
        let mut chunk = at::CHUNKS;
        for (address, len) in shown(number, &call.args).into_iter().flatten() {
            let mut bytes = [0; CHUNKS.len];
            let space = call.thread.space();
            let len = match len {
                Len::Text => space.cstr_len(Addr(address), CHUNKS.len).unwrap_or(CHUNKS.len - 1) + 1,
                Len::Bytes(len) => (len as usize).min(CHUNKS.len),
            };
            let Some(bytes) = bytes.get_mut(..len.min(CHUNKS.len)) else { continue };
            if space.read(Addr(address), bytes).is_err() {
                continue;
            }
            put(chunk, address);
            put(chunk + 1, bytes.len() as u64);
            for (nth, word) in bytes.chunks(8).enumerate() {
                let mut whole = [0; 8];
                whole.iter_mut().zip(word).for_each(|(to, byte)| *to = *byte);
                put(chunk + 2 + nth, u64::from_le_bytes(whole));
            }
            chunk += CHUNKS.words;
        }
        while chunk < RECORD {
            put(chunk + 1, 0);
            chunk += CHUNKS.words;
        }
        put(at::PLACE, nth);
        if let Some(word) = record.first() {
            word.store(nth + 1, Ordering::Release);
        }
        if let Some(total) = self.words.get(Header::TOTAL) {
            total.fetch_max(nth + 1, Ordering::Release);
        }
    }
}

impl Default for Ring {
    fn default() -> Self {
        Ring::new()
    }
}

/// How much of what an argument points to is recorded.
#[derive(Clone, Copy)]
enum Len {
    Text,
    Bytes(u64),
}

/// The arguments that point to what a reader wants to see.
fn shown(number: u64, args: &[u64; 6]) -> [Option<(u64, Len)>; 2] {
    let arg = |nth: usize| args.get(nth).copied().unwrap_or(0);
    let text = |nth: usize| Some((arg(nth), Len::Text));
    let Some(sys) = crate::calls::sys(number) else { return [None; 2] };
    match sys {
        Sys::OPENAT
        | Sys::NEWFSTATAT
        | Sys::READLINKAT
        | Sys::FACCESSAT
        | Sys::FACCESSAT2
        | Sys::MKDIRAT
        | Sys::MKNODAT
        | Sys::UNLINKAT
        | Sys::STATX
        | Sys::FCHMODAT
        | Sys::FCHOWNAT
        | Sys::UTIMENSAT
        | Sys::EXECVEAT
        | Sys::OPENAT2 => [text(1), None],
        Sys::EXECVE | Sys::CHDIR | Sys::CHROOT | Sys::TRUNCATE | Sys::STATFS | Sys::MEMFD_CREATE => [text(0), None],
        Sys::RENAMEAT | Sys::RENAMEAT2 | Sys::LINKAT => [text(1), text(3)],
        Sys::SYMLINKAT => [text(0), text(2)],
        Sys::WRITE | Sys::PWRITE64 | Sys::SENDTO => [Some((arg(1), Len::Bytes(arg(2)))), None],
        Sys::BIND | Sys::CONNECT => [Some((arg(1), Len::Bytes(arg(2)))), None],
        Sys::NANOSLEEP => [Some((arg(0), Len::Bytes(16))), None],
        Sys::CLOCK_NANOSLEEP => [Some((arg(2), Len::Bytes(16))), None],
        _ => [None; 2],
    }
}
