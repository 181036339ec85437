//! Memory that was there, is closed, or ends.

use super::super::code::{OwnerKind, Way};
use super::super::evidence::Evidence;
use super::super::verdict::{Confidence, Verdict};
use ashore_base::{Addr, PAGE_SIZE};
use ashore_pivot::Signal;
use ashore_report::table as row;

/// So far behind its end something ran over a mapping.
const OVER: u64 = PAGE_SIZE;
/// Linux's `si_code` for a page of a mapped file that the file does not have (`BUS_ADRERR`).
const BEYOND: i32 = 2;
/// No host refuses mappings above this for being low (`vm.mmap_min_addr`).
const LOW: u64 = 0x1_0000;
/// `MAP_FIXED`, the same on every system: 0 is an address then, and not the wish for any.
const FIXED: u64 = 0x10;

/// Stacks of threads are seldom greater.
const STACK_MAX: u64 = 64 << 20;
/// EPERM and EACCES, which have the same numbers on every system.
const REFUSED: [u16; 2] = [1, 13];

/// The memory was given back.
pub(super) fn unmapped_earlier(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address()?;
    if evidence.region(at).is_some() {
        return None;
    }
    let call = evidence.call_on(&["munmap"], at)?;
    let cause = match (evidence.fetched(), evidence.called_from()) {
        (Some(_), Some(from)) => format!("{from} called code at {at} that it had given back: {}", call.line),
        (Some(_), None) => format!("it went on at {at}, in memory that it had given back: {}", call.line),
        (None, _) => format!("{} used memory that it had given back: {at} lies in {}", evidence.place(), call.line),
    };
    Some(Verdict::new(&row::DIED_GIVEN_BACK, Confidence::Certain, cause))
}

/// A write to what can only be read.
pub(super) fn read_only(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address().filter(|_| evidence.is_forbidden() && evidence.fetched().is_none())?;
    let region = evidence.region(at).filter(|region| !region.perms.is_write && region.perms.is_read)?;
    let access = evidence.instruction.as_ref()?.access_for(at)?;
    if !matches!(access.way, Way::Store | Way::Both) {
        return None;
    }
    let (place, owner) = (evidence.place(), evidence.owner(at));
    let what = match owner.kind {
        OwnerKind::Code => {
            let name = evidence.name(at).map_or_else(String::new, |name| format!(": {name}"));
            format!("to the program's code{name}")
        }
        OwnerKind::Constant => {
            let text = evidence.text_at(at).map_or_else(String::new, |text| format!(": the text \"{text}\""));
            format!("to read-only data ({}){text}", evidence.brief(&owner))
        }
        _ => match evidence.call_on(&["mprotect"], at).or_else(|| evidence.mapped_by(at)) {
            Some(call) => format!("to memory that it made read-only itself: {}", call.line),
            None => format!("to memory that is read-only: {}", owner.text),
        },
    };
    let verdict = Verdict::new(&row::DIED_READ_ONLY, Confidence::Certain, format!("{place} wrote {what}"));
    Some(verdict.because(format!("{access}, mapped {}", region.perms)))
}

/// A write to what the file wants zero, and never written.
pub(super) fn zero_fill(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address().filter(|_| evidence.is_forbidden() && evidence.is_write())?;
    let program = evidence.programs.iter().find(|program| program.segment(at).is_some())?;
    let segment = program.segment(at).filter(|segment| !segment.perms.is_write)?;
    if !program.is_zero_fill(at) || evidence.call_on(&["mprotect"], at).is_some() {
        return None;
    }
    let (place, part) = (evidence.place(), evidence.brief(&evidence.owner(at)));
    let name = evidence.name(at).map_or_else(String::new, |name| format!("{name} in "));
    let cause = format!(
        "{place} wrote to {name}{part}, which its file wants zero and does not let it write ({})",
        segment.perms
    );
    let from_file = segment.file.len;
    Some(
        Verdict::new(&row::DIED_ZERO_FILL, Confidence::Certain, cause).because(format!(
            "the segment has {:#x} bytes in memory and {from_file:#x} in the file",
            segment.memory.len()
        )),
    )
}

