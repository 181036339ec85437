//! Stopping another guest thread wherever it is: a signal of our own that no guest sees.
//!
//! The signal is one that faults raise, because those are never blocked on the host. It is told from the others by
//! what is sent along: the address of a byte of ours. The thread's stay in the guest ends, or the call that it blocks
//! in, as for any signal; [`crate::Block::take_kick`] then says that it was this.

use crate::block::SignalInfo;
use ashore_pivot::{Errno, Signal};
use std::time::{Duration, Instant};

const SIGNAL: Signal = Signal::FPE;
const SI_QUEUE: i32 = -1;

static COOKIE: u8 = 0;

fn cookie() -> u64 {
    &raw const COOKIE as u64
}

/// `siginfo_t` of a queued signal.
#[repr(C)]
struct Info {
    signal: i32,
    errno: i32,
    code: i32,
    _pad: i32,
    pid: i32,
    uid: u32,
    value: u64,
    _rest: [u64; 12],
}

const _: () = assert!(size_of::<Info>() == 128);

/// Has the guest thread on the host's thread `tid` stop soon. It may come to nothing when the thread has another
/// signal of the same number just then: whoever waits for the thread asks again.
pub fn kick(tid: i32) -> Result<(), Errno> {
    let pid = crate::call(libc::SYS_getpid as u64, [0; 6])?;
    let number = i32::from(SIGNAL.0);
    let info = Info {
        signal: number,
        errno: 0,
        code: SI_QUEUE,
        _pad: 0,
        pid: pid as i32,
        uid: 0,
        value: cookie(),
        _rest: [0; 12],
    };
    let words = [pid, tid as u64, u64::from(SIGNAL.0), &raw const info as u64, 0, 0];
    crate::call(libc::SYS_rt_tgsigqueueinfo as u64, words).map(drop)
}

/// Whether a signal is such a kick.
pub(crate) fn is_kick(info: &SignalInfo) -> bool {
    info.signal == u32::from(SIGNAL.0) && info.code == SI_QUEUE && info.value == cookie()
}

/// How long threads may take that were kicked.
///
/// One that sleeps on is in a call that nothing ends early. One that is ready to run only waits for the machine's CPUs,
/// which is no fault of its own: others have them.
#[derive(Debug)]
pub struct Patience {
    begun: Instant,
    limit: Duration,
}

impl Patience {
    /// The most that ready threads are waited for: one that runs for so long does not listen.
    const MOST: Duration = Duration::from_secs(10);

    /// From now on, for so long with threads that sleep.
    pub fn new(limit: Duration) -> Patience {
        Patience { begun: Instant::now(), limit }
    }

    /// Whether nothing more is to be expected of these threads.
    pub fn is_over(&self, tids: impl IntoIterator<Item = i32>) -> bool {
        let waited = self.begun.elapsed();
        waited > self.limit && (waited > Self::MOST || !tids.into_iter().any(is_ready))
    }
}

/// Whether a thread of this process runs, or would if it had a CPU.
fn is_ready(tid: i32) -> bool {
    let stat = std::fs::read(format!("/proc/self/task/{tid}/stat")).unwrap_or_default();
    // The state is behind the name, which may hold anything.
    let name_end = stat.iter().rposition(|byte| *byte == b')').unwrap_or(stat.len());
    stat.iter().skip(name_end + 1).find(|byte| **byte != b' ') == Some(&b'R')
}

#[cfg(test)]
mod tests {
    use super::Patience;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn those_that_want_a_cpu_are_waited_for() {
        let (told, tids) = channel();
        let (end, ended) = channel::<()>();
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let sent = told.clone();
            scope.spawn(|| {
                told.send(crate::current_tid()).unwrap();
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
            let busy = tids.recv().unwrap();
            scope.spawn(move || {
                sent.send(crate::current_tid()).unwrap();
                let _ = ended.recv();
            });
            let asleep = tids.recv().unwrap();
            let patience = Patience::new(Duration::ZERO);
            // It may be on its way to sleep.
            while !patience.is_over([asleep]) {}
            let is_enough = patience.is_over([asleep, busy]);
            is_over.store(true, Ordering::Relaxed);
            drop(end);
            assert!(!is_enough && patience.is_over([]));
            assert!(!Patience::new(Duration::from_secs(100)).is_over([asleep]));
        });
    }
}
