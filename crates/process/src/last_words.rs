//! The end of what a program wrote to its standard error output: often it said itself why it ends.

use crate::process::lock;
use ashore_base::Addr;
use ashore_guest::{Answer, Args, Os, Value};
use ashore_pivot::Memory;
use ashore_sys::GuestMemory;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

/// How many bytes are kept: what a runtime says first should still be there behind the stacks that it prints.
const KEPT: usize = 64 * 1024;
/// How many are read at once.
const READ: usize = 4096;
const STDERR: u64 = 2;
/// How many pieces of a vector are looked at.
const PIECES: u64 = 8;

/// The last words of a process.
#[derive(Debug)]
pub(crate) struct LastWords {
    kept: Mutex<VecDeque<u8>>,
    /// The system's calls that write bytes, and several pieces of bytes.
    write: Option<u16>,
    writev: Option<u16>,
}

pub(crate) struct Held<'a>(#[allow(dead_code)] MutexGuard<'a, VecDeque<u8>>);

impl LastWords {
    pub(crate) fn of(os: &Os) -> LastWords {
        let number = |name: &str| os.calls.iter().find(|row| row.name() == name).map(|row| row.number);
        LastWords { kept: Mutex::default(), write: number("write"), writev: number("writev") }
    }

    pub(crate) fn hold(&self) -> Held<'_> {
        Held(lock(&self.kept))
    }

    pub(crate) fn lock_copy(&self) -> Vec<u8> {
        lock(&self.kept).iter().copied().collect()
    }

    /// Keeps what a call wrote, if it wrote to the standard error output.
    #[inline]
    pub(crate) fn hear(&self, number: u64, args: &Args, answer: &Answer) {
        if args[0] == STDERR
            && let Ok(Value::One(written)) = answer
        {
            self.keep(number, args, *written);
        }
    }

    #[cold]
    fn keep(&self, number: u64, args: &Args, written: u64) {
        let is = |call: Option<u16>| call.is_some_and(|call| u64::from(call) == number);
        if !is(self.write) && !is(self.writev) {
            return;
        }
        let mut kept = lock(&self.kept);
        let mut add = |at: u64, len: u64| {
            let end = len.min(KEPT as u64);
            for start in (0..end).step_by(READ) {
                let mut bytes = [0; READ];
                let bytes = &mut bytes[..(end - start).min(READ as u64) as usize];
                if GuestMemory.read(Addr(at).plus(start), bytes).is_err() {
                    break;
                }
                kept.extend(bytes.iter());
            }
        };
        if is(self.write) {
            add(args[1], written);
        } else {
            for n in 0..args[2].min(PIECES) {
                let mut piece = [0; 16];
                if GuestMemory.read(Addr(args[1]).plus(n * 16), &mut piece).is_err() {
                    break;
                }
                let word =
                    |at: usize| piece.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes);
                add(word(0), word(8));
            }
        }
        let spare = kept.len().saturating_sub(KEPT);
        kept.drain(..spare);
    }
}
