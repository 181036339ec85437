//! Futexes: threads that wait at a word of memory.
//!
//! A word is known by its [`Key`], so that processes that share memory meet. Waiters stand in buckets by their keys. The
//! lock of a bucket is held while the word is read and the waiter is entered; who changes the word wakes afterwards. An
//! operation on two words takes the bucket with the lesser number first. A thread waits at one word at most: what it must
//! know of that is its [`Seat`], and nothing is allocated for a wait.

use crate::call::{Answer, Call, Stop, Until, Why};
use crate::kernel::Kernel;
use crate::lock::{Held, Lock};
use crate::machine::Nanos;
use crate::memory::{Key, Sharing, Space};
use crate::thread::Thread;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::Plain;
use ashore_pivot::layout::futex::*;
use ashore_pivot::{Errno, Memory};
use core::sync::atomic::{AtomicU32, Ordering};

const BUCKETS: usize = 256;

/// All waiters.
pub(crate) struct Futexes {
    buckets: [Lock<Bucket>; BUCKETS],
}

impl Default for Futexes {
    fn default() -> Self {
        Futexes { buckets: [const { Lock::new(Bucket(Vec::new())) }; BUCKETS] }
    }
}

/// A thread at a word.
struct Waiter {
    key: Key,
    bits: u32,
    thread: Arc<Thread>,
}

/// Where a thread waits: the number of the bucket it stands in, or that it was woken. Changed only with the lock of the
/// bucket held that it names before.
#[derive(Debug, Default)]
pub(crate) struct Seat(AtomicU32);

/// What a seat holds when its thread was woken.
const WOKEN: u32 = u32::MAX;

impl Seat {
    fn get(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    fn set(&self, bucket: u32) {
        self.0.store(bucket, Ordering::Release);
    }
}

/// Those whose keys have a number in common, the longest waiting first.
struct Bucket(Vec<Waiter>);

impl Futexes {
    fn number(key: &Key) -> usize {
        key.hash() as usize % BUCKETS
    }

    fn bucket(&self, number: usize) -> Option<Held<'_, Bucket>> {
        self.buckets.get(number).map(Lock::lock)
    }

    /// Beside one with a smaller number.
    fn later(&self, number: usize) -> Option<Held<'_, Bucket>> {
        self.buckets.get(number).map(Lock::lock_also)
    }

    /// The buckets of two words, the second one `None` when it is the first one.
    fn two(&self, first: &Key, second: &Key) -> (Option<Held<'_, Bucket>>, Option<Held<'_, Bucket>>) {
        let (a, b) = (Futexes::number(first), Futexes::number(second));
        if a == b {
            return (self.bucket(a), None);
        }
        if a < b {
            let first = self.bucket(a);
            (first, self.later(b))
        } else {
            let second = self.bucket(b);
            (self.later(a), second)
        }
    }
}

impl Bucket {
    /// Wakes up to `most` waiters at a word; how many there were.
    fn wake(&mut self, kernel: &Kernel, (key, bits): (&Key, u32), most: usize) -> usize {
        let mut count = 0;
        let mut at = 0;
        while count < most
            && let Some(waiter) = self.0.get(at)
        {
            if waiter.bits & bits == 0 || waiter.key != *key {
                at += 1;
                continue;
            }
            let Waiter { thread, .. } = self.0.remove(at);
            thread.seat.set(WOKEN);
            // Its present wait: it may have been asked again since it came, and waits on all the same.
            kernel.wake(&thread, thread.turn());
            count += 1;
        }
        count
    }

    /// Takes up to `most` waiters at a word out, for another word.
    fn take(&mut self, key: &Key, most: usize) -> Vec<Waiter> {
        let mut left = most;
        let is_meant = |waiter: &mut Waiter| {
            let is_meant = left > 0 && waiter.key == *key;
            left -= usize::from(is_meant);
            is_meant
        };
        self.0.extract_if(.., is_meant).collect()
    }

    /// Takes a thread out. Says whether it was there.
    fn leave(&mut self, thread: &Arc<Thread>) -> bool {
        let at = self.0.iter().position(|waiter| Arc::ptr_eq(&waiter.thread, thread));
        at.map(|at| self.0.remove(at)).is_some()
    }
}

