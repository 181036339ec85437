//! Ends that pass on how a child ended.

use super::super::evidence::{Call, Evidence};
use super::super::verdict::{Confidence, Verdict};
use ashore_base::Addr;
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
