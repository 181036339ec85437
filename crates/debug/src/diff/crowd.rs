//! Several sockets of a kind told as one: which of a pool of connections carries a request is chance.

use super::align::Pairs;
use super::meaning::Part;
use super::step::{Answer, Step};
use super::story::{PARTS, Story, joined, matters_alone};
use super::thing::Thing;
use std::collections::BTreeMap;

/// Sockets of one kind and role, by their places in the two lists.
type Crowd = (Vec<usize>, Vec<usize>);

/// Takes out of `pairs` the sockets whose number or order is chance, and gives back each such kind as one story a side.
pub(super) fn gather(
    a: &[Story],
    b: &[Story],
    pairs: &mut Pairs,
    is_same: fn(&Story, &Story) -> bool,
) -> Vec<(Story, Story)> {
    let mut crowds: BTreeMap<(&str, &str), Crowd> = BTreeMap::new();
    let mut sizes: BTreeMap<(&str, &str), [usize; 2]> = BTreeMap::new();
    for (side, stories) in [a, b].into_iter().enumerate() {
        for story in stories.iter().filter(|story| is_peer(story)) {
            if let Some(size) = sizes.entry((&story.origin, story.role)).or_default().get_mut(side) {
                *size += 1;
            }
        }
    }
    pairs.retain(|pair| {
        let (one, other) = (pair.0.and_then(|at| a.get(at)), pair.1.and_then(|at| b.get(at)));
        let Some(story) = one.or(other) else { return true };
        let key = (story.origin.as_str(), story.role);
        let is_kind = |story: &Story| is_peer(story) && (story.origin.as_str(), story.role) == key;
        let is_crowd = sizes
            .get(&key)
            .is_some_and(|sizes| sizes.iter().all(|size| *size > 0) && sizes.iter().any(|size| *size > 1));
        let fits = one.is_none_or(is_kind) && other.is_none_or(is_kind);
        let is_settled = one.zip(other).is_some_and(|(one, other)| is_same(one, other));
        if !is_crowd || !fits || is_settled {
            return true;
        }
        let crowd = crowds.entry(key).or_default();
        crowd.0.extend(pair.0);
        crowd.1.extend(pair.1);
        false
    });
    let crowds = crowds.into_iter().filter(|(key, (of_a, of_b))| !is_spare(*key, [a, b], [of_a, of_b]));
    crowds.map(|(_, (of_a, of_b))| (one_of(a, &of_a, b), one_of(b, &of_b, a))).collect()
}

/// Whether only one side has connections left and they do nothing that others of their kind do not do on the other side:
/// a pool made one more than it used.
fn is_spare(key: (&str, &str), sides: [&[Story]; 2], left: [&[usize]; 2]) -> bool {
    let ([a, b], [of_a, of_b]) = (sides, left);
    let (mine, at, others) = match (of_a.is_empty(), of_b.is_empty()) {
        (false, true) => (a, of_a, b),
        (true, false) => (b, of_b, a),
        _ => return false,
    };
    let kind = || others.iter().filter(|story| is_peer(story) && (story.origin.as_str(), story.role) == key);
    let is_known = |step: &Step| kind().any(|story| story.all().any(|other| other.is_same(step)));
    at.iter().filter_map(|at| mine.get(*at)).all(|story| story.all().all(is_known))
}

/// Whether this is one end of a connection.
fn is_peer(story: &Story) -> bool {
    matches!(story.thing, Thing::Socket(_)) && (story.role == "connects" || story.origin.ends_with("accepted"))
}

/// These stories as one: each different step once, and all data. Where there is none, the other side's kind without steps.
fn one_of(stories: &[Story], at: &[usize], others: &[Story]) -> Story {
    let members = || at.iter().filter_map(|at| stories.get(*at));
    let first = members().next().or_else(|| others.first());
    let mut parts: BTreeMap<Part, Vec<Step>> = BTreeMap::new();
    for part in PARTS {
        let mut steps: Vec<Step> = Vec::new();
        for step in members().flat_map(|story| story.steps(part)) {
            let is_data = matches!(step.answer, Answer::Done(Some(_))) && part != Part::Control;
            if is_data || !steps.iter().any(|known| known.is_same(step)) {
                steps.push(Step { args: if is_data { Vec::new() } else { step.args.clone() }, ..step.clone() });
            }
        }
        // Errors last: in which connection data comes before one is chance too.
        steps.sort_by_key(|step| matches!(step.answer, Answer::Failed(_)));
        joined(&mut steps);
        parts.insert(part, steps);
    }
    Story {
        thing: first.map_or(Thing::Process, |story| story.thing.clone()),
        origin: first.map(|story| story.origin.clone()).unwrap_or_default(),
        role: first.map_or("", |story| story.role),
        parts,
        // How much goes over a pool in all is chance too: handshakes differ in length, requests are made again.
        is_opaque: true,
        is_open_end: members().any(|story| story.is_open_end),
        first: members().map(|story| story.first).min().unwrap_or(0),
        count: at.len(),
    }
}

/// Whether a socket was only tried out: nothing came or went, and nobody could reach it.
pub(super) fn is_probe(story: &Story) -> bool {
    let reaches = |step: &Step| matters_alone(step) && step.meaning.word != "bind";
    matches!(story.thing, Thing::Socket(_)) && !story.all().any(reaches)
}
