//! Instructions that the CPU refuses.

use super::super::code::{Class, Frame, Role};
use super::super::evidence::Evidence;
use super::super::verdict::{Confidence, Verdict};
use ashore_base::Addr;
use ashore_isa::facts::Exception;
use ashore_pivot::Signal;
use ashore_report::table as row;

/// Linux's `si_code` of an access that is not aligned (`BUS_ADRALN`).
const MISALIGNED: i32 = 1;
/// What a floating-point fault was, by Linux's `si_code`.
const FLOATS: [(i32, &str); 5] = [
    (3, "divided by 0.0"),
    (4, "had a result too great for a floating-point number"),
    (5, "had a result too small for a floating-point number"),
    (6, "had a result that no floating-point number is exactly"),
    (7, "made a floating-point operation that has no result"),
];
/// The functions in which C libraries find their heap damaged.
const HEAP: [&str; 14] = [
    "free",
    "__libc_free",
    "realloc",
    "__libc_realloc",
    "malloc",
    "__libc_malloc",
    "__libc_malloc_impl",
    "get_meta",
    "nontrivial_free",
    "alloc_slot",
    "enframe",
    "__malloc_alloc_meta",
    "get_nominal_size",
    "calloc",
];

/// An integer division.
pub(super) fn divided(evidence: &Evidence<'_>) -> Option<Verdict> {
    let fault = evidence.fault().filter(|fault| fault.signal == Signal::FPE)?;
    let instruction = evidence.instruction.as_ref().filter(|instruction| instruction.class == Class::Divide)?;
    let place = evidence.place();
    let cause = match instruction.divisor {
        Some(0) => format!("{place} divided by zero"),
        Some(divisor) => format!("{place} divided by {}, and the result does not fit", signed(divisor)),
        None => format!("{place} divided, and the CPU refused"),
    };
    let verdict = Verdict::new(&row::DIED_DIVIDING, Confidence::Certain, cause);
    Some(verdict.because(format!("{} (code {})", instruction.text, fault.code)))
}

/// A divisor that is all ones is -1 to whoever wrote the program.
fn signed(divisor: u64) -> String {
    match divisor {
        u64::MAX | 0xffff_ffff | 0xffff | 0xff => "-1".to_owned(),
        other => other.to_string(),
    }
}

/// An operand that is not aligned.
pub(super) fn misaligned(evidence: &Evidence<'_>) -> Option<Verdict> {
    let is_bus = evidence.fault().is_some_and(|fault| fault.signal == Signal::BUS && fault.code == MISALIGNED);
    if !evidence.is_refused() && !is_bus {
        return None;
    }
    let access = evidence.access_where(|access| access.misaligned_by().is_some())?;
    let (rest, align) = (access.misaligned_by()?, access.align?);
    let is_stack = access.formula.registers.iter().any(|(name, _)| evidence.facts().of_stack.contains(name));
    let place = evidence.place();
    let what = if is_stack { "its stack" } else { "an address" };
    let cause =
        format!("{place} needs {what} to be a multiple of {align}, and {} is {rest} bytes behind one", access.at);
    let verdict = Verdict::new(&row::DIED_MISALIGNED, Confidence::Certain, cause).because(access.to_string());
    Some(match is_stack {
        true => verdict.next("keep the stack pointer a multiple of 16 at each call: look at the assembly, or the thread's or signal's first frame"),
        false => verdict,
    })
}

/// A valid instruction of another CPU.
pub(super) fn unsupported(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.fault().filter(|fault| fault.signal == Signal::ILL)?;
    let instruction = evidence.instruction.as_ref()?;
    if matches!(instruction.class, Class::Undefined | Class::Invalid | Class::Privileged)
        || instruction.needs.is_empty()
    {
        return None;
    }
    let (place, needs) = (evidence.place(), instruction.needs.join(" and "));
    let cause = format!("{place} uses `{}`, which needs a CPU with {needs}; this one has not", instruction.text);
    Some(Verdict::new(&row::DIED_UNSUPPORTED, Confidence::Certain, cause))
}

/// An instruction that is undefined on purpose.
pub(super) fn trapped(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.fault().filter(|fault| matches!(fault.signal, Signal::ILL | Signal::TRAP))?;
    let instruction = evidence.instruction.as_ref().filter(|instruction| instruction.class == Class::Undefined)?;
    let place = evidence.place();
    let cause = format!(
        "{place} stopped on purpose ({}): it reached code that must not be reached, or a check failed",
        instruction.text
    );
    Some(Verdict::new(&row::DIED_TRAPPED, Confidence::Certain, cause))
}

/// Bytes that are no instruction.
pub(super) fn invalid(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.fault().filter(|fault| fault.signal == Signal::ILL)?;
    let instruction = evidence.instruction.as_ref().filter(|instruction| instruction.class == Class::Invalid)?;
    let bytes: Vec<String> = instruction.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let cause = format!("{} ran bytes that are no instruction ({})", evidence.place(), bytes.join(" "));
    Some(Verdict::new(&row::DIED_INVALID, Confidence::Likely, cause))
}

