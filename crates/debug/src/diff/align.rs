//! Which story and which step of one side is which of the other.

use super::meaning::Part;
use super::step::Step;
use super::story::{PARTS, Story};

/// Two lists longer than this, multiplied, are compared step by step without looking for the best fit.
const MOST_CELLS: usize = 4_000_000;

/// Pairs of positions; one of a pair is missing where only one side has something.
pub(super) type Pairs = Vec<(Option<usize>, Option<usize>)>;

/// The parts that can be compared.
pub(super) fn counted(a: &Story, b: &Story) -> impl Iterator<Item = Part> {
    let is_counted = !a.is_opaque && !b.is_opaque;
    PARTS.into_iter().filter(move |part| is_counted || !matches!(part, Part::In | Part::Out))
}

/// Whether everything in two stories is the same.
pub(super) fn is_same(a: &Story, b: &Story) -> bool {
    counted(a, b).all(|part| {
        let (a, b) = (a.steps(part), b.steps(part));
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b))
    })
}

/// With more candidates than this, the first in order is taken.
const MOST_CANDIDATES: usize = 64;

/// How much of two stories is alike.
fn likeness(a: &Story, b: &Story) -> u32 {
    PARTS.iter().map(|part| a.steps(*part).iter().zip(b.steps(*part)).map(|(a, b)| fit(a, b)).sum::<u32>()).sum()
}

/// One way for two stories to be about the same thing.
type Rule = fn(&Story, &Story) -> bool;

/// The ways, the surest first. A socket has no name that both sides share: what was done with it tells.
const RULES: &[Rule] = &[
    |a, b| a.thing == b.thing && is_same(a, b),
    |a, b| a.origin == b.origin && a.role == b.role && is_same(a, b),
    |a, b| a.thing == b.thing,
    |a, b| a.origin == b.origin && a.role == b.role,
    |a, b| a.origin == b.origin,
];

/// Finds the other side's story for each, in the order of the first side.
pub(super) fn stories(a: &[Story], b: &[Story]) -> Pairs {
    let mut of_a: Vec<Option<usize>> = vec![None; a.len()];
    let mut is_taken = vec![false; b.len()];
    for rule in RULES {
        for (story, pair) in a.iter().zip(&mut of_a).filter(|(_, pair)| pair.is_none()) {
            let free = b.iter().zip(&is_taken).enumerate().filter(|(_, (other, taken))| !**taken && rule(story, other));
            let free: Vec<(usize, &Story)> = free.map(|(at, (other, _))| (at, other)).take(MOST_CANDIDATES).collect();
            // Of equally good ones the first.
            let best = free.iter().rev().max_by_key(|(_, other)| likeness(story, other)).map(|(at, _)| *at);
            if let Some(taken) = best.and_then(|at| is_taken.get_mut(at)) {
                *taken = true;
                *pair = best;
            }
        }
    }
    let both = of_a.into_iter().enumerate().map(|(at, pair)| (Some(at), pair));
    let left = is_taken.into_iter().enumerate().filter(|(_, taken)| !taken).map(|(at, _)| (None, Some(at)));
    both.chain(left).collect()
}

/// How well two steps fit; 0 for not at all.
fn fit(a: &Step, b: &Step) -> u32 {
    match () {
        () if a.is_same(b) => 6,
        () if a.asks_same(b) => 4,
        () if a.word == b.word => 2,
        () => 0,
    }
}

/// Finds each step's other: in order where both lists have one, and what is left in any order, since threads take
/// turns on one thing too.
pub(super) fn steps(a: &[Step], b: &[Step]) -> Pairs {
    let fits = |rule: fn(&Step, &Step) -> bool, at: usize, other: usize| {
        a.get(at).zip(b.get(other)).is_some_and(|(one, other)| rule(one, other))
    };
    let (mut pairs, left): (Pairs, Pairs) = in_order(a, b)
        .into_iter()
        .partition(|pair| pair.0.zip(pair.1).is_some_and(|(at, other)| fits(Step::is_same, at, other)));
    let mut of_a: Vec<usize> = left.iter().filter_map(|pair| pair.0).collect();
    let mut of_b: Vec<usize> = left.iter().filter_map(|pair| pair.1).collect();
    let rules: [fn(&Step, &Step) -> bool; 3] = [Step::is_same, Step::asks_same, |one, other| one.word == other.word];
    for rule in rules {
        of_a.retain(|at| {
            let found = of_b.iter().take(MOST_CANDIDATES).position(|other| fits(rule, *at, *other));
            pairs.extend(found.map(|found| (Some(*at), Some(of_b.remove(found)))));
            found.is_none()
        });
    }
    pairs.extend(of_a.into_iter().map(|at| (Some(at), None)));
    pairs.extend(of_b.into_iter().map(|at| (None, Some(at))));
    pairs
}

/// Aligns two lists of steps: the best sum of fits, in order.
fn in_order(a: &[Step], b: &[Step]) -> Pairs {
    let same = a.iter().zip(b).take_while(|(a, b)| a.is_same(b)).count();
    let (rest_a, rest_b) = (a.get(same..).unwrap_or_default(), b.get(same..).unwrap_or_default());
    let mut pairs: Pairs = (0..same).map(|at| (Some(at), Some(at))).collect();
    let rest = match rest_a.len().saturating_mul(rest_b.len()) {
        cells if cells > MOST_CELLS => in_step(rest_a.len(), rest_b.len()),
        _ => best(rest_a, rest_b),
    };
    pairs.extend(rest.into_iter().map(|(a, b)| (a.map(|at| at + same), b.map(|at| at + same))));
    pairs
}

fn in_step(a: usize, b: usize) -> Pairs {
    (0..a.max(b)).map(|at| ((at < a).then_some(at), (at < b).then_some(at))).collect()
}

/// `sums[i][j]` is the best that the steps from `i` and from `j` on can be worth.
fn best(a: &[Step], b: &[Step]) -> Pairs {
    let width = b.len() + 1;
    let mut sums = vec![0u32; (a.len() + 1) * width];
    for (i, one) in a.iter().enumerate().rev() {
        for (j, other) in b.iter().enumerate().rev() {
            let fit = fit(one, other);
            let both = if fit == 0 { 0 } else { sums[(i + 1) * width + j + 1] + fit };
            sums[i * width + j] = both.max(sums[(i + 1) * width + j]).max(sums[i * width + j + 1]);
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Pairs::new());
    while let (Some(one), Some(other)) = (a.get(i), b.get(j)) {
        let fit = fit(one, other);
        let here = sums[i * width + j];
        if fit > 0 && here == sums[(i + 1) * width + j + 1] + fit {
            pairs.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        } else if here == sums[(i + 1) * width + j] {
            pairs.push((Some(i), None));
            i += 1;
        } else {
            pairs.push((None, Some(j)));
            j += 1;
        }
    }
    pairs.extend((i..a.len()).map(|at| (Some(at), None)));
    pairs.extend((j..b.len()).map(|at| (None, Some(at))));
    pairs
}
