//! Signals that wait.

use alloc::collections::VecDeque;
use ashore_pivot::layout::siginfo::SigInfo;
use ashore_pivot::{SigSet, Signal};

/// How many real-time signals a queue holds; more are dropped but for the signal itself.
const MOST: usize = 4096;
/// From here on signals queue up instead of merging.
const REAL_TIME: u8 = 32;

/// Signals that come before others: those of the thread's own instructions.
const FAULTS: SigSet = SigSet::EMPTY
    .with(Signal::SEGV)
    .with(Signal::BUS)
    .with(Signal::FPE)
    .with(Signal::ILL)
    .with(Signal::TRAP)
    .with(Signal::SYS);

/// Signals that wait to be taken.
#[derive(Debug, Default)]
pub struct Queue {
    set: SigSet,
    infos: VecDeque<SigInfo>,
}

impl Queue {
    /// Which wait.
    pub fn set(&self) -> SigSet {
        self.set
    }

    /// Adds one. A standard signal that waits already is not added again. Whether there was room.
    pub fn add(&mut self, info: SigInfo) -> Room {
        if info.signal.0 < REAL_TIME && self.set.has(info.signal) {
            return Room::Enough;
        }
        self.set = self.set.with(info.signal);
        if self.infos.len() >= MOST {
            return Room::None;
        }
        self.infos.push_back(info);
        Room::Enough
    }

    /// Takes the next of `wanted`: faults first, then the least number.
    pub fn take(&mut self, wanted: SigSet) -> Option<SigInfo> {
        let waiting = SigSet(self.set.0 & wanted.0);
        if waiting == SigSet::EMPTY {
            return None;
        }
        let signal = SigSet(waiting.0 & FAULTS.0).first().or(waiting.first())?;
        let info = match self.infos.iter().position(|info| info.signal == signal) {
            Some(0) => self.infos.pop_front(),
            Some(at) => self.infos.remove(at),
            None => None,
        };
        let info = info.unwrap_or(SigInfo::kernel(signal));
        if !self.infos.iter().any(|info| info.signal == signal) {
            self.set = self.set.without(signal);
        }
        Some(info)
    }

    /// Forgets all of `these`.
    pub fn forget(&mut self, these: SigSet) {
        self.set = SigSet(self.set.0 & !these.0);
        self.infos.retain(|info| !these.has(info.signal));
    }
}

/// Whether a queue had room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Room {
    /// It had, or none was needed.
    Enough,
    /// What belongs to the signal was dropped.
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_first_are_the_faults() {
        let faults: alloc::vec::Vec<Signal> = SigSet(u64::MAX).iter().filter(|signal| signal.is_fault()).collect();
        assert_eq!(FAULTS.iter().collect::<alloc::vec::Vec<_>>(), faults);
    }

    #[test]
    fn standard_signals_merge_and_real_time_ones_queue() {
        let mut queue = Queue::default();
        for _ in 0..3 {
            queue.add(SigInfo::kill(Signal::USR1, 1, 0));
            queue.add(SigInfo::kill(Signal(40), 1, 0));
        }
        queue.add(SigInfo::fault(Signal::SEGV, 1, 0));
        let all = SigSet(u64::MAX);
        let taken: alloc::vec::Vec<u8> = core::iter::from_fn(|| queue.take(all)).map(|info| info.signal.0).collect();
        assert_eq!(taken, [11, 10, 40, 40, 40]);
        assert_eq!(queue.set(), SigSet::EMPTY);
    }

    #[test]
    fn only_what_is_wanted_is_taken_or_forgotten() {
        let mut queue = Queue::default();
        queue.add(SigInfo::kernel(Signal::INT));
        queue.add(SigInfo::kernel(Signal::TERM));
        assert!(queue.take(SigSet::of(Signal::HUP)).is_none());
        assert_eq!(queue.take(SigSet::of(Signal::TERM)).map(|info| info.signal), Some(Signal::TERM));
        queue.forget(SigSet::of(Signal::INT));
        assert!(queue.take(SigSet(u64::MAX)).is_none());
    }
}
