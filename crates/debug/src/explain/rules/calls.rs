//! Ends that a call explains.

use super::super::evidence::{Call, End, Evidence};
use super::super::verdict::{Confidence, Verdict};
use super::shape;
use ashore_base::Addr;
use ashore_guest::row_of;
use ashore_pivot::Signal;
use ashore_report::table as row;

/// Deliberate crashes store to addresses below this.
const PURPOSE_MAX: u64 = 0x1_0000;

/// A constant was stored to the address of the same number.
pub(super) fn deliberate_abort(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address()?;
    let instruction = evidence.instruction.as_ref()?;
    if instruction.constant != Some(at.0) || at.0 == 0 || at.0 >= PURPOSE_MAX {
        return None;
    }
    let failed = evidence.calls().next().filter(|call| call.errno().is_some());
    let verdict = match failed {
        Some(call) => {
            let cause = format!("it crashed on purpose because a call failed: {}", call.line);
            Verdict::new(&row::DIED_ON_PURPOSE, Confidence::Certain, cause)
        }
        None => {
            let cause = format!("it crashed on purpose, by storing {at} to the address {at}");
            Verdict::new(&row::DIED_ON_PURPOSE, Confidence::Likely, cause)
        }
    };
    Some(verdict.because(format!("{} stores a number to the address of the same number", instruction.text)))
}

/// The system's name of a call elsewhere, and whose.
fn elsewhere(evidence: &Evidence<'_>, number: u64, names: &[&str]) -> Option<(&'static str, &'static str)> {
    evidence.other_systems().find_map(|os| {
        let name = row_of(os.calls, number)?.name();
        names.contains(&name.trim_start_matches('_')).then_some((name, os.title))
    })
}

fn ended_badly(evidence: &Evidence<'_>) -> bool {
    !matches!(evidence.end, End::Exit(0))
}

const ANON_LINUX: u64 = 0x20;
const ANON_BSD: u64 = 0x1000;
const NO_FILE: u32 = u32::MAX;

/// Memory was asked for with the flag that another system has for it.
pub(super) fn foreign_flag(evidence: &Evidence<'_>) -> Option<Verdict> {
    let (own, foreign, whose) = match evidence.os.name {
        "linux" => (ANON_LINUX, ANON_BSD, "the BSDs'"),
        _ => (ANON_BSD, ANON_LINUX, "Linux's"),
    };
    let is_it = |call: &&Call| {
        let [_, _, _, flags, fd] = call.args;
        call.is("mmap") && call.errno().is_some() && flags & (own | foreign) == foreign && fd as u32 == NO_FILE
    };
    let call = evidence.all_calls().find(is_it).filter(|_| ended_badly(evidence))?;
    let title = evidence.os.title;
    let cause = format!(
        "it asked for memory with {whose} flag for it ({foreign:#x}), which is {own:#x} on {title}: mmap took its descriptor -1 for a file \
         and failed with {}",
        evidence.errno_name(call.errno()?),
    );
    let sure = if evidence.is_near_end(call, 3) { Confidence::Certain } else { Confidence::Likely };
    Some(Verdict::new(&row::DIED_FOREIGN_FLAG, sure, cause).because(call.line.clone()))
}

const WAITS: &[&str] = &["futex", "umtx_op", "umtx_sleep", "umtx_wakeup", "lwp_park", "lwp_park60", "thr_sleep"];
/// So often in vain is a way of waiting that does not work.
const WAITS_MIN: u64 = 3;
/// Where Linux has futex the BSDs have sysctl, whose names are not longer than this.
const SYSCTL_LEN: u64 = 24;

/// It waits by a call that only another system has.
pub(super) fn foreign_wait(evidence: &Evidence<'_>) -> Option<Verdict> {
    let is_sysctl = |call: &Call| call.is("sysctl") && call.args[1] <= SYSCTL_LEN && call.args[1] > 1;
    let failed = evidence.all_calls().filter(|call| call.errno().is_some() && !call.is_any(WAITS) && !is_sysctl(call));
    // Where the number is another call here, the words must be none of its.
    let is_own = |call: &Call| !call.is("sysctl") && shape::fits_here(evidence, call);
    let failed = failed.filter(|call| !is_own(call));
    let found = failed.filter_map(|call| Some((call, elsewhere(evidence, call.number, WAITS)?)));
    let (call, (name, whose)) = found.into_iter().next().filter(|_| ended_badly(evidence))?;
    let same = evidence.all_calls().filter(|other| other.number == call.number && other.errno().is_some());
    let times: u64 = same.map(|call| call.repeats + 1).sum();
    if times < WAITS_MIN {
        return None;
    }
    let (title, error) = (evidence.os.title, evidence.errno_name(call.errno()?));
    let cause = format!(
        "it waits by {whose}'s {name} (call {}), which {title} does not have: {error}, {times} times",
        call.number
    );
    let number = |name: &str| evidence.os.calls.iter().find(|row| row.name() == name).map_or(0, |row| row.number);
    let called = |name: &str| format!("{name} ({})", number(name));
    let next = match evidence.os.name {
        "linux" => format!("Linux waits by {}", called("futex")),
        "freebsd" => format!("FreeBSD waits by {}", called("_umtx_op")),
        "netbsd" => format!("NetBSD waits by {} and wakes by {}", called("___lwp_park60"), called("_lwp_unpark")),
        _ => format!("DragonFly waits by {} and wakes by {}", called("umtx_sleep"), called("umtx_wakeup")),
    };
    Some(Verdict::new(&row::DIED_FOREIGN_WAIT, Confidence::Likely, cause).because(call.line.clone()).next(next))
}

/// So often the same failing call is made by nobody who notices.
const LIVELOCK: u64 = 100_000;

