//! The flight recorder: what each guest thread did last, kept whether anybody asks or not.
//!
//! A thread writes its own ring with plain stores and nobody reads it before something has gone wrong. A record is one
//! cache line. A call is written when it begins, so that one that never ends is seen too; a call that repeats the one
//! before it, result included, is only counted.

use ashore_base::Addr;
use ashore_guest::{Args, Delivery};
use ashore_isa::RegisterFile;
use ashore_sys::{Mark, Watch};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How many records a ring holds.
pub const RING_LEN: usize = 256;
/// How many words of a call are kept.
pub const ARGS_KEPT: usize = 5;

const WORDS: usize = 8;
const KIND: usize = 0;
const AT: usize = 1;
const ARGS: usize = 2;
const RESULT: usize = 6;
const TIME: usize = 7;

/// The first word: what the record is in the low byte, then a call's number, then the fifth argument.
const NOTHING: u64 = 0;
const UNDER_WAY: u64 = 1;
const ANSWERED: u64 = 2;
const RESUMED: u64 = 3;
const AGAIN: u64 = 4;
const SIGNAL: u64 = 5;
const KIND_MASK: u64 = 0x7f;
/// The carry flag, with which some systems tell an error from a result.
const CARRY_SHIFT: u32 = 7;
const NUMBER_SHIFT: u32 = 8;
/// Numbers that do not fit are no call of any system.
const NUMBER_MAX: u64 = 0xff_ffff;
const FIFTH_SHIFT: u32 = 32;

#[derive(Debug)]
#[repr(align(64))]
struct Slot([AtomicU64; WORDS]);

impl Slot {
    #[inline]
    fn set(&self, word: usize, value: u64) {
        self.0[word].store(value, Ordering::Relaxed);
    }

    #[inline]
    fn get(&self, word: usize) -> u64 {
        self.0[word].load(Ordering::Relaxed)
    }

    /// Whether the records say the same but for the time.
    #[inline]
    fn repeats(&self, other: &Slot) -> bool {
        [RESULT, KIND, AT, ARGS, ARGS + 1, ARGS + 2, ARGS + 3].iter().all(|word| self.get(*word) == other.get(*word))
    }
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It has not.
    UnderWay,
    /// With this result.
    With(u64),
    /// With this error number of the guest's.
    Failed(u16),
    /// The registers were replaced.
    Resumed,
    /// A signal interrupted it, and it was to be made again.
    Interrupted,
}

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A call.
    Call {
        /// Its number.
        number: u64,
        /// Its first words; the fifth is cut to 32 bits, with its sign.
        args: [u64; ARGS_KEPT],
        /// How it ended.
        ended: Ended,
        /// How often it happened again just so.
        repeats: u64,
    },
    /// A signal.
    Signal {
        /// Which, in Linux's numbering.
        signal: u8,
        /// Linux's `si_code`.
        code: i32,
        /// The faulting address.
        addr: Addr,
        /// The guest's handler; null when there is none.
        handler: Addr,
    },
}

/// Something a thread did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When, in nanoseconds since the process started.
    pub time: u64,
    /// Where: the address after the call instruction, or of the interrupted instruction.
    pub at: Addr,
    /// What.
    pub what: What,
}

/// What one thread did last.
#[derive(Debug)]
pub(crate) struct Ring {
    slots: Box<[Slot; RING_LEN]>,
    /// How many records were written; the next goes behind them.
    count: AtomicU64,
    /// How often the last of them happened again.
    repeats: AtomicU64,
    is_off: AtomicBool,
}

impl Default for Ring {
    fn default() -> Ring {
        Ring {
            slots: Box::new([const { Slot([const { AtomicU64::new(0) }; WORDS]) }; RING_LEN]),
            count: AtomicU64::new(0),
            repeats: AtomicU64::new(0),
            is_off: AtomicBool::new(false),
        }
    }
}

impl Ring {
    #[inline]
    fn slot(&self, n: u64) -> &Slot {
        &self.slots[n as usize % RING_LEN]
    }

    /// Records nothing from now on.
    pub(crate) fn turn_off(&self) {
        self.is_off.store(true, Ordering::Relaxed);
    }

