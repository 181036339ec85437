//! `siginfo_t`: layouts and codes.

use super::Words;
use crate::Delivery;
use alloc::vec;
use alloc::vec::Vec;
use ashore_pivot::Signal;

/// Linux's codes that are the same for every signal.
mod linux {
    pub const SI_USER: i32 = 0;
    pub const SI_KERNEL: i32 = 0x80;
    pub const SI_QUEUE: i32 = -1;
    pub const SI_TIMER: i32 = -2;
    pub const SI_MESGQ: i32 = -3;
    pub const SI_ASYNCIO: i32 = -4;
    pub const SI_SIGIO: i32 = -5;
    pub const SI_TKILL: i32 = -6;
}

/// SIGCHLD's codes whose status is a signal: killed, dumped, trapped, stopped, continued.
const CLD_WITH_SIGNAL: core::ops::RangeInclusive<i32> = 2..=6;
/// A breakpoint.
const TRAP_BRKPT: i32 = 1;
/// A fault that no address explains.
const BUS_OBJERR: i32 = 3;

/// A system's codes that are the same for every signal.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    /// Sent by kill.
    pub user: i32,
    /// Sent by sigqueue.
    pub queue: i32,
    /// A timer.
    pub timer: i32,
    /// A message queue.
    pub mesgq: i32,
    /// Asynchronous input or output.
    pub asyncio: i32,
    /// The kernel itself.
    pub kernel: i32,
    /// Sent to a thread.
    pub thread: i32,
    /// Whether the codes of an integer division and an integer overflow are exchanged.
    pub fpe_exchanged: bool,
}

/// The places of siginfo's fields.
#[derive(Debug, Clone, Copy)]
pub struct InfoLayout {
    /// How many bytes it has.
    pub len: u64,
    /// The code.
    pub code: usize,
    /// The error number.
    pub errno: usize,
    /// The sender's process and user, and a child's status.
    pub pid: usize,
    /// See `pid`.
    pub uid: usize,
    /// See `pid`.
    pub status: usize,
    /// The faulting address.
    pub addr: usize,
    /// The value sent along.
    pub value: usize,
    /// The CPU's trap number, where there is a place for it.
    pub trap: Option<usize>,
}

impl InfoLayout {
    /// The record for one delivery. Which fields it has depends on what happened: they may share places.
    pub fn encode(&self, words: &Words, delivery: &Delivery) -> Vec<u8> {
        let mut bytes = vec![0; self.len as usize];
        let mut put = |at: usize, word: &[u8]| {
            if let Some(place) = bytes.get_mut(at..at + word.len()) {
                place.copy_from_slice(word);
            }
        };
        let number = words.map.from_linux(delivery.signal);
        put(0, &number.to_le_bytes());
        put(self.code, &words.code_from_linux(delivery.signal, delivery.code).to_le_bytes());
        put(self.errno, &delivery.errno.to_le_bytes());
        let from_cpu = delivery.code > 0 && delivery.signal.is_fault();
        if from_cpu {
            put(self.addr, &delivery.addr.0.to_le_bytes());
            if let Some(at) = self.trap {
                put(at, &delivery.trap.to_le_bytes());
            }
            return bytes;
        }
        put(self.pid, &delivery.pid.to_le_bytes());
        put(self.uid, &delivery.uid.to_le_bytes());
        if delivery.signal == Signal::CHLD && delivery.code > 0 {
            let status = words.child_status(delivery.code, delivery.status);
            put(self.status, &status.to_le_bytes());
        } else {
            put(self.value, &delivery.value.to_le_bytes());
        }
        bytes
    }
}

impl Words {
    /// The system's code for Linux's.
    pub fn code_from_linux(&self, signal: Signal, code: i32) -> i32 {
        match code {
            linux::SI_USER => self.codes.user,
            linux::SI_QUEUE => self.codes.queue,
            linux::SI_TIMER => self.codes.timer,
            linux::SI_MESGQ => self.codes.mesgq,
            linux::SI_ASYNCIO | linux::SI_SIGIO => self.codes.asyncio,
            linux::SI_TKILL => self.codes.thread,
            // A breakpoint instruction and a general protection fault have no code of their own in Linux.
            linux::SI_KERNEL if signal == Signal::TRAP => TRAP_BRKPT,
            linux::SI_KERNEL if signal == Signal::SEGV || signal == Signal::BUS => BUS_OBJERR,
            linux::SI_KERNEL => self.codes.kernel,
            1 if signal == Signal::FPE && self.codes.fpe_exchanged => 2,
            2 if signal == Signal::FPE && self.codes.fpe_exchanged => 1,
            other => other,
        }
    }

    /// SIGCHLD's status: an exit code, or one of the system's signal numbers.
    pub fn child_status(&self, code: i32, status: i32) -> i32 {
        if !CLD_WITH_SIGNAL.contains(&code) {
            return status;
        }
        let signal = u64::try_from(status).ok().and_then(Signal::new);
        signal.map_or(status, |signal| self.map.from_linux(signal) as i32)
    }
}