/// A breakpoint.
pub(super) fn breakpoint(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.fault().filter(|fault| fault.signal == Signal::TRAP)?;
    let is_at = evidence.class() == Some(Class::Breakpoint);
    let behind = evidence.facts().breakpoint_behind.filter(|(byte, _)| evidence.byte_before() == Some(*byte));
    let is_told = evidence.exception() == Some(Exception::Breakpoint);
    let is_meant = is_told || is_at && evidence.exception().is_none();
    if !is_meant {
        return None;
    }
    let at = Addr(evidence.regs.pc().saturating_sub(u64::from(behind.is_some())));
    let place = evidence.spot(at).unwrap_or_else(|| format!("the code at {at}"));
    let text = || evidence.instruction.as_ref().filter(|_| is_at).map(|found| found.text.as_str());
    let text = behind.map(|(_, name)| name).or_else(text).map_or_else(String::new, |text| format!(" ({text})"));
    let cause = format!("{place} has a breakpoint{text}, and no debugger is there to catch it");
    Some(Verdict::new(&row::DIED_BREAKPOINT, Confidence::Certain, cause))
}

/// An instruction for kernels.
pub(super) fn privileged(evidence: &Evidence<'_>) -> Option<Verdict> {
    let instruction = evidence.instruction.as_ref().filter(|instruction| instruction.class == Class::Privileged)?;
    // Some CPUs refuse them, to others they do not exist.
    let is_unknown = evidence.fault().is_some_and(|fault| fault.signal == Signal::ILL);
    if !evidence.is_refused() && !is_unknown {
        return None;
    }
    let cause = format!("{} uses `{}`, which only a kernel may", evidence.place(), instruction.text);
    let verdict = Verdict::new(&row::DIED_PRIVILEGED, Confidence::Certain, cause);
    Some(match instruction.text.as_str() {
        "hlt" => verdict
            .next("C libraries and start-up code stop with hlt when something must not go on: look at who is there"),
        _ => verdict,
    })
}

/// The C library stopped because its heap is damaged.
pub(super) fn heap_damaged(evidence: &Evidence<'_>) -> Option<Verdict> {
    // Where the C library has no instruction to stop by, it writes to null.
    let is_at_null = evidence.fault_address() == Some(Addr::NULL) && evidence.is_write();
    let is_stop = matches!(evidence.class(), Some(Class::Privileged | Class::Undefined)) || is_at_null;
    let frames: Vec<&Frame> = evidence.backtrace()?.rows.iter().flat_map(|row| &row.frames).take(8).collect();
    let in_heap = |frame: &&&Frame| {
        frame.spots.iter().any(|spot| spot.function.as_deref().is_some_and(|name| HEAP.contains(&name)))
    };
    let depth = frames.iter().take_while(|frame| in_heap(frame)).count();
    if !is_stop || depth == 0 {
        return None;
    }
    let entry = frames.get(depth - 1)?.spots.last()?.function.clone()?;
    let entry = entry.trim_start_matches("__libc_").trim_end_matches("_impl").to_owned();
    let user = frames.get(depth).and_then(|frame| evidence.spot(Addr(frame.pc.0.saturating_sub(1))));
    let by = user.map_or_else(String::new, |user| format!(", called by {user}"));
    let how = match entry.as_str() {
        "free" | "realloc" => "a block was freed twice, was never malloc's, or was written past its end",
        _ => "a block was written past its end or after it was freed",
    };
    let cause = format!("malloc found its heap damaged, in {entry}{by}: {how}");
    Some(Verdict::new(&row::DIED_HEAP, Confidence::Certain, cause))
}

/// A floating-point exception that was unmasked.
pub(super) fn float(evidence: &Evidence<'_>) -> Option<Verdict> {
    let fault = evidence.fault().filter(|fault| fault.signal == Signal::FPE)?;
    let Some(Exception::Float(unit)) = evidence.exception() else { return None };
    let what = FLOATS
        .iter()
        .find(|(code, _)| *code == fault.code)
        .map_or("raised a floating-point exception", |(_, what)| what);
    let cause = format!("{} {what}, and that exception is unmasked in {unit}", evidence.place());
    Some(Verdict::new(&row::DIED_FLOATING, Confidence::Certain, cause))
}

/// A flag of the CPU that makes harmless code fail.
pub(super) fn flags(evidence: &Evidence<'_>) -> Option<Verdict> {
    let fault = evidence.fault()?;
    let place = evidence.place();
    let cause = match (fault.signal, evidence.exception()?) {
        (Signal::TRAP, Exception::SingleStep) => {
            format!("the trap flag is set, and stops it at each instruction: the last is before {place}")
        }
        (Signal::BUS, Exception::AlignmentFlag) => {
            let access = evidence.access_where(|access| access.role != Role::Stack);
            let text = access.map_or_else(String::new, |access| format!(": {access}"));
            format!("{place} used an address that is not aligned, and the flag that checks alignment (AC) is set{text}")
        }
        _ => return None,
    };
    Some(Verdict::new(&row::DIED_FLAGS, Confidence::Certain, cause))
}
