//! Signals as a file.

use crate::call::{Call, Stop, WAIT};
use crate::file::{At, Bytes, Events, File, Open, Status};
use crate::lock::Lock;
use crate::process::Process;
use crate::thread::Thread;
use crate::wait::WaitQueue;
use alloc::string::String;
use alloc::sync::Arc;
use ashore_pivot::layout::event::SignalfdSiginfo;
use ashore_pivot::layout::siginfo::{Detail, SigInfo};
use ashore_pivot::{Errno, SigSet};
use core::any::Any;

/// Signals of a process, and of whichever thread reads.
pub struct SignalFd {
    /// Which signals.
    pub wanted: Lock<SigSet>,
    /// Its queue of changes is woken by signals.
    of: Arc<Process>,
}

impl SignalFd {
    /// The caller's signals of a set.
    pub fn new(process: &Arc<Process>, wanted: SigSet) -> SignalFd {
        SignalFd { wanted: Lock::new(wanted), of: process.clone() }
    }

    fn take(&self, thread: &Arc<Thread>) -> Option<SigInfo> {
        let wanted = *self.wanted.lock();
        let mine = thread.signals.lock().queue.take(wanted);
        mine.or_else(|| self.of.signals.lock().queue.take(wanted))
    }
}

fn record(info: &SigInfo) -> SignalfdSiginfo {
    let out = SignalfdSiginfo {
        signo: u32::from(info.signal.0),
        errno: info.errno,
        code: info.code,
        ..SignalfdSiginfo::default()
    };
    match info.detail {
        Detail::Kill { pid, uid } => SignalfdSiginfo { pid: pid as u32, uid, ..out },
        Detail::Queue { pid, uid, value } => {
            SignalfdSiginfo { pid: pid as u32, uid, int: value as i32, ptr: value, ..out }
        }
        Detail::Timer { id, overrun, value } => {
            SignalfdSiginfo { tid: id as u32, overrun: overrun as u32, int: value as i32, ptr: value, ..out }
        }
        Detail::Child { pid, uid, status, utime, stime } => {
            SignalfdSiginfo { pid: pid as u32, uid, status, utime: utime as u64, stime: stime as u64, ..out }
        }
        Detail::Fault { addr, lsb } => SignalfdSiginfo { addr, addr_lsb: lsb as u16, ..out },
        Detail::Poll { band, fd } => SignalfdSiginfo { band: band as u32, fd, ..out },
        Detail::Sys { addr, call, arch } => SignalfdSiginfo { call_addr: addr, syscall: call, arch, ..out },
    }
}

impl File for SignalFd {
    fn read(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        if bytes.left() < SignalfdSiginfo::LEN {
            return Err(Errno::EINVAL.into());
        }
        let mut done = 0;
        self.of.changed.join(call.thread, Events::ANY);
        while bytes.left() >= SignalfdSiginfo::LEN {
            let Some(info) = self.take(call.thread) else { break };
            done += bytes.put(&record(&info).encode())? as u64;
        }
        match done {
            0 if open.is_nonblocking() => Err(Errno::EAGAIN.into()),
            0 => Err(WAIT),
            done => Ok(done),
        }
    }

    fn ready(&self) -> Events {
        let wanted = self.wanted.lock().0;
        let process = &self.of;
        let ours = process.signals.lock().queue.set().0;
        let threads = process.inner.lock().threads.clone();
        let theirs = threads.iter().fold(0, |all, thread| all | thread.signals.lock().queue.set().0);
        if (ours | theirs) & wanted != 0 { Events::IN } else { Events::default() }
    }

    fn queue(&self) -> Option<&WaitQueue> {
        Some(&self.of.changed)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(super::eventfd::nameless_status())
    }

    fn name(&self) -> String {
        String::from("anon_inode:[signalfd]")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
