//! Signals that were sent, and handlers that make it worse.

use super::super::evidence::{Arrival, Deed, Evidence, Step};
use super::super::gather::signal_name;
use super::super::verdict::{Confidence, Verdict};
use ashore_pivot::Signal;
use ashore_report::table as row;

/// The calls that send signals.
const SENDERS: [&str; 9] = [
    "kill",
    "tgkill",
    "tkill",
    "thr_kill",
    "thr_kill2",
    "lwp_kill",
    "sigqueue",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
];
/// The calls that end handlers.
const RETURNS: [&str; 4] = ["rt_sigreturn", "sigreturn", "sigreturn_sigcontext", "setcontext"];

/// A limit was reached.
pub(super) fn limit(evidence: &Evidence<'_>) -> Option<Verdict> {
    let signal = evidence.signal()?.signal;
    let (what, writes) = match signal {
        Signal::XCPU => ("it used more CPU time than its limit allows", false),
        Signal::XFSZ => ("a file would have grown beyond the limit", true),
        _ => return None,
    };
    let is_own = evidence.calls().take(2).any(|call| call.is_any(&SENDERS));
    if is_own {
        return None;
    }
    let name = signal_name(evidence.os, signal);
    let call = evidence.calls().next().filter(|_| writes);
    let line = call.map_or_else(String::new, |call| format!(": {}", call.line));
    let verdict = Verdict::new(&row::DIED_LIMIT, Confidence::Certain, format!("{what} ({name}){line}"));
    let set =
        evidence.all_calls().find(|call| call.is_any(&["setrlimit", "prlimit64", "prlimit"]) && call.errno().is_none());
    let verdict = match set {
        Some(call) => verdict.because(format!("it set a limit itself: {}", call.line)),
        None => verdict,
    };
    Some(match signal {
        Signal::XCPU => verdict.next("raise the limit (ulimit -t), or look for a loop without end"),
        _ => verdict.next("raise the limit (ulimit -f), or write less into one file"),
    })
}

/// The handler has no room on the stack.
pub(super) fn no_room(evidence: &Evidence<'_>) -> Option<Verdict> {
    let arrival = last_arrival(evidence)?;
    let handler = arrival.handler?;
    evidence.signal().filter(|delivery| delivery.signal == Signal::SEGV && delivery.code == 0 && delivery.pid == 0)?;
    let (name, handler) = (&arrival.name, evidence.handler_name(handler));
    let sp = evidence.regs.sp();
    let cause =
        format!("{name} came, and the stack has no room for its handler {handler}: the stack pointer is {sp:#x}");
    let verdict = Verdict::new(&row::DIED_NO_SIGNAL_STACK, Confidence::Certain, cause);
    let has_other = evidence.alt_stack.is_some_and(|stack| stack.len != 0);
    Some(match has_other {
        true => verdict.because("there is an alternate stack; the handler was not set to use it, or it is too small"),
        false => verdict.because("there is no alternate stack (sigaltstack)"),
    })
}

/// The last thing that happened, when it was a signal.
fn last_arrival<'a>(evidence: &'a Evidence<'_>) -> Option<&'a Arrival> {
    match &evidence.steps().last()?.deed {
        Deed::Signal(arrival) => Some(arrival),
        Deed::Call(_) => None,
    }
}

/// A fault whose handler could not run.
pub(super) fn double_fault(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.fault()?;
    let (last, before) = evidence.steps().split_last()?;
    let Deed::Signal(arrival) = &last.deed else { return None };
    let handler = evidence.handler_name(arrival.handler?);
    let (name, place) = (&arrival.name, evidence.place());
    let cause = match running(before) {
        Some(first) if first.signal == arrival.signal => {
            let own = first.handler.map_or_else(String::new, |at| evidence.handler_name(at));
            let at = first.addr;
            format!("the handler {own} for {name} faulted itself, in {place}; it was handling a first fault at {at}")
        }
        Some(first) => format!("{place} faulted while the handler for {} ran, and {name} was blocked then", first.name),
        None => format!("{place} faulted while {name} was blocked, so its handler {handler} could not run"),
    };
    let verdict = Verdict::new(&row::DIED_IN_HANDLER, Confidence::Certain, cause);
    Some(match (&evidence.instruction, evidence.fault_address()) {
        (Some(instruction), Some(at)) => verdict.because(format!("{}: the address is {at}", instruction.text)),
        _ => verdict,
    })
}

