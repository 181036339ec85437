//! Which of a program's descriptors are its standard output and error.

use ashore_pivot::Sys;
use std::collections::BTreeMap;

const F_DUPFD: u64 = 0;
const F_DUPFD_CLOEXEC: u64 = 1030;

/// Descriptors that are copies of those a program is born with.
#[derive(Debug)]
pub(super) struct Streams(BTreeMap<u64, u64>);

impl Streams {
    pub(super) fn new() -> Streams {
        Streams(BTreeMap::from([(1, 1), (2, 2)]))
    }

    /// The standard descriptor behind `fd`.
    pub(super) fn of(&self, fd: u64) -> Option<u64> {
        self.0.get(&low(fd)).copied()
    }

    /// Learns from a call that succeeded.
    pub(super) fn learn(&mut self, sys: Sys, words: &[u64; 6], result: u64) {
        let [first, second, ..] = *words;
        match sys {
            Sys::CLOSE => {
                self.0.remove(&low(first));
            }
            Sys::CLOSE_RANGE => self.0.retain(|fd, _| !(low(first)..=low(second)).contains(fd)),
            Sys::DUP | Sys::DUP2 | Sys::DUP3 => self.copy(first, result),
            Sys::FCNTL if matches!(second, F_DUPFD | F_DUPFD_CLOEXEC) => self.copy(first, result),
            _ => {}
        }
    }

    fn copy(&mut self, from: u64, to: u64) {
        match self.of(from) {
            Some(stream) => self.0.insert(low(to), stream),
            None => self.0.remove(&low(to)),
        };
    }
}

/// The kernel looks at 32 bits.
fn low(fd: u64) -> u64 {
    u64::from(fd as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_followed_and_what_is_closed_is_forgotten() {
        let mut streams = Streams::new();
        streams.learn(Sys::DUP, &[1, 0, 0, 0, 0, 0], 7);
        streams.learn(Sys::DUP2, &[4, 1, 0, 0, 0, 0], 1);
        assert_eq!((streams.of(7), streams.of(1), streams.of(2)), (Some(1), None, Some(2)));
        streams.learn(Sys::FCNTL, &[7, F_DUPFD_CLOEXEC, 1, 0, 0, 0], 1);
        streams.learn(Sys::CLOSE_RANGE, &[3, u64::from(u32::MAX), 0, 0, 0, 0], 0);
        assert_eq!((streams.of(7), streams.of(1)), (None, Some(1)));
        streams.learn(Sys::CLOSE, &[2, 0, 0, 0, 0, 0], 0);
        assert_eq!(streams.of(2), None);
    }
}