/// The `futex` call.
pub(crate) fn futex(call: &mut Call<'_>) -> Answer {
    let word = call.arg(1) as u32;
    let sharing = if word & FUTEX_PRIVATE_FLAG != 0 { Sharing::Private } else { Sharing::Shared };
    let at = call.addr(0);
    if !at.0.is_multiple_of(4) {
        return Err(Errno::EINVAL.into());
    }
    let value = call.arg(2) as u32;
    let count = |word: u64| (word as u32 as i32).max(0) as usize;
    match word & FUTEX_CMD_MASK {
        FUTEX_WAIT => wait(call, Want { sharing, value, bits: FUTEX_BITSET_MATCH_ANY }, Limit::Span),
        FUTEX_WAIT_BITSET => {
            let limit = if word & FUTEX_CLOCK_REALTIME != 0 { Limit::Wall } else { Limit::Time };
            wait(call, Want { sharing, value, bits: call.arg(5) as u32 }, limit)
        }
        FUTEX_WAKE => wake(call, sharing, FUTEX_BITSET_MATCH_ANY, count(call.arg(2)).max(1)),
        FUTEX_WAKE_BITSET => wake(call, sharing, call.arg(5) as u32, count(call.arg(2)).max(1)),
        FUTEX_REQUEUE => requeue(call, sharing, None),
        FUTEX_CMP_REQUEUE => requeue(call, sharing, Some(call.arg(5) as u32)),
        FUTEX_WAKE_OP => wake_op(call, sharing),
        _ => Err(Errno::ENOSYS.into()),
    }
}

struct Want {
    sharing: Sharing,
    value: u32,
    bits: u32,
}

/// What the time argument of a wait means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// From now on.
    Span,
    /// A time of the monotonic clock.
    Time,
    /// A time of the wall clock.
    Wall,
}

/// What [`crate::call::Progress::done`] says of a call that has entered itself.
const SEATED: u64 = 1;

fn wait(call: &mut Call<'_>, want: Want, limit: Limit) -> Answer {
    if call.progress.done == SEATED {
        return wait_more(call);
    }
    if want.bits == 0 {
        return Err(Errno::EINVAL.into());
    }
    call.progress.deadline = deadline(call, limit)?;
    let at = call.addr(0);
    let space = call.thread.space();
    let key = space.futex_key(at, want.sharing)?;
    let number = Futexes::number(&key);
    let Some(mut bucket) = call.kernel.futexes.bucket(number) else { return Err(Errno::ENOMEM.into()) };
    if space.load_u32(at)? != want.value {
        return Err(Errno::EAGAIN.into());
    }
    if call.is_late() {
        return Err(Errno::ETIMEDOUT.into());
    }
    bucket.0.push(Waiter { key, bits: want.bits, thread: call.thread.clone() });
    call.thread.seat.set(number as u32);
    drop(bucket);
    call.progress.done = SEATED;
    Err(call.wait())
}

/// Asked again: woken, too late, or to be interrupted, in which case a wait ends here and is made anew.
fn wait_more(call: &mut Call<'_>) -> Answer {
    loop {
        let number = call.thread.seat.get();
        if number == WOKEN {
            return Ok(0);
        }
        let is_over = call.is_late() || call.why == Why::Signal;
        if !is_over {
            return Err(call.wait());
        }
        // A requeue may move it meanwhile: look for it where it is now.
        let Some(mut bucket) = call.kernel.futexes.bucket(number as usize) else { break };
        if bucket.leave(call.thread) {
            break;
        }
    }
    if call.is_late() {
        return Err(Errno::ETIMEDOUT.into());
    }
    // Interrupted. Should it go on after all, it looks at the word again.
    call.progress.done = 0;
    Err(Stop::Wait(Until::Woken))
}

fn deadline(call: &Call<'_>, limit: Limit) -> Result<Option<Nanos>, Errno> {
    if call.progress.deadline.is_some() || call.addr(3).is_null() {
        return Ok(call.progress.deadline);
    }
    let time: ashore_pivot::layout::time::Timespec = call.read(call.addr(3))?;
    let nanos = time.nanos().ok_or(Errno::EINVAL)?;
    Ok(Some(match limit {
        Limit::Span => call.kernel.now().saturating_add(nanos),
        Limit::Time => nanos,
        Limit::Wall => nanos.saturating_sub(call.kernel.wall_at_start()),
    }))
}

fn wake(call: &mut Call<'_>, sharing: Sharing, bits: u32, most: usize) -> Answer {
    if bits == 0 {
        return Err(Errno::EINVAL.into());
    }
    let key = call.thread.space().futex_key(call.addr(0), sharing)?;
    let Some(mut bucket) = call.kernel.futexes.bucket(Futexes::number(&key)) else { return Ok(0) };
    Ok(bucket.wake(call.kernel, (&key, bits), most) as u64)
}

fn requeue(call: &mut Call<'_>, sharing: Sharing, expected: Option<u32>) -> Answer {
    let space = call.thread.space();
    let (wakes, moves) = (call.int(2), call.int(3));
    let (Ok(wakes), Ok(moves)) = (usize::try_from(wakes), usize::try_from(moves)) else {
        return Err(Errno::EINVAL.into());
    };
    let (from, to) = (space.futex_key(call.addr(0), sharing)?, space.futex_key(call.addr(4), sharing)?);
    let (Some(mut first), mut second) = call.kernel.futexes.two(&from, &to) else { return Ok(0) };
    if let Some(expected) = expected
        && space.load_u32(call.addr(0))? != expected
    {
        return Err(Errno::EAGAIN.into());
    }
    let woken = first.wake(call.kernel, (&from, FUTEX_BITSET_MATCH_ANY), wakes);
    let mut moved = first.take(&from, moves);
    for waiter in &mut moved {
        waiter.key = to;
        waiter.thread.seat.set(Futexes::number(&to) as u32);
    }
    let count = woken + moved.len();
    second.as_mut().unwrap_or(&mut first).0.extend(moved);
    Ok(count as u64)
}

