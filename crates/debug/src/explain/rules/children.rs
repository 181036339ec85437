//! Ends that pass on how a child ended.

use super::super::evidence::{Call, Evidence};
use super::super::verdict::{Confidence, Verdict};
use ashore_base::Addr;
use ashore_pivot::Signal;
use ashore_report::table as row;

/// A shell's status for a child that died of a signal is this and the signal's number.
const DEATHS: u8 = 128;
const WAITS: &[&str] = &["wait4", "wait450", "waitpid", "waitid", "wait6"];
/// The signal in the status that a wait gives.
const SIGNAL: u32 = 0x7f;

/// The signal that a child died of, as a wait's status still says.
fn death(evidence: &Evidence<'_>, call: &Call) -> Option<u32> {
    let status = evidence.read(Addr(call.args[1])).map(u32::from_le_bytes)?;
    Some(status & SIGNAL).filter(|signal| *signal != 0 && *signal != SIGNAL)
}

/// Its status is 128 and a signal's number.
pub(super) fn child_died(evidence: &Evidence<'_>) -> Option<Verdict> {
    let status = evidence.status().filter(|status| *status > DEATHS)?;
    let number = u32::from(status - DEATHS);
    let name = (evidence.os.signal_name)(number)?;
    let waits =
        || evidence.all_calls().filter(|call| call.is_any(WAITS) && call.result().is_some_and(|pid| pid as i64 > 0));
    let cause =
        |child: &str| format!("{child} died of {name}, and it passed that on: {status} is 128 and the signal's number");
    let told = waits().find(|call| death(evidence, call) == Some(number));
    let verdict = |sure, child: &str| Verdict::new(&row::ENDED_AS_CHILD, sure, cause(child));
    Some(match (told, waits().next()) {
        (Some(call), _) => {
            let child = format!("its child {}", call.result().unwrap_or_default());
            verdict(Confidence::Certain, &child).because(call.line.clone())
        }
        (None, Some(call)) => verdict(Confidence::Likely, "a child of it").because(call.line.clone()),
        (None, None) => verdict(Confidence::Possible, "a program that it ran or became"),
    })
}

/// Calls that send a signal to a process.
const SENDS: &[&str] = &["kill", "sigqueue", "rt_sigqueueinfo", "pidfd_send_signal"];

/// Signals that are sent to end a process: that it ends is what was wanted.
const ENDING: &[Signal] = &[Signal::TERM, Signal::INT, Signal::QUIT, Signal::KILL, Signal::ABRT];

/// A child died of a signal that the program itself handles.
pub(super) fn unhandled(evidence: &Evidence<'_>) -> Option<Verdict> {
    let gave_up = evidence.status().is_some_and(|status| status != 0)
        || evidence.signal().is_some_and(|delivery| delivery.signal == Signal::ABRT);
    if !gave_up {
        return None;
    }
    let is_request = |signal: Signal| !ENDING.contains(&signal) && !signal.is_fault();
    let handler_of = |number: u32| {
        let mut handlers = evidence.handlers.iter().filter(|(signal, _)| is_request(*signal));
        handlers.find(|(signal, _)| (evidence.os.signal)(*signal) == number)
    };
    let waits = evidence.all_calls().filter(|call| call.is_any(WAITS));
    let told =
        waits.filter_map(|call| Some((call, call.result().filter(|pid| (*pid as i64) > 0)?, death(evidence, call)?)));
    let (call, pid, number, handler) =
        told.filter_map(|(call, pid, number)| Some((call, pid, number, handler_of(number)?.1))).next()?;
    let name = (evidence.os.signal_name)(number)?;
    let sent = evidence.all_calls().find(|call| {
        call.is_any(SENDS) && call.args[0] == pid && call.args[1] == u64::from(number) && call.errno().is_none()
    });
    let handler = evidence.handler_name(handler);
    let (sure, by) = match sent {
        Some(_) if evidence.last_words.trim().is_empty() => (Confidence::Certain, "which it had sent, a signal"),
        Some(_) => (Confidence::Likely, "which it had sent, a signal"),
        None => (Confidence::Likely, "a signal"),
    };
    let cause = format!(
        "its child {pid} died of {name}, {by} that it handles itself ({handler}): the child has no handler for it",
    );
    let verdict = Verdict::new(&row::ENDED_BY_UNHANDLED, sure, cause).because(call.line.clone());
    Some(match sent {
        Some(sent) => verdict.because(sent.line.clone()),
        None => verdict,
    })
}
