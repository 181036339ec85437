//! Futexes: threads that wait at a word of memory.
//!
//! A word is known by its [`Key`], so that processes that share memory meet. Waiters stand in buckets by their keys. The
//! lock of a bucket is held while the word is read and the waiter is entered; who changes the word wakes afterwards. An
//! operation on two words takes the bucket with the lesser number first.

use crate::call::{Answer, Call, Stop, Until};
use crate::kernel::Kernel;
use crate::lock::{Held, Lock};
use crate::machine::Nanos;
use crate::memory::{Key, Sharing, Space};
use crate::thread::Thread;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::Plain;
use ashore_pivot::layout::futex::*;
use ashore_pivot::{Errno, Memory};
use core::sync::atomic::{AtomicBool, Ordering};

const BUCKETS: usize = 256;

/// All waiters.
pub(crate) struct Futexes {
    buckets: [Lock<Vec<Arc<Waiter>>>; BUCKETS],
}

impl Default for Futexes {
    fn default() -> Self {
        Futexes { buckets: [const { Lock::new(Vec::new()) }; BUCKETS] }
    }
}

/// A thread at a word.
struct Waiter {
    /// The word, which a requeue changes. Changed only with the locks of both buckets held.
    key: Lock<Key>,
    bits: u32,
    thread: Arc<Thread>,
    turn: u64,
    is_woken: AtomicBool,
}

type Bucket<'a> = Held<'a, Vec<Arc<Waiter>>>;

impl Futexes {
    fn number(key: &Key) -> usize {
        key.hash() as usize % BUCKETS
    }

    fn bucket(&self, number: usize) -> Option<Bucket<'_>> {
        self.buckets.get(number).map(Lock::lock)
    }

    /// The buckets of two words, the second one `None` when it is the first one.
    fn two(&self, first: &Key, second: &Key) -> (Option<Bucket<'_>>, Option<Bucket<'_>>) {
        let (a, b) = (Futexes::number(first), Futexes::number(second));
        if a == b {
            return (self.bucket(a), None);
        }
        if a < b {
            let first = self.bucket(a);
            (first, self.bucket(b))
        } else {
            let second = self.bucket(b);
            (self.bucket(a), second)
        }
    }
}

/// Takes up to `most` waiters at a word out of its bucket.
fn take(bucket: &mut Vec<Arc<Waiter>>, key: &Key, bits: u32, most: usize) -> Vec<Arc<Waiter>> {
    let mut taken = Vec::new();
    bucket.retain(|waiter| {
        let is_meant = taken.len() < most && waiter.bits & bits != 0 && *waiter.key.lock() == *key;
        if is_meant {
            taken.push(waiter.clone());
        }
        !is_meant
    });
    taken
}

fn wake_all(kernel: &Kernel, waiters: &[Arc<Waiter>]) -> u64 {
    for waiter in waiters {
        waiter.is_woken.store(true, Ordering::Release);
        kernel.wake(&waiter.thread, waiter.turn_now());
    }
    waiters.len() as u64
}

impl Waiter {
    /// The thread's present wait: it may have been asked again since it came, and waits on all the same.
    fn turn_now(&self) -> u64 {
        self.thread.turn().max(self.turn)
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

fn wait(call: &mut Call<'_>, want: Want, limit: Limit) -> Answer {
    let waiter = call.progress.extra.as_ref().and_then(|extra| extra.downcast_ref::<Arc<Waiter>>()).cloned();
    if let Some(waiter) = waiter {
        return wait_more(call, &waiter);
    }
    if want.bits == 0 {
        return Err(Errno::EINVAL.into());
    }
    call.progress.deadline = deadline(call, limit)?;
    let space = call.thread.space();
    let at = call.addr(0);
    let key = space.futex_key(at, want.sharing)?;
    let waiter = Arc::new(Waiter {
        key: Lock::new(key),
        bits: want.bits,
        thread: call.thread.clone(),
        turn: call.thread.turn(),
        is_woken: AtomicBool::new(false),
    });
    let Some(mut bucket) = call.kernel.futexes.bucket(Futexes::number(&key)) else {
        return Err(Errno::ENOMEM.into());
    };
    if space.load_u32(at)? != want.value {
        return Err(Errno::EAGAIN.into());
    }
    if call.is_late() {
        return Err(Errno::ETIMEDOUT.into());
    }
    bucket.push(waiter.clone());
    drop(bucket);
    call.progress.extra = Some(Box::new(waiter));
    Err(call.wait())
}

/// Asked again: woken, too late, or to be interrupted, in which case a wait ends here and is made anew.
fn wait_more(call: &mut Call<'_>, waiter: &Arc<Waiter>) -> Answer {
    loop {
        if waiter.is_woken.load(Ordering::Acquire) {
            return Ok(0);
        }
        let is_over = call.is_late() || call.why == crate::call::Why::Signal;
        if !is_over {
            return Err(call.wait());
        }
        // A requeue may move it meanwhile: look for it where it is now.
        let key = *waiter.key.lock();
        let Some(mut bucket) = call.kernel.futexes.bucket(Futexes::number(&key)) else { break };
        if *waiter.key.lock() != key {
            continue;
        }
        let before = bucket.len();
        bucket.retain(|other| !Arc::ptr_eq(other, waiter));
        if bucket.len() < before {
            break;
        }
    }
    if waiter.is_woken.load(Ordering::Acquire) {
        return Ok(0);
    }
    if call.is_late() {
        return Err(Errno::ETIMEDOUT.into());
    }
    // Interrupted. Should it go on after all, it looks at the word again.
    call.progress.extra = None;
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
    if bucket.is_empty() {
        return Ok(0);
    }
    let waiters = take(&mut bucket, &key, bits, most);
    drop(bucket);
    Ok(wake_all(call.kernel, &waiters))
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
    let waiters = take(&mut first, &from, FUTEX_BITSET_MATCH_ANY, wakes);
    let moved = take(&mut first, &from, FUTEX_BITSET_MATCH_ANY, moves);
    for waiter in &moved {
        *waiter.key.lock() = to;
    }
    let counted = moved.len() as u64;
    second.as_mut().unwrap_or(&mut first).extend(moved);
    drop((first, second));
    Ok(wake_all(call.kernel, &waiters) + counted)
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
    let mut waiters = take(&mut first, &key, FUTEX_BITSET_MATCH_ANY, wakes);
    if is_true {
        let bucket = second.as_mut().unwrap_or(&mut first);
        waiters.extend(take(bucket, &key2, FUTEX_BITSET_MATCH_ANY, others));
    }
    drop((first, second));
    Ok(wake_all(call.kernel, &waiters))
}

/// Wakes one who waits at a word, private or shared: a thread's end.
pub(crate) fn wake_word(kernel: &Kernel, space: &Space, at: Addr) {
    for sharing in [Sharing::Private, Sharing::Shared] {
        let Ok(key) = space.futex_key(at, sharing) else { continue };
        let Some(mut bucket) = kernel.futexes.bucket(Futexes::number(&key)) else { continue };
        let waiters = take(&mut bucket, &key, FUTEX_BITSET_MATCH_ANY, 1);
        drop(bucket);
        wake_all(kernel, &waiters);
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
