//! Clocks that do not tell the time.

use super::super::evidence::{Call, Deed, Evidence, Step};
use super::super::verdict::{Confidence, Verdict};
use super::endings::with_words;
use ashore_base::Addr;
use ashore_report::table as row;

/// Clocks that count the time that a program, or a thread of it, computes.
const COMPUTING: &[&str] = &["CLOCK_PROCESS_CPUTIME_ID", "CLOCK_THREAD_CPUTIME_ID", "CLOCK_VIRTUAL", "CLOCK_PROF"];
/// Calls that wait.
const WAITS: &[&str] = &[
    "nanosleep",
    "clock_nanosleep",
    "poll",
    "ppoll",
    "select",
    "pselect",
    "pselect6",
    "epoll_wait",
    "epoll_pwait",
    "kevent",
    "futex",
    "umtx_op",
    "umtx_sleep",
    "lwp_park",
    "lwp_park60",
    "nanosleep50",
    "select50",
    "pollts50",
];
/// What programs write that gave up by the clock, in small letters.
const TIMES: &[&str] = &["time", "clock", "deadline", "too long"];
/// Shorter waits say nothing.
const WAITED_MIN: u64 = 10_000_000;
/// So many calls before the end it decides to give up.
const DECIDES: usize = 4;
const SECOND: u64 = 1_000_000_000;

/// A clock was read around a wait, and counts computing only.
struct Reading<'a> {
    clock: &'static str,
    last: &'a Call,
    /// Nanoseconds between the first reading and the last.
    passed: u64,
}

/// The clock that a call reads, when it is one of these.
fn clock(step: &Step) -> Option<(&'static str, &Call)> {
    let Deed::Call(call) = &step.deed else { return None };
    let is_read = call.is_any(&["clock_gettime", "clock_gettime50"]) && call.errno().is_none();
    let name = COMPUTING.iter().find(|name| is_read && call.line.contains(**name))?;
    Some((name, call))
}

fn reading(steps: &[Step]) -> Option<Reading<'_>> {
    let (last_at, (name, last)) = steps.iter().enumerate().rev().find_map(|(at, step)| Some((at, clock(step)?)))?;
    let first_at = steps.iter().position(|step| clock(step).is_some_and(|(other, _)| other == name))?;
    let between = steps.get(first_at..last_at)?;
    let has_waited = between.iter().any(|step| matches!(&step.deed, Deed::Call(call) if call.is_any(WAITS)));
    let passed = steps.get(last_at)?.time.saturating_sub(steps.get(first_at)?.time);
    (has_waited && passed >= WAITED_MIN).then_some(Reading { clock: name, last, passed })
}

/// What the last reading of the clock gave, as far as memory still tells.
fn value(evidence: &Evidence<'_>, call: &Call) -> Option<u64> {
    let at = Addr(call.args[1]);
    let (seconds, rest) = (evidence.word(at)?, evidence.word(at.plus(8))?);
    let whole = seconds.checked_mul(SECOND).filter(|_| rest < SECOND)?;
    whole.checked_add(rest)
}

/// It measured time by a clock that stands still while it waits.
pub(super) fn standing(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.status().filter(|status| *status != 0)?;
    let words = evidence.last_words.to_lowercase();
    let speaks = TIMES.iter().any(|word| words.contains(word));
    if !speaks && !words.trim().is_empty() {
        return None;
    }
    let found = evidence.threads.iter().find_map(|thread| reading(&thread.steps))?;
    // It gave up by this clock only if that is what it looked at last, and nothing else went wrong there.
    let has_failed = evidence.all_calls().any(|call| call.errno().is_some() && evidence.is_near_end(call, DECIDES));
    if has_failed || !evidence.is_near_end(found.last, DECIDES) {
        return None;
    }
    let told = value(evidence, found.last);
    // A program that computes all the time may well measure that.
    if told.is_some_and(|told| told > found.passed / 2) {
        return None;
    }
    let sure = if speaks { Confidence::Likely } else { Confidence::Possible };
    let cause = format!(
        "it measured time by {}, which counts only the time that the program computes, not that of its waiting",
        found.clock
    );
    let mut verdict = Verdict::new(&row::ENDED_BY_CLOCK, sure, cause).because(found.last.line.clone());
    if let Some(told) = told {
        let (told, passed) = (told / 1_000_000, found.passed / 1_000_000);
        verdict = verdict.because(format!("the clock stood at {told} ms after {passed} ms of measuring"));
    }
    verdict = match (evidence.os.name, found.clock) {
        ("freebsd" | "dragonfly", "CLOCK_VIRTUAL") => verdict.because("CLOCK_MONOTONIC is 4 here; 1 is Linux's number"),
        ("netbsd", "CLOCK_VIRTUAL") => verdict.because("CLOCK_MONOTONIC is 3 here; 1 is Linux's number"),
        _ => verdict,
    };
    Some(with_words(verdict, evidence))
}
