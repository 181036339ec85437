//! Waiting for children.

use crate::call::{Call, Stop};
use crate::file::Events;
use crate::process::{End, Halt, Inner, Process};
use alloc::sync::Arc;
use ashore_pivot::Errno;
use ashore_pivot::layout::process::{WCONTINUED, WEXITED, WNOHANG, WNOWAIT, WUNTRACED};
use ashore_pivot::layout::siginfo::{CLD_CONTINUED, CLD_STOPPED};
use core::sync::atomic::Ordering;

/// For which children.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Whom {
    /// Any.
    Any,
    /// The one with a number.
    Pid(u32),
    /// Those of a process group.
    Group(u32),
}

/// A child with news.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) pid: u32,
    pub(crate) uid: u32,
    /// What `wait4` gives.
    pub(crate) word: u32,
    /// What `waitid` gives.
    pub(crate) code: i32,
    pub(crate) status: i32,
    /// The CPU time of it and of the children it waited for.
    pub(crate) ran: u64,
}

/// The next child with news, by the options of `wait`; `None` when there is none now and the caller does not wait.
pub(crate) fn wait(call: &mut Call<'_>, whom: Whom, options: u32) -> Result<Option<Found>, Stop> {
    let process = call.thread.process.clone();
    // To join first and to look then is what makes no news go unnoticed.
    process.child_changed.join(call.thread, Events::ANY);
    let children = process.inner.lock().children.clone();
    let mut is_any = false;
    for child in &children {
        let is_meant = match whom {
            Whom::Any => true,
            Whom::Pid(pid) => child.pid == pid,
            Whom::Group(group) => child.group.load(Ordering::Relaxed) == group,
        };
        if !is_meant {
            continue;
        }
        is_any = true;
        let news = news_of(&mut child.inner.lock(), child.pid, options);
        if let Some(found) = news {
            if options & WNOWAIT == 0 && child.inner.lock().is_dead {
                reap(call, &process, child, found);
            }
            return Ok(Some(found));
        }
    }
    if !is_any {
        return Err(Errno::ECHILD.into());
    }
    if options & WNOHANG != 0 {
        return Ok(None);
    }
    Err(call.wait())
}

fn reap(call: &Call<'_>, process: &Arc<Process>, child: &Arc<Process>, found: Found) {
    let moved = child.inner.lock().moved;
    let mut inner = process.inner.lock();
    inner.children.retain(|other| !Arc::ptr_eq(other, child));
    inner.children_ran += found.ran;
    inner.moved = inner.moved.and(moved);
    drop(inner);
    call.kernel.forget(child);
}

fn news_of(inner: &mut Inner, pid: u32, options: u32) -> Option<Found> {
    let [uid, ..] = inner.ids;
    let found = |word, code, status, ran| Some(Found { pid, uid, word, code, status, ran });
    let is_kept = options & WNOWAIT != 0;
    if inner.is_dead && options & WEXITED != 0 {
        let end = inner.end.unwrap_or(End::Exited(0));
        let (code, status) = end.told();
        return found(end.word(), code, status, inner.ran + inner.children_ran);
    }
    match &mut inner.halt {
        Some(Halt::Stopped { signal, is_told }) if !*is_told && options & WUNTRACED != 0 => {
            *is_told = !is_kept;
            let word = u32::from(*signal) << 8 | 0x7f;
            found(word, CLD_STOPPED, i32::from(*signal), 0)
        }
        Some(Halt::Continued { is_told }) if !*is_told && options & WCONTINUED != 0 => {
            *is_told = !is_kept;
            found(ashore_pivot::layout::process::CONTINUED, CLD_CONTINUED, 18, 0)
        }
        _ => None,
    }
}
