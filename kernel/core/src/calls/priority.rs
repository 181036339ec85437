//! How willing threads are to let others run.

use crate::call::{Answer, Call, Row};
use crate::thread::Thread;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::{Errno, Sys};
use core::sync::atomic::Ordering;

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[Row::new(Sys::GETPRIORITY, get), Row::new(Sys::SETPRIORITY, set)];

/// Whom a call means: a thread, the threads of a process group, those of a user.
const PRIO_PROCESS: u32 = 0;
const PRIO_PGRP: u32 = 1;
const PRIO_USER: u32 = 2;
/// The least willing and the most willing.
const LEAST: i32 = -20;
const MOST: i32 = 19;

/// The threads a call means; 0 is the caller's own.
fn meant(call: &Call<'_>) -> Result<Vec<Arc<Thread>>, Errno> {
    let (which, who) = (call.arg(0) as u32, call.arg(1) as u32);
    let own = &call.thread.process;
    let of_all = |is_meant: &dyn Fn(&crate::process::Process) -> bool| {
        let all = call.kernel.processes();
        let meant = all.iter().filter(|process| is_meant(process));
        meant.flat_map(|process| process.inner.lock().threads.clone()).collect::<Vec<_>>()
    };
    let threads = match which {
        PRIO_PROCESS if who == 0 => alloc::vec![call.thread.clone()],
        PRIO_PROCESS => call.kernel.thread(who).into_iter().collect(),
        PRIO_PGRP => {
            let group = if who == 0 { own.group.load(Ordering::Relaxed) } else { who };
            of_all(&|process| process.group.load(Ordering::Relaxed) == group)
        }
        PRIO_USER => {
            let [mine, ..] = own.inner.lock().ids;
            let user = if who == 0 { mine } else { who };
            of_all(&|process| process.inner.lock().ids.first() == Some(&user))
        }
        _ => return Err(Errno::EINVAL),
    };
    if threads.is_empty() { Err(Errno::ESRCH) } else { Ok(threads) }
}

/// The niceness of the least willing, as the call gives it: 40 for -20, 1 for 19.
fn get(call: &mut Call<'_>) -> Answer {
    let least = meant(call)?.iter().map(|thread| thread.nice.load(Ordering::Relaxed)).min();
    Ok((20 - least.unwrap_or(0)) as u64)
}

fn set(call: &mut Call<'_>) -> Answer {
    let nice = call.int(2).clamp(LEAST, MOST);
    let visitor = call.visitor();
    let mut result = Ok(0);
    for thread in meant(call)? {
        let [user, effective, ..] = thread.process.inner.lock().ids;
        result = match () {
            () if visitor.user != 0 && visitor.user != user && visitor.user != effective => Err(Errno::EPERM.into()),
            () if visitor.user != 0 && nice < thread.nice.load(Ordering::Relaxed) => Err(Errno::EACCES.into()),
            () => {
                thread.nice.store(nice, Ordering::Relaxed);
                result
            }
        };
    }
    result
}
