//! Descriptors of processes.

use crate::call::{Answer, Call, Row};
use crate::file::{Events, File, O_NONBLOCK, Open, Status};
use crate::process::Process;
use crate::wait::WaitQueue;
use alloc::string::String;
use alloc::sync::Arc;
use ashore_base::Addr;
use ashore_pivot::layout::open::O_CLOEXEC;
use ashore_pivot::layout::siginfo::{SI_USER, SigInfo};
use ashore_pivot::{Errno, Memory, Signal, Sys};
use core::any::Any;

/// The calls of this topic.
pub(crate) const ROWS: &[Row] =
    &[Row::new(Sys::PIDFD_OPEN, pidfd_open), Row::new(Sys::PIDFD_SEND_SIGNAL, pidfd_send_signal)];

/// A process, open. It is ready to be read when the process is dead.
struct PidFile(Arc<Process>);

impl File for PidFile {
    fn ready(&self) -> Events {
        if self.0.inner.lock().is_dead { Events::IN } else { Events::default() }
    }

    fn queue(&self) -> Option<&WaitQueue> {
        Some(&self.0.changed)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(Status { mode: 0o600, links: 1, ..Status::default() })
    }

    fn name(&self) -> String {
        String::from("anon_inode:[pidfd]")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn open(call: &Call<'_>, process: &Arc<Process>, flags: u32) -> Result<u64, Errno> {
    let open = Open::new(Arc::new(PidFile(process.clone())), 2 | flags);
    call.new_fd(open, O_CLOEXEC)
}

/// Makes a descriptor of a new process and tells where `clone` was asked to.
pub(crate) fn give(call: &Call<'_>, process: &Arc<Process>, at: u64) -> Result<(), Errno> {
    let fd = open(call, process, 0)?;
    call.write(Addr(at), &(fd as u32))
}

/// The process a descriptor stands for.
pub(crate) fn process(call: &Call<'_>, fd: u64) -> Result<Arc<Process>, Errno> {
    let open = call.open(fd)?;
    open.file.as_any().downcast_ref::<PidFile>().map(|file| file.0.clone()).ok_or(Errno::EBADF)
}

fn pidfd_open(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(1) as u32;
    if flags & !O_NONBLOCK != 0 || call.int(0) <= 0 {
        return Err(Errno::EINVAL.into());
    }
    let process = call.kernel.process(call.arg(0) as u32).ok_or(Errno::ESRCH)?;
    Ok(open(call, &process, flags)?)
}

fn pidfd_send_signal(call: &mut Call<'_>) -> Answer {
    if call.arg(3) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let process = process(call, call.arg(0))?;
    if process.inner.lock().is_dead {
        return Err(Errno::ESRCH.into());
    }
    let number = call.arg(1) as u32;
    if number == 0 {
        return Ok(0);
    }
    let signal = Signal::new(u64::from(number)).ok_or(Errno::EINVAL)?;
    let info = if call.addr(2).is_null() {
        let [uid, ..] = call.thread.process.inner.lock().ids;
        SigInfo { code: SI_USER, ..SigInfo::kill(signal, call.thread.process.pid as i32, uid) }
    } else {
        let mut bytes = [0; SigInfo::LEN];
        call.thread.space().read(call.addr(2), &mut bytes)?;
        SigInfo::decode(&bytes).filter(|info| info.signal == signal).ok_or(Errno::EINVAL)?
    };
    call.kernel.signal_process(&process, info);
    Ok(0)
}
