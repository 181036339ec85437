//! Files without marks: which system's table its calls fit.

use super::super::evidence::{Call, End, Evidence};
use super::super::verdict::{Confidence, Verdict};
use crate::trace::signature::{Param, Type, parse};
use ashore_base::Addr;
use ashore_guest::{Does, Os, row_of};
use ashore_pivot::Signal;
use ashore_report::table as row;

/// With more calls it has run for a while as what it is.
const CALLS: std::ops::RangeInclusive<usize> = 1..=80;
/// By so much another table must fit better.
const BETTER: i64 = 4;
/// A descriptor is not greater.
const FD_MAX: i32 = 4096;
const HERE: i32 = -100;
const SIGNAL_MAX: u64 = 128;

/// How well calls fit a system's table.
fn fits(evidence: &Evidence<'_>, os: &Os, calls: &[&Call]) -> i64 {
    calls.iter().map(|call| fit(evidence, os, call)).sum()
}

fn fit(evidence: &Evidence<'_>, os: &Os, call: &Call) -> i64 {
    let Some(row) = row_of(os.calls, call.number) else { return -3 };
    let known = if matches!(row.does, Does::Missing) { -1 } else { 1 };
    let params = parse(row.signature).params;
    known + params.iter().zip(call.args).map(|(param, word)| plausible(evidence, param, word)).sum::<i64>()
}

/// Whether a call is one of this system, and each of its words may be what it wants.
pub(super) fn fits_here(evidence: &Evidence<'_>, call: &Call) -> bool {
    let Some(row) = row_of(evidence.os.calls, call.number) else { return false };
    let params = parse(row.signature).params;
    !matches!(row.does, Does::Missing)
        && params.iter().zip(call.args).all(|(param, word)| plausible(evidence, param, word) >= 0)
}

/// Whether a word makes sense as this parameter: more than 0 if it does, less if it does not.
fn plausible(evidence: &Evidence<'_>, param: &Param, word: u64) -> i64 {
    let is_mapped = || evidence.read::<1>(Addr(word)).is_some();
    match param.kind {
        Type::Fd | Type::DirFd => {
            let fd = word as u32 as i32;
            let is_small = word >> 32 == 0 || word as i64 == i64::from(fd);
            if is_small && (fd == HERE || (-1..FD_MAX).contains(&fd)) { 1 } else { -2 }
        }
        Type::Path | Type::Strings => {
            if is_mapped() {
                1
            } else {
                -2
            }
        }
        Type::Bytes(..) | Type::Record(..) | Type::SigSet => match word {
            0 => 0,
            _ if is_mapped() => 1,
            _ => -2,
        },
        Type::Signal if word > SIGNAL_MAX => -2,
        // A pointer where a number stands.
        Type::Int | Type::Uint | Type::Size | Type::Mode | Type::Enum(_) if word > 1 << 20 && is_mapped() => -1,
        _ => 0,
    }
}

/// Calls that make no sense here, and do elsewhere.
pub(super) fn foreign_calls(evidence: &Evidence<'_>) -> Option<Verdict> {
    if evidence.file.detected.is_some() || matches!(evidence.end, End::Exit(0)) {
        return None;
    }
    let calls: Vec<&Call> = evidence.all_calls().collect();
    let strange = calls.iter().find(|call| call.errno().is_some_and(|errno| evidence.errno_name(errno) == "ENOSYS"));
    let ended_by_call = evidence.signal().is_some_and(|delivery| delivery.signal == Signal::SYS);
    let is_failing = calls.iter().filter(|call| call.errno().is_some()).count() * 5 >= calls.len();
    if !CALLS.contains(&calls.len()) || !(is_failing || ended_by_call) {
        return None;
    }
    let here = fits(evidence, evidence.os, &calls);
    let (best, score) =
        evidence.other_systems().map(|os| (os, fits(evidence, os, &calls))).max_by_key(|(_, score)| *score)?;
    if score < here + BETTER || score <= 0 {
        return None;
    }
    let title = evidence.os.title;
    let cause = format!("its calls are those of {}, and it ran as a program for {title}", best.title);
    let sure = if strange.is_some() || ended_by_call { Confidence::Likely } else { Confidence::Possible };
    let verdict = Verdict::new(&row::DIED_FOREIGN_CALLS, sure, cause)
        .because(format!(
            "the numbers and arguments of its {} calls fit {} ({score} to {here})",
            calls.len(),
            best.title
        ))
        .next(format!("nothing in the file says what it is for; try --os {}", best.name));
    Some(match strange.or(calls.first()) {
        Some(call) => verdict.because(call.line.clone()),
        None => verdict,
    })
}