/// Bytes were to be executed that may not be.
pub(super) fn executed_data(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fetched()?;
    let region = evidence.region(at).filter(|region| !region.perms.is_exec && region.perms.is_read)?;
    let owner = evidence.owner(at);
    let by = evidence.called_from().map_or_else(|| "it jumped".to_owned(), |from| format!("{from} called"));
    let what = match owner.kind {
        OwnerKind::Data | OwnerKind::Constant => {
            let name = evidence.name(at).map_or_else(String::new, |name| format!(" ({name})"));
            format!("into data{name}, which is no code that may run")
        }
        OwnerKind::Stack => format!("into {}, where no code may run", the(&evidence.brief(&owner))),
        _ => match evidence.call_on(&["mprotect"], at).or_else(|| evidence.mapped_by(at)) {
            Some(call) => format!("code at {at} that may not run, as it was mapped without PROT_EXEC: {}", call.line),
            None => format!("into memory that may not run: {}", owner.text),
        },
    };
    let verdict = Verdict::new(&row::DIED_EXECUTING, Confidence::Certain, format!("{by} {what}"));
    Some(verdict.because(format!("{at} is mapped {}", region.perms)))
}

fn the(name: &str) -> String {
    format!("the {name}")
}

/// Something ran over the end of its memory.
pub(super) fn overrun(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address().filter(|_| evidence.fetched().is_none())?;
    let owner = evidence.owner(at);
    let region = evidence.ends_before(at, OVER)?;
    // With the stack pointer so near below, it may as well be a great array on a stack.
    let is_stack_near = at.0.checked_sub(evidence.regs.sp()).is_some_and(|above| above < STACK_MAX);
    let sure = match owner.kind {
        OwnerKind::Guard | OwnerKind::StackGuard if !is_stack_near => Confidence::Certain,
        OwnerKind::Guard | OwnerKind::StackGuard | OwnerKind::Unmapped => Confidence::Likely,
        _ => return None,
    };
    let access = evidence.instruction.as_ref()?.access_for(at)?;
    let does = match access.way {
        Way::Load | Way::Hint => "read",
        Way::Store | Way::Both => "wrote",
    };
    let over = at.0 - region.range.end.0 + 1;
    let what = match evidence.mapped_by(region.range.start) {
        Some(call) => format!("the memory of {}", call.line),
        None => {
            let part = evidence.owner(Addr(region.range.end.0 - 1));
            evidence.brief(&part)
        }
    };
    let place = evidence.place();
    let cause = format!("{place} {does} past the end of its memory, byte {over} behind the end of {what}");
    Some(Verdict::new(&row::DIED_OVERRUN, sure, cause).because(format!("{access}: {}", owner.text)))
}

/// A page of a mapped file that the file does not have.
pub(super) fn beyond_file(evidence: &Evidence<'_>) -> Option<Verdict> {
    let fault = evidence.fault().filter(|fault| fault.signal == Signal::BUS && fault.code == BEYOND)?;
    let region = evidence.region(fault.addr)?;
    let name = match region.name.as_str() {
        "" => "the mapped file".to_owned(),
        name => name.to_owned(),
    };
    let cause = format!("{} used mapped memory behind the end of the file {name}", evidence.place());
    let verdict = Verdict::new(&row::DIED_BEYOND_FILE, Confidence::Certain, cause);
    let shortened = evidence.all_calls().find(|call| call.is_any(&["ftruncate", "truncate"]) && call.errno().is_none());
    Some(match shortened {
        Some(call) => verdict.because(format!("it was made shorter: {}", call.line)),
        None => verdict.because(format!("{} is in a mapping of more pages than the file has", fault.addr)),
    })
}

/// A mapping at a low address was refused, and is used.
pub(super) fn low_mapping(evidence: &Evidence<'_>) -> Option<Verdict> {
    let at = evidence.fault_address().filter(|at| at.0 < LOW)?;
    let call = evidence.all_calls().find(|call| {
        let [start, len, _, flags, _] = call.args;
        let holds = (start != 0 || flags & FIXED != 0) && at.0.checked_sub(start).is_some_and(|off| off < len);
        call.is("mmap") && call.errno().is_some_and(|errno| REFUSED.contains(&errno)) && holds
    })?;
    let place = evidence.place();
    let cause = format!("{place} used memory that it was refused: the host keeps its first pages free: {}", call.line);
    Some(Verdict::new(&row::DIED_LOW_MAPPING, Confidence::Certain, cause))
}