fn wake_op(call: &mut Call<'_>, sharing: Sharing) -> Answer {
    let space = call.thread.space();
    let (at, other, word) = (call.addr(0), call.addr(4), call.arg(5) as u32);
    let (wakes, others) = (call.int(2).max(0) as usize, call.int(3).max(0) as usize);
    let sign = |bits: u32| ((bits << 20) as i32) >> 20;
    let (operation, compare) = (word >> 28 & 7, word >> 24 & 15);
    let (mut operand, against) = (sign(word >> 12 & 0xfff) as u32, sign(word & 0xfff));
    if word >> 28 & FUTEX_OP_OPARG_SHIFT != 0 {
        operand = 1u32.wrapping_shl(operand);
    }
    let (key, key2) = (space.futex_key(at, sharing)?, space.futex_key(other, sharing)?);
    let (Some(mut first), mut second) = call.kernel.futexes.two(&key, &key2) else { return Ok(0) };
    let old = loop {
        let old = space.load_u32(other)?;
        let new = match operation {
            FUTEX_OP_SET => operand,
            FUTEX_OP_ADD => old.wrapping_add(operand),
            FUTEX_OP_OR => old | operand,
            FUTEX_OP_ANDN => old & !operand,
            FUTEX_OP_XOR => old ^ operand,
            _ => return Err(Errno::ENOSYS.into()),
        };
        if space.compare_exchange_u32(other, old, new)? == old {
            break old as i32;
        }
    };
    let is_true = match compare {
        FUTEX_OP_CMP_EQ => old == against,
        FUTEX_OP_CMP_NE => old != against,
        FUTEX_OP_CMP_LT => old < against,
        FUTEX_OP_CMP_LE => old <= against,
        FUTEX_OP_CMP_GT => old > against,
        FUTEX_OP_CMP_GE => old >= against,
        _ => return Err(Errno::ENOSYS.into()),
    };
    let mut woken = first.wake(call.kernel, (&key, FUTEX_BITSET_MATCH_ANY), wakes);
    if is_true {
        let bucket = second.as_mut().unwrap_or(&mut first);
        woken += bucket.wake(call.kernel, (&key2, FUTEX_BITSET_MATCH_ANY), others);
    }
    Ok(woken as u64)
}

/// Wakes one who waits at a word, private or shared: a thread's end.
pub(crate) fn wake_word(kernel: &Kernel, space: &Space, at: Addr) {
    for sharing in [Sharing::Private, Sharing::Shared] {
        let Ok(key) = space.futex_key(at, sharing) else { continue };
        let Some(mut bucket) = kernel.futexes.bucket(Futexes::number(&key)) else { continue };
        bucket.wake(kernel, (&key, FUTEX_BITSET_MATCH_ANY), 1);
    }
}

/// Releases the locks a thread that ends still holds: those in its list of robust futexes.
pub(crate) fn release_robust(kernel: &Kernel, thread: &Arc<Thread>, space: &Space) {
    let head_at = thread.robust.swap(0, Ordering::Relaxed);
    let mut bytes = [0; RobustListHead::LEN];
    if head_at == 0 || space.read(Addr(head_at), &mut bytes).is_err() {
        return;
    }
    let head = RobustListHead::decode(&bytes);
    let word_of = |entry: u64| Addr((entry & !1).wrapping_add(head.futex_offset as u64));
    let mut entry = head.list;
    for _ in 0..ROBUST_LIST_LIMIT {
        if entry & !1 == head_at {
            break;
        }
        let mut next = [0; ROBUST_LIST_SIZE];
        let is_readable = space.read(Addr(entry & !1), &mut next).is_ok();
        if entry != head.list_op_pending {
            release_one(kernel, thread, space, word_of(entry));
        }
        if !is_readable {
            break;
        }
        entry = u64::get(&next);
    }
    if head.list_op_pending != 0 {
        release_one(kernel, thread, space, word_of(head.list_op_pending));
    }
}

fn release_one(kernel: &Kernel, thread: &Thread, space: &Space, at: Addr) {
    if !at.0.is_multiple_of(4) {
        return;
    }
    while let Ok(old) = space.load_u32(at) {
        if old & FUTEX_TID_MASK != thread.tid {
            return;
        }
        let new = old & FUTEX_WAITERS | FUTEX_OWNER_DIED;
        match space.compare_exchange_u32(at, old, new) {
            Ok(found) if found == old => {
                if old & FUTEX_WAITERS != 0 {
                    wake_word(kernel, space, at);
                }
                return;
            }
            Ok(_) => {}
            Err(_) => return,
        }
    }
}
