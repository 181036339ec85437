//! Recursion: runs of frames that come again and again.

use super::Gap;
use ashore_base::Addr;

/// The longest round of functions that call each other that is looked for.
const PERIOD_MAX: usize = 8;
/// Fewer rounds are shown as they are.
const TIMES_MIN: u64 = 4;

/// Frames from `first` on: `period` of them, `times` times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    pub(super) first: usize,
    pub(super) period: usize,
    pub(super) times: u64,
}

/// The runs of frames of which only the functions matter.
pub(super) fn runs(keys: &[Addr]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut first = 0;
    while let Some(rest) = keys.get(first..).filter(|rest| !rest.is_empty()) {
        let best = (1..=PERIOD_MAX).map(|period| (period, rounds(rest, period))).find(|(_, times)| *times >= TIMES_MIN);
        let (period, times) = best.unwrap_or((1, 1));
        runs.push(Run { first, period, times });
        first += period.saturating_mul(times as usize);
    }
    runs
}

/// How many times the first `period` keys stand in a row.
fn rounds(keys: &[Addr], period: usize) -> u64 {
    let Some(round) = keys.get(..period) else { return 0 };
    keys.chunks_exact(period).take_while(|other| *other == round).count() as u64
}

/// Leaves `most` frames, `last` of them from the outer end.
pub(super) fn cut(runs: &mut Vec<Run>, most: usize, last: usize) -> Option<Gap> {
    let shown: usize = runs.iter().map(|run| run.period).sum();
    if shown <= most {
        return None;
    }
    let before = taken(runs.iter(), most - last);
    let after = runs.len().saturating_sub(taken(runs.iter().rev(), last)).max(before);
    let gone = runs.drain(before..after).map(|run| run.times.saturating_mul(run.period as u64)).sum();
    Some(Gap { before, frames: gone })
}

/// How many runs have at most `most` frames together.
fn taken<'a>(runs: impl Iterator<Item = &'a Run>, most: usize) -> usize {
    let mut left = most;
    runs.take_while(|run| {
        let fits = run.period <= left;
        left = left.saturating_sub(run.period);
        fits
    })
    .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let keys: Vec<Addr> = text.bytes().map(|byte| Addr(byte.into())).collect();
        let runs = runs(&keys);
        let show = |run: &Run| match run.times {
            1 => text[run.first..run.first + 1].to_owned(),
            times => format!("({})x{times}", &text[run.first..run.first + run.period]),
        };
        runs.iter().map(show).collect()
    }

    #[test]
    fn rounds_are_folded_from_four_on() {
        assert_eq!(folded("abc"), "abc");
        assert_eq!(folded("aaab"), "aaab");
        assert_eq!(folded("xaaaab"), "x(a)x4b");
        assert_eq!(folded("xababababy"), "x(ab)x4y");
        assert_eq!(folded(""), "");
    }

    #[test]
    fn both_ends_of_a_long_stack_stay() {
        let keys: Vec<Addr> = (0..100).map(Addr).collect();
        let mut runs = runs(&keys);
        assert_eq!(cut(&mut runs, 64, 16), Some(Gap { before: 48, frames: 36 }));
        assert_eq!((runs.len(), runs[47].first, runs[48].first), (64, 47, 84));
    }
}
