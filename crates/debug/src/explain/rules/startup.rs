//! Ends before a program's own code runs, and in code that was changed.

use super::super::evidence::{Changed, Evidence};
use super::super::verdict::{Confidence, Verdict};
use super::registers::is_untouched;
use ashore_base::Addr;
use ashore_report::table as row;

/// So near to a change a fault may come of it.
const NEAR: u64 = 16;
/// How many frames are looked at.
const FRAMES: usize = 4;
/// A program that made more calls has begun.
const CALLS_MAX: usize = 5;
/// Where a program's own code begins, and where start-up code does.
const MAINS: &[&str] = &["main", "main.main", "runtime.main", "start"];
const ENTRIES: &[&str] = &["_start", "__start", "start_c", "_start_c", "___start"];
/// What runs before main and never after; that main is not on the stack says little: it may have jumped on.
const BEFORE: &[&str] = &[
    "libc_start_init",
    "__libc_start_init",
    "__libc_csu_init",
    "__init_libc",
    "__init_tls",
    "static_init_tls",
    "_dlstart_c",
    "call_init",
    "runtime.rt0_go",
    "runtime.check",
    "runtime.args",
    "runtime.osinit",
    "runtime.schedinit",
];

/// The addresses that its stack goes through, the innermost first.
fn frames(evidence: &Evidence<'_>) -> Vec<Addr> {
    let rows = evidence.backtrace().map(|stack| stack.rows.as_slice()).unwrap_or_default();
    let mut frames: Vec<Addr> = rows.iter().flat_map(|row| &row.frames).map(|frame| frame.pc).collect();
    if frames.is_empty() {
        frames.push(evidence.pc());
    }
    frames
}

fn is_near(change: &Changed, at: Addr) -> bool {
    at.0.saturating_add(NEAR) >= change.range.start.0 && at.0 < change.range.end.0.saturating_add(NEAR)
}

/// It crashed in or beside code that `ashore patch` changed.
pub(super) fn changed_code(evidence: &Evidence<'_>) -> Option<Verdict> {
    let changes = &evidence.file.changes;
    let frames = match evidence.fault() {
        Some(_) => frames(evidence),
        // A program that handles the signal ends by itself.
        None => vec![evidence.status().filter(|status| *status != 0).and(evidence.handled_fault())?],
    };
    let inside = |at: &Addr| changes.iter().find(|change| change.range.contains(*at));
    let beside = |at: &Addr| changes.iter().find(|change| is_near(change, *at));
    let first = frames.first()?;
    let (change, sure, place) = match inside(first) {
        Some(change) => (change, Confidence::Certain, "in"),
        None => match beside(first) {
            Some(change) => (change, Confidence::Certain, "beside"),
            None => {
                let at = frames.iter().take(FRAMES).find_map(|at| inside(at).or_else(|| beside(at)))?;
                (at, Confidence::Likely, "in what was called from")
            }
        },
    };
    let cause = format!("it crashed {place} code that `ashore patch` changed: {}", change.reason);
    let verdict = Verdict::new(&row::DIED_PATCHED, sure, cause);
    let requests = evidence.file.requests.iter().map(|request| format!("it was patched so: {request}"));
    Some(requests.fold(verdict, Verdict::because))
}

/// It crashed before its own code began.
pub(super) fn before_main(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.fault()?;
    if evidence.threads.len() > 1 || evidence.all_calls().count() > CALLS_MAX {
        return None;
    }
    let names: Vec<String> =
        frames(evidence).into_iter().filter_map(|at| evidence.name(at)).map(|name| plain(&name)).collect();
    let is_entry = names.first().is_some_and(|name| ENTRIES.contains(&name.as_str()) || name.starts_with("_rt0_"));
    if !(is_entry || names.iter().any(|name| BEFORE.contains(&name.as_str())))
        || names.iter().any(|name| MAINS.contains(&name.as_str()))
    {
        return None;
    }
    let place = evidence.place();
    let cause = format!("it crashed in {place}, before its main function ran");
    let verdict = Verdict::new(&row::DIED_BEFORE_MAIN, Confidence::Likely, cause);
    let made = evidence.all_calls().count();
    let pointer = evidence.facts().thread_pointers.first()?;
    let base = evidence.regs.get(pointer.register).unwrap_or_default();
    Some(verdict.because(format!("its thread pointer ({}) is {base:#x}; it had made {made} calls", pointer.title)))
}

/// The systems that leave the place of the arguments where functions find their first word.
const IN_REGISTER: &[&str] = &["freebsd", "dragonfly"];

/// It looked for its arguments in a register in which only other systems leave them.
pub(super) fn start_registers(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.fault_address()?;
    if IN_REGISTER.contains(&evidence.os.name) || evidence.all_calls().next().is_some() {
        return None;
    }
    let entry = evidence.program()?.entry()?;
    let names = evidence.facts().first_word;
    let first = *names.first()?;
    let access = evidence.access_where(|access| access.formula.registers == [(first, 0)])?;
    if !is_untouched(evidence, entry, names) {
        return None;
    }
    let (place, title) = (evidence.place(), evidence.os.title);
    let cause = format!(
        "{place} looked for the arguments where {first} points, as FreeBSD and DragonFly have it: {title} leaves 0 there, and \
         the arguments at the stack pointer"
    );
    Some(Verdict::new(&row::DIED_START_REGISTERS, Confidence::Certain, cause).because(access.to_string()))
}

/// A function's name without the offset.
fn plain(name: &str) -> String {
    name.split("+0x").next().unwrap_or_default().to_owned()
}