/// What an error number means on the other systems, where it means something else.
fn other_meanings(evidence: &Evidence<'_>, errno: u16) -> String {
    let own = evidence.errno_name(errno);
    let names = evidence.other_systems().filter_map(|os| Some(((os.errno_name)(errno)?, os.title)));
    let different: Vec<String> =
        names.filter(|(name, _)| *name != own).map(|(name, title)| format!("{name} on {title}")).collect();
    different.join(", ")
}

/// It makes one failing call for ever.
pub(super) fn livelock(evidence: &Evidence<'_>) -> Option<Verdict> {
    if !ended_badly(evidence) || evidence.fault().is_some() {
        return None;
    }
    let call = evidence.all_calls().find(|call| call.repeats >= LIVELOCK && call.errno().is_some())?;
    let errno = call.errno()?;
    let cause = format!("it made the same failing call {} times in a row: {}", call.repeats + 1, call.line);
    let verdict = Verdict::new(&row::DIED_SPINNING, Confidence::Likely, cause);
    let others = other_meanings(evidence, errno);
    Some(if others.is_empty() { verdict } else { verdict.because(format!("{errno} is {others}")) })
}

/// Calls that may have to wait.
const WAITING: &[&str] = &[
    "read", "readv", "recvfrom", "recvmsg", "write", "writev", "sendto", "sendmsg", "accept", "accept4", "paccept",
    "connect",
];

/// There was nothing to read yet, and it took that for a failure.
pub(super) fn would_block(evidence: &Evidence<'_>) -> Option<Verdict> {
    let has_words = !evidence.last_words.trim().is_empty();
    evidence.status().filter(|status| *status != 0 && !has_words)?;
    let call = evidence.calls().find(|call| call.errno().is_some())?;
    let errno = call.errno()?;
    let name = evidence.errno_name(errno);
    let is_waiting = matches!(name.as_str(), "EAGAIN" | "EINPROGRESS" | "EINTR") && call.is_any(WAITING);
    if !is_waiting || !evidence.is_near_end(call, 4) {
        return None;
    }
    let cause = format!("it took {name} ({errno}) for a failure: {} only says to try again", call.line);
    let verdict = Verdict::new(&row::ENDED_AT_WAIT, Confidence::Possible, cause);
    let linux = evidence.other_systems().find(|os| os.name == "linux");
    let there = linux.and_then(|os| (0..200).find(|number| (os.errno_name)(*number) == Some(&name)));
    Some(match there {
        Some(number) if number != errno => verdict.because(format!("{name} is {errno} here and {number} on Linux")),
        _ => verdict,
    })
}

/// It gave up at a call that nobody answers.
pub(super) fn missing_call(evidence: &Evidence<'_>) -> Option<Verdict> {
    if !ended_badly(evidence) {
        return None;
    }
    let failed = evidence.failures();
    let (call, _) = failed.iter().find(|(call, error)| error == "ENOSYS" && evidence.is_near_end(call, 16))?;
    let raised = evidence.signal().is_some_and(|delivery| delivery.signal == Signal::SYS);
    let title = evidence.os.title;
    let (number, line) = (call.number, &call.line);
    let lacks = match row_of(evidence.os.calls, number) {
        Some(row) => format!("{title}'s call {number} ({}), which Ashore does not answer yet", row.name()),
        None => format!("call {number}, which {title} does not have"),
    };
    let (sure, then) = match (raised, evidence.fault()) {
        // A file without marks may be another system's.
        (true, _) if evidence.file.detected.is_none() => {
            (Confidence::Likely, ", and died of the signal that such a call raises")
        }
        (true, _) => (Confidence::Certain, ", and died of the signal that such a call raises"),
        (false, Some(_)) => (Confidence::Possible, ": ENOSYS"),
        (false, None) => (Confidence::Likely, ", and gave up: ENOSYS"),
    };
    Some(Verdict::new(&row::DIED_MISSING_CALL, sure, format!("it made {lacks}{then}")).because(line.clone()))
}

const TERMINALS: &[&str] = &["TCGET", "TCSET", "TIOC"];

/// It gave up at a request for something that is not there.
pub(super) fn unanswered(evidence: &Evidence<'_>) -> Option<Verdict> {
    if !ended_badly(evidence) || evidence.fault().is_some() {
        return None;
    }
    let steps = evidence.all_calls().filter(|call| call.errno().is_some());
    let call = steps.into_iter().find(|call| {
        let is_terminal = TERMINALS.iter().any(|name| call.line.contains(name));
        call.is_any(&["ioctl", "sysctl", "sysctlbyname"]) && !is_terminal && evidence.is_near_end(call, 4)
    })?;
    let error = evidence.errno_name(call.errno()?);
    let what = match (call.is("ioctl"), mib(evidence, call)) {
        (true, _) => format!("its request ioctl {:#x}", call.args[1]),
        (false, Some(mib)) => format!("its question sysctl {mib}"),
        (false, None) => "its question to sysctl".to_owned(),
    };
    let cause = format!("it gave up because {what} was not answered: {error}");
    Some(Verdict::new(&row::ENDED_UNANSWERED, Confidence::Likely, cause).because(call.line.clone()))
}

/// The numbers of a sysctl's name: `6.3`.
fn mib(evidence: &Evidence<'_>, call: &Call) -> Option<String> {
    let count = call.args[1].min(SYSCTL_LEN);
    let word = |n: u64| evidence.read(Addr(call.args[0]).plus(n * 4)).map(u32::from_le_bytes);
    let words: Option<Vec<String>> = (0..count).map(|n| word(n).map(|word| word.to_string())).collect();
    words.filter(|words| call.is("sysctl") && !words.is_empty()).map(|words| words.join("."))
}
