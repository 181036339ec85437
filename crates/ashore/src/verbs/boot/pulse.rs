//! Whether a machine's kernel lives: it shows another number every second, whatever its programs do.
//!
//! A kernel that loops uses the emulator's time, one that sleeps and is not woken uses none. What counts against it is the time
//! that the emulator ran; without that, only a much longer silence does. So neither a busy host nor one that was asleep is taken
//! for a kernel that hangs.

use std::time::{Duration, Instant};

/// How many times longer a silence must be in which the emulator did not run.
const PATIENCE: u32 = 6;

/// What is seen of a machine at one time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sign {
    /// The number its kernel shows.
    pub(super) beat: u64,
    /// How long the emulator has run.
    pub(super) ran: Duration,
    /// Somebody stopped the emulator.
    pub(super) is_stopped: bool,
}

/// What was seen last that was new.
pub(super) struct Pulse {
    limit: Duration,
    last: Option<(Sign, Instant)>,
}

impl Pulse {
    pub(super) fn new(limit: Duration) -> Pulse {
        Pulse { limit, last: None }
    }

    /// Takes a sign; whether there has been none that was new for too long.
    pub(super) fn is_lost(&mut self, sign: Sign) -> bool {
        self.is_lost_at(sign, Instant::now())
    }

    fn is_lost_at(&mut self, sign: Sign, now: Instant) -> bool {
        match &self.last {
            Some((last, since)) if last.beat == sign.beat && !sign.is_stopped => {
                let silent = now.saturating_duration_since(*since);
                let ran = sign.ran.saturating_sub(last.ran);
                silent >= self.limit && (ran >= self.limit / 2 || silent >= self.limit * PATIENCE)
            }
            _ => {
                self.last = Some((sign, now));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_long_silence_is_one() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let sign = |beat, ran| Sign { beat, ran: Duration::from_secs(ran), is_stopped: false };
        let mut pulse = Pulse::new(Duration::from_secs(20));
        assert!(!pulse.is_lost_at(sign(1, 0), at(0)) && !pulse.is_lost_at(sign(1, 19), at(19)));
        assert!(!pulse.is_lost_at(sign(2, 20), at(20)), "it lives");
        assert!(!pulse.is_lost_at(sign(2, 39), at(39)) && pulse.is_lost_at(sign(2, 40), at(40)), "it loops");
        assert!(
            !pulse.is_lost_at(sign(2, 22), at(100)) && pulse.is_lost_at(sign(2, 22), at(140)),
            "it sleeps for ever"
        );
        let stopped = Sign { is_stopped: true, ..sign(2, 22) };
        assert!(!pulse.is_lost_at(stopped, at(500)) && !pulse.is_lost_at(sign(2, 22), at(510)), "it was stopped");
    }
}
