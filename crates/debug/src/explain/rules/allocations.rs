//! Programs that speak of a lack of memory that there was not.

use super::super::evidence::{Call, End, Evidence};
use super::super::verdict::{Confidence, Verdict};
use super::endings::with_words;
use super::exits::GETTING_MEMORY;
use ashore_pivot::Signal;
use ashore_report::table as row;

/// What programs write when they get no memory, in small letters.
const LACKS: &[&str] =
    &["out of memory", "cannot allocate memory", "can't allocate memory", "memory exhausted", "not enough memory"];
/// What calls fail with for want of memory.
const WANTS: &[&str] = &["ENOMEM", "EAGAIN", "ENOBUFS"];
/// A thread with as many steps may have made calls that are forgotten.
const STEPS_KEPT: usize = 250;
/// Calls whose second word is a number of bytes.
const SIZED: &[&str] = &["mmap", "mremap"];

/// It says that memory ran out, and it did not.
pub(super) fn no_lack(evidence: &Evidence<'_>) -> Option<Verdict> {
    let is_abort = |signal: Signal| signal == Signal::ABRT;
    let ended = match &evidence.end {
        End::Exit(status) => *status != 0,
        End::Signal(delivery) => is_abort(delivery.signal),
        End::Refused(_) | End::Alive => false,
    };
    let line = evidence.last_line().filter(|_| ended && !evidence.file.is_go)?.to_lowercase();
    if !LACKS.iter().any(|lack| line.contains(lack)) || evidence.all_calls().any(|call| is_lack(evidence, call)) {
        return None;
    }
    let is_empty = |call: &&Call| {
        call.is_any(SIZED)
            && call.args[1] == 0
            && call.errno().is_some_and(|errno| evidence.errno_name(errno) == "EINVAL")
    };
    let verdict = match evidence.all_calls().find(is_empty).filter(|call| evidence.is_near_end(call, 3)) {
        Some(call) => {
            let cause = "it asked for 0 bytes of memory, and took the answer (EINVAL) for a lack of it";
            Verdict::new(&row::ENDED_ZERO_SIZE, Confidence::Certain, cause).because(call.line.clone())
        }
        None => {
            let cause = "it says that memory ran out, but the system refused it none: \
                         an allocation of 0 bytes that gave null, or a limit of its own";
            let is_whole = evidence.threads.iter().all(|thread| thread.steps.len() < STEPS_KEPT);
            let sure = if is_whole { Confidence::Likely } else { Confidence::Possible };
            Verdict::new(&row::ENDED_ZERO_SIZE, sure, cause).because("none of its last calls failed for want of memory")
        }
    };
    Some(with_words(verdict, evidence))
}

/// Whether the system refused memory in this call, or something that it needs memory for.
fn is_lack(evidence: &Evidence<'_>, call: &Call) -> bool {
    // Linux's brk gives back the old end when it fails.
    let is_break = evidence.os.name == "linux" && call.is("brk") && call.args[0] != 0;
    let is_refused = is_break && call.result().is_some_and(|end| end < call.args[0]);
    let is_wanting = || call.errno().is_some_and(|errno| WANTS.contains(&evidence.errno_name(errno).as_str()));
    is_refused || (is_wanting() && (call.is_any(GETTING_MEMORY) || evidence.is_near_end(call, 16)))
}
