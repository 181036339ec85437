//! Ends of a program's own making, and those that nothing else explains.

use super::super::evidence::Evidence;
use super::super::gather::signal_name;
use super::super::verdict::{Confidence, Verdict};
use ashore_pivot::Signal;
use ashore_report::table as row;

/// Longer last words are cut at the front.
const WORDS_SHOWN: usize = 300;

/// The last lines that it wrote, as one line of evidence.
fn words(evidence: &Evidence<'_>) -> Option<String> {
    let text = evidence.last_words.trim();
    let start = text.len().saturating_sub(WORDS_SHOWN);
    let start = (start..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = text.get(start..).unwrap_or_default().trim();
    (!text.is_empty()).then(|| format!("it wrote: {}", text.replace('\n', " | ")))
}

pub(super) fn with_words(verdict: Verdict, evidence: &Evidence<'_>) -> Verdict {
    match words(evidence) {
        Some(line) => verdict.because(line),
        None => verdict,
    }
}

/// It called abort.
pub(super) fn aborted(evidence: &Evidence<'_>) -> Option<Verdict> {
    let signal = evidence.signal().filter(|delivery| delivery.signal == Signal::ABRT && delivery.code <= 0)?;
    let is_own = evidence
        .calls()
        .take(4)
        .any(|call| call.is_any(&["kill", "tgkill", "tkill", "thr_kill", "thr_kill2", "lwp_kill"]));
    // A core file tells no calls, but who sent it.
    let is_from_itself = evidence.pid != 0 && signal.pid == evidence.pid;
    if !is_own && !is_from_itself {
        return None;
    }
    let cause = "it called abort: it found a fault of its own".to_owned();
    Some(with_words(Verdict::new(&row::DIED_ABORTING, Confidence::Likely, cause), evidence))
}

/// Whatever it died of.
pub(super) fn any_signal(evidence: &Evidence<'_>) -> Option<Verdict> {
    let delivery = evidence.signal()?;
    let name = signal_name(evidence.os, delivery.signal);
    let cause = if evidence.fault().is_some() {
        let place = evidence.name(evidence.pc()).unwrap_or_else(|| "unknown code".to_owned());
        format!("an instruction at {:#x} in {place} raised {name}", evidence.regs.pc())
    } else {
        format!("{name} came, and it has no handler for it")
    };
    Some(with_words(Verdict::new(&row::DIED_OF_SIGNAL, Confidence::Possible, cause), evidence))
}

/// Whatever it failed with.
pub(super) fn any_status(evidence: &Evidence<'_>) -> Option<Verdict> {
    let status = evidence.status().filter(|status| *status != 0)?;
    let failed = evidence.failures();
    let cause = match (evidence.last_line(), failed.first()) {
        (Some(line), _) => format!("it ended by itself with status {status}, and wrote last: {line}"),
        (None, Some((call, _))) => {
            format!("it ended by itself with status {status}; the last call that failed was {}", call.line)
        }
        (None, None) => format!("it ended by itself with status {status}, and no call that failed explains it"),
    };
    Some(with_words(Verdict::new(&row::ENDED_FAILING, Confidence::Possible, cause), evidence))
}