    /// A call begins.
    #[inline]
    pub(crate) fn begin(&self, watch: &Watch, number: u64, args: &Args, at: u64) {
        if self.is_off.load(Ordering::Relaxed) {
            return;
        }
        let slot = self.slot(self.count.load(Ordering::Relaxed));
        slot.set(TIME, watch.mark().count());
        slot.set(KIND, UNDER_WAY | number.min(NUMBER_MAX) << NUMBER_SHIFT | args[4] << FIFTH_SHIFT);
        slot.set(AT, at);
        for (n, arg) in args.iter().take(4).enumerate() {
            slot.set(ARGS + n, *arg);
        }
    }

    /// It ended, and the registers hold the answer. What they say is found out by who reads it.
    #[inline]
    pub(crate) fn end(&self, regs: &impl RegisterFile) {
        let (result, is_carry) = regs.result();
        self.close(ANSWERED | u64::from(is_carry) << CARRY_SHIFT, result);
    }

    /// The registers were replaced.
    pub(crate) fn resumed(&self) {
        self.close(RESUMED, 0);
    }

    /// It is to be made again.
    pub(crate) fn interrupted(&self) {
        self.close(AGAIN, 0);
    }

    #[inline]
    fn close(&self, kind: u64, result: u64) {
        let count = self.count.load(Ordering::Relaxed);
        let slot = self.slot(count);
        let first = slot.get(KIND);
        if first & KIND_MASK != UNDER_WAY {
            return;
        }
        slot.set(KIND, first & !0xff | kind);
        slot.set(RESULT, result);
        if count > 0 && slot.repeats(self.slot(count - 1)) {
            self.repeats.store(self.repeats.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        } else {
            self.advance(count);
        }
    }

    /// Keeps the record just written. The repeats of the one before it go where its time was: it is the older.
    #[inline]
    fn advance(&self, count: u64) {
        if self.repeats.load(Ordering::Relaxed) != 0 {
            self.keep_repeats(count);
        } else {
            self.count.store(count + 1, Ordering::Relaxed);
        }
    }

    /// A record of its own says how often the one before it was repeated.
    #[cold]
    fn keep_repeats(&self, count: u64) {
        let (slot, next) = (self.slot(count), self.slot(count + 1));
        for word in 0..WORDS {
            next.set(word, slot.get(word));
        }
        slot.set(KIND, NOTHING);
        slot.set(RESULT, self.repeats.swap(0, Ordering::Relaxed));
        self.count.store(count + 2, Ordering::Relaxed);
    }

    /// A signal comes.
    pub(crate) fn signal(&self, watch: &Watch, delivery: &Delivery, at: u64, handler: Addr) {
        let count = self.count.load(Ordering::Relaxed);
        let slot = self.slot(count);
        slot.set(TIME, watch.mark().count());
        slot.set(KIND, SIGNAL);
        slot.set(AT, at);
        slot.set(ARGS, delivery.signal.0.into());
        slot.set(ARGS + 1, delivery.code as u32 as u64);
        slot.set(ARGS + 2, delivery.addr.0);
        slot.set(ARGS + 3, handler.0);
        slot.set(RESULT, count);
        self.advance(count);
    }

    /// Everything that is left of what the thread did, the oldest first.
    pub(crate) fn events(&self, watch: &Watch, answers: &dyn Answers) -> Vec<Event> {
        let count = self.count.load(Ordering::Relaxed);
        let mut events: Vec<Event> = Vec::new();
        // The slot behind the last holds a call that has not ended, if any.
        for n in count.saturating_sub(RING_LEN as u64 - 1)..=count {
            let slot = self.slot(n);
            if n < count && slot.get(KIND) == NOTHING {
                add_repeats(&mut events, slot.get(RESULT));
            } else if n < count || slot.get(KIND) & KIND_MASK == UNDER_WAY {
                if n == count {
                    add_repeats(&mut events, self.repeats.load(Ordering::Relaxed));
                }
                events.extend(read(slot, watch, answers));
            } else {
                add_repeats(&mut events, self.repeats.load(Ordering::Relaxed));
            }
        }
        events
    }
}

fn add_repeats(events: &mut [Event], more: u64) {
    if let Some(Event { what: What::Call { repeats, .. }, .. }) = events.last_mut() {
        *repeats += more;
    }
}

/// Tells what the registers of an answer say.
pub(crate) trait Answers: Send + Sync {
    /// The error number of an answer that was kept ([`RegisterFile::result`]).
    fn failure(&self, result: (u64, bool)) -> Option<u16>;
}

fn read(slot: &Slot, watch: &Watch, answers: &dyn Answers) -> Option<Event> {
    let first = slot.get(KIND);
    let ended = match first & KIND_MASK {
        UNDER_WAY => Some(Ended::UnderWay),
        ANSWERED => {
            let result = slot.get(RESULT);
            Some(answers.failure((result, first >> CARRY_SHIFT & 1 != 0)).map_or(Ended::With(result), Ended::Failed))
        }
        RESUMED => Some(Ended::Resumed),
        AGAIN => Some(Ended::Interrupted),
        SIGNAL => None,
        _ => return None,
    };
    let fifth = (first >> FIFTH_SHIFT) as i32 as i64 as u64;
    let arg = |n| slot.get(ARGS + n);
    let what = match ended {
        Some(ended) => What::Call {
            number: first >> NUMBER_SHIFT & NUMBER_MAX,
            args: [arg(0), arg(1), arg(2), arg(3), fifth],
            ended,
            repeats: 0,
        },
        None => What::Signal { signal: arg(0) as u8, code: arg(1) as i32, addr: Addr(arg(2)), handler: Addr(arg(3)) },
    };
    Some(Event { time: watch.age(Mark::from_count(slot.get(TIME))), at: Addr(slot.get(AT)), what })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::InConvention;
    use ashore_isa::x86_64::Regs;

    fn answers() -> impl Answers {
        InConvention(ashore_guest::by_name("freebsd").and_then(|guest| guest.x86_64).unwrap())
    }

    fn call(ring: &Ring, watch: &Watch, number: u64, failure: Option<u16>) {
        ring.begin(watch, number, &[1, 2, 3, 4, -1i64 as u64, 6, 7, 8], 0x1000);
        let rax = failure.map_or(9, u64::from);
        ring.end(&Regs { rax, rflags: u64::from(failure.is_some()), ..Regs::default() });
    }

    fn shown(ring: &Ring, watch: &Watch) -> Vec<(u64, Ended, u64)> {
        let events = ring.events(watch, &answers());
        let calls = events.iter().filter_map(|event| match event.what {
            What::Call { number, ended, repeats, .. } => Some((number, ended, repeats)),
            What::Signal { .. } => None,
        });
        calls.collect()
    }

    #[test]
    fn calls_are_kept_in_order_and_repeats_are_counted() {
        let (ring, watch) = (Ring::default(), Watch::default());
        call(&ring, &watch, 4, None);
        for _ in 0..1000 {
            call(&ring, &watch, 5, Some(2));
        }
        assert_eq!(shown(&ring, &watch), [(4, Ended::With(9), 0), (5, Ended::Failed(2), 999)]);
        call(&ring, &watch, 4, None);
        ring.begin(&watch, 1, &[0; 8], 0x1000);
        let all = [(4, Ended::With(9), 0), (5, Ended::Failed(2), 999), (4, Ended::With(9), 0), (1, Ended::UnderWay, 0)];
        assert_eq!(shown(&ring, &watch), all);
    }

    #[test]
    fn a_full_ring_keeps_the_latest() {
        let (ring, watch) = (Ring::default(), Watch::default());
        for number in 0..1000 {
            call(&ring, &watch, number, None);
        }
        let kept = shown(&ring, &watch);
        assert_eq!(kept.len(), RING_LEN - 1);
        assert_eq!(kept.last().map(|call| call.0), Some(999));
        assert!(kept.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0));
    }

    #[test]
    fn a_signal_stands_between_its_calls_and_keeps_what_is_known_of_it() {
        let (ring, watch) = (Ring::default(), Watch::default());
        call(&ring, &watch, 4, None);
        let delivery = Delivery { code: -6, addr: Addr(0xf1), ..Delivery::plain(ashore_pivot::Signal::SEGV) };
        ring.signal(&watch, &delivery, 0x2000, Addr::NULL);
        call(&ring, &watch, 4, None);
        let events = ring.events(&watch, &answers());
        let what = What::Signal { signal: 11, code: -6, addr: Addr(0xf1), handler: Addr::NULL };
        assert_eq!((events.len(), events[1].what, events[1].at), (3, what, Addr(0x2000)));
        let What::Call { args, .. } = events[0].what else { panic!("a call") };
        assert_eq!(args, [1, 2, 3, 4, -1i64 as u64]);
    }
}