/// The signal whose handler still runs.
fn running(steps: &[Step]) -> Option<&Arrival> {
    steps.iter().rev().find_map(|step| match &step.deed {
        Deed::Signal(arrival) if arrival.handler.is_some() => Some(Some(arrival)),
        Deed::Call(call) if call.is_any(&RETURNS) => Some(None),
        _ => None,
    })?
}

/// The first fault right behind a handler's return.
pub(super) fn after_handler(evidence: &Evidence<'_>) -> Option<Verdict> {
    let mut steps = evidence.steps().iter().rev();
    let delivery = evidence.signal().filter(|delivery| delivery.signal.is_fault())?;
    // The fault itself, unless there was none: the context could not even be taken back.
    let is_refused = delivery.code == 0;
    if !is_refused {
        steps.next().filter(|step| matches!(step.deed, Deed::Signal(_)))?;
    }
    let is_return = |step: &&Step| matches!(&step.deed, Deed::Call(call) if call.is_any(&RETURNS));
    steps.next().filter(is_return)?;
    let arrival = steps.find_map(|step| match &step.deed {
        Deed::Signal(arrival) if arrival.handler.is_some() => Some(arrival),
        _ => None,
    })?;
    let (name, handler) = (&arrival.name, evidence.handler_name(arrival.handler?));
    if is_refused {
        let cause = format!("the handler {handler} for {name} returned with a context that cannot be taken back");
        return Some(Verdict::new(&row::DIED_AFTER_HANDLER, Confidence::Certain, cause));
    }
    // Only when it fails at once, where the context led: a fault later has causes of its own.
    let at = evidence.fetched().filter(|at| evidence.region(*at).is_none_or(|region| !region.perms.is_exec))?;
    let cause = format!(
        "the handler {handler} for {name} returned to {at}, where no code is: it damaged the context it was given"
    );
    Some(Verdict::new(&row::DIED_AFTER_HANDLER, Confidence::Certain, cause))
}

/// It sent the signal itself.
pub(super) fn sent(evidence: &Evidence<'_>) -> Option<Verdict> {
    let delivery = evidence.signal().filter(|delivery| delivery.code <= 0 && delivery.pid == evidence.pid)?;
    // An abort has a rule of its own.
    if delivery.signal == Signal::ABRT {
        return None;
    }
    let name = signal_name(evidence.os, delivery.signal);
    let call = evidence.calls().take(2).find(|call| call.is_any(&SENDERS));
    let line = call.map_or_else(String::new, |call| format!(": {}", call.line));
    let by = evidence.caller().map_or_else(String::new, |caller| format!(" (called by {caller})"));
    let cause = format!("it sent {name} to itself{by}, and has no handler for it{line}");
    Some(Verdict::new(&row::DIED_RAISING, Confidence::Likely, cause))
}

/// Another process sent the signal.
pub(super) fn from_outside(evidence: &Evidence<'_>) -> Option<Verdict> {
    let delivery = evidence.signal().filter(|delivery| delivery.code <= 0 && delivery.pid > 0)?;
    if delivery.pid == evidence.pid {
        return None;
    }
    let (name, pid, user) = (signal_name(evidence.os, delivery.signal), delivery.pid, delivery.uid);
    let cause = format!("process {pid} of user {user} sent it {name}, and it has no handler for it");
    Some(Verdict::new(&row::DIED_SENT, Confidence::Likely, cause))
}
