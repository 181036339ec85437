//! Measuring two ways of running alternately, so that a busy moment hits both.

use crate::Outcome;
use crate::shell;
use std::process::{Command, Stdio};
use std::time::Instant;

/// How often each way is measured when nobody says.
pub(super) const ROUNDS: usize = 5;

/// What each way measured, one number per round.
#[derive(Default)]
pub(super) struct Pair {
    peer: Vec<f64>,
    ours: Vec<f64>,
}

impl Pair {
    /// Measures the peer and ours in turn.
    pub(super) fn measure(
        rounds: usize,
        mut peer: impl FnMut() -> Outcome<f64>,
        mut ours: impl FnMut() -> Outcome<f64>,
    ) -> Outcome<Pair> {
        let mut pair = Pair::default();
        for _ in 0..rounds {
            pair.peer.push(peer()?);
            pair.ours.push(ours()?);
        }
        Ok(pair)
    }

    /// The least the peer took: what disturbs a measurement only adds to it.
    pub(super) fn peer(&self) -> f64 {
        least(&self.peer)
    }

    /// The least ours took.
    pub(super) fn ours(&self) -> f64 {
        least(&self.ours)
    }

    /// The most each managed, where more is better.
    pub(super) fn most(&self) -> (f64, f64) {
        (most(&self.peer), most(&self.ours))
    }
}

fn least(all: &[f64]) -> f64 {
    all.iter().copied().fold(f64::INFINITY, f64::min)
}

fn most(all: &[f64]) -> f64 {
    all.iter().copied().fold(0.0, f64::max)
}

/// The seconds `command` takes from start to end, its output thrown away.
pub(super) fn seconds(command: &mut Command) -> Outcome<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    shell::run(command)?;
    Ok(started.elapsed().as_secs_f64())
}

/// The `name value` lines `command` prints.
pub(super) fn values(command: &mut Command) -> Outcome<Vec<(String, f64)>> {
    let text = shell::output(command)?;
    let line = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    Ok(text.lines().filter_map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_disturbed_round_counts() {
        let mut slow = [3.0, 1.0, 2.0].into_iter();
        let mut slower = [9.0, 8.0, 7.0].into_iter();
        let pair = Pair::measure(3, || Ok(slow.next().unwrap()), || Ok(slower.next().unwrap())).unwrap();
        assert_eq!((pair.peer(), pair.ours()), (1.0, 7.0));
        assert_eq!(pair.most(), (3.0, 9.0));
    }

    #[test]
    fn lines_with_a_name_and_a_value_are_read() {
        let mut command = Command::new("printf");
        assert_eq!(values(command.arg("call 12.5\nnoise\n")).unwrap(), [("call".to_owned(), 12.5)]);
    }
}
