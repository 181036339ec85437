//! Programs on the wrong system, or with another system's habits.

use super::super::evidence::{Call, End, Evidence};
use super::super::verdict::{Confidence, Verdict};
use ashore_base::Os as Name;
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
    // A file of another system does everything as that system does: that is the cause then.
    if is_of_another(evidence).is_some() {
        return None;
    }
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
    Some(verdict)
}

/// The title of the system that the file is for, when it did not run as that.
fn is_of_another(evidence: &Evidence<'_>) -> Option<(Name, &'static str)> {
    let os = evidence.file.detected.filter(|os| os.name() != evidence.os.name)?;
    Some((os, ashore_guest::by_name(os.name()).map_or(os.name(), |guest| guest.os.title)))
}

fn habit_of(call: &Call) -> Option<&'static Habit> {
    HABITS.iter().find(|habit| call.is(habit.call) && call.args[0] == habit.operation)
}

/// The file is for another system.
pub(super) fn wrong_system(evidence: &Evidence<'_>) -> Option<Verdict> {
    let (os, title) = is_of_another(evidence)?;
    let sure = match evidence.end {
        End::Exit(0) | End::Alive => return None,
        End::Exit(_) => Confidence::Likely,
        End::Signal(_) | End::Refused(_) => Confidence::Certain,
    };
    let here = evidence.os.title;
    let cause =
        format!("it is a program for {title}, and ran as one for {here}: its call numbers mean other calls there");
    let verdict = Verdict::new(&row::DIED_WRONG_SYSTEM, sure, cause)
        .because(format!("the file says so: {}", evidence.file.clue))
        .next(format!("leave out --os {}, or say --os {}", evidence.os.name, os.name()));
    Some(match evidence.all_calls().find(|call| call.errno().is_some()) {
        Some(call) => verdict.because(format!("the last call that failed: {}", call.line)),
        None => verdict,
    })
}

/// We ended it, as --strict asks.
pub(super) fn refused(evidence: &Evidence<'_>) -> Option<Verdict> {
    let End::Refused(_) = &evidence.end else { return None };
    let cause = "--strict ends a program at its first call that is not answered";
    Some(Verdict::new(&row::STOPPED_STRICTLY, Confidence::Certain, cause))
}
