//! Programs on the wrong system, or with another system's habits.

use super::super::evidence::{Call, Evidence};
use super::super::verdict::{Confidence, Verdict};
use ashore_report::table as row;

/// How a call that sets the thread pointer elsewhere looks here.
struct Habit {
    /// The call.
    call: &'static str,
    /// Its first word.
    operation: u64,
    /// Whose habit it is.
    of: &'static str,
    /// Where it is wrong, and what is right there.
    here: &'static [(&'static str, &'static str)],
}

static HABITS: &[Habit] = &[
    Habit {
        call: "sysarch",
        operation: 129,
        of: "FreeBSD",
        here: &[("dragonfly", "call 472 (set_tls_area) with a record of base and size")],
    },
    Habit {
        call: "sysarch",
        operation: 17,
        of: "NetBSD",
        here: &[("dragonfly", "call 472 (set_tls_area)"), ("freebsd", "sysarch's operation 129 (AMD64_SET_FSBASE)")],
    },
];

/// A call that sets the thread pointer on another system failed.
pub(super) fn wrong_thread_call(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.signal()?;
    let (call, habit) = evidence.calls().find_map(|call| Some((call, habit_of(call)?)))?;
    let errno = call.errno()?;
    let right = habit.here.iter().find(|(os, _)| *os == evidence.os.name)?.1;
    let title = evidence.os.title;
    let cause = format!(
        "it set its thread pointer as {} does, by call {} ({}, operation {}); {title} refuses that with {} ({errno}) and wants {right}",
        habit.of,
        call.number,
        call.name,
        habit.operation,
        evidence.errno_name(errno),
    );
    let verdict = Verdict::new(&row::DIED_WRONG_THREAD_CALL, Confidence::Certain, cause).because(call.line.clone());
    Some(match evidence.file.detected {
        Some(os) if os.name() != evidence.os.name => verdict
            .because(format!("the file is for {os}: {}", evidence.file.clue))
            .next(format!("run it as what it is: --os {}", os.name())),
        _ => verdict,
    })
}

fn habit_of(call: &Call) -> Option<&'static Habit> {
    HABITS.iter().find(|habit| call.is(habit.call) && call.args[0] == habit.operation)
}

/// The file is for another system.
pub(super) fn wrong_system(evidence: &Evidence<'_>) -> Option<Verdict> {
    let os = evidence.file.detected.filter(|os| os.name() != evidence.os.name)?;
    if evidence.status() == Some(0) {
        return None;
    }
    let title = evidence.os.title;
    let cause =
        format!("it is a program for {os}, and ran as one for {title}: its call numbers mean other calls there");
    let verdict = Verdict::new(&row::DIED_WRONG_SYSTEM, Confidence::Certain, cause)
        .because(format!("the file says so: {}", evidence.file.clue))
        .next(format!("leave out --os {}, or say --os {}", evidence.os.name, os.name()));
    Some(verdict)
}
