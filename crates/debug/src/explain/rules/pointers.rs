//! Pointers that are something else: an error number, a text, a number with a tag.

use super::super::code::{Access, Class, OwnerKind, Role};
use super::super::evidence::{Call, Evidence};
use super::super::verdict::{Confidence, Verdict};
use ashore_base::Addr;
use ashore_isa::facts::ThreadPointer;
use ashore_report::table as row;

/// The greatest error number that a call gives back as a negative number.
const ERRNO_MAX: u64 = 4095;
/// A thread pointer below this points nowhere.
const THREAD_POINTER_MIN: u64 = 0x1_0000;
/// How far from the thread pointer thread-local memory is looked for.
const THREAD_LOCAL_MAX: u64 = 1 << 20;
/// Whatever the CPU can do, no host gives a program more bits of address space.
const ADDRESS_BITS: u32 = 47;
/// Thread-local memory may begin so many bytes below the thread pointer; so the address is a small negative number.
const CALLS_BACK: usize = 8;

/// Thread-local memory is used, and nothing points at it.
pub(super) fn thread_local(evidence: &Evidence<'_>) -> Option<Verdict> {
    let instruction = evidence.instruction.as_ref()?;
    let access = match instruction.is_thread_local {
        true => evidence.access_where(|access| access.role == Role::ThreadLocal)?,
        false => evidence.access_where(|_| asked_for_it(evidence))?,
    };
    let pointers = evidence.facts().thread_pointers;
    let used = pointers.iter().find(|pointer| instruction.text.contains(pointer.mark)).or(pointers.first())?;
    let (name, base) = (used.title, evidence.regs.get(used.register)?);
    let is_near = access.at.0.wrapping_sub(base).wrapping_add(THREAD_LOCAL_MAX) < 2 * THREAD_LOCAL_MAX;
    let is_here =
        evidence.is_refused() || evidence.fault_address().is_some_and(|at| at.0.wrapping_sub(access.at.0) < 64);
    if base >= THREAD_POINTER_MIN || !is_near || !is_here {
        return None;
    }
    let place = evidence.place();
    let cause = match base {
        0 => format!("{place} used thread-local memory, and the thread pointer ({name}) was never set: it is 0"),
        _ => format!("{place} used thread-local memory, and the thread pointer ({name}) is the number {base:#x}"),
    };
    let mut verdict = Verdict::new(&row::DIED_THREAD_LOCAL, Confidence::Certain, cause)
        .because(format!("{} reaches {}", instruction.text, access.at));
    let value = |other: &ThreadPointer| evidence.regs.get(other.register).unwrap_or_default();
    if let Some(other) = pointers.iter().find(|other| value(other) >= THREAD_POINTER_MIN) {
        let title = other.title;
        verdict = verdict.because(format!("{title} is {:#x}, {name} is not: perhaps the wrong register", value(other)));
    }
    Some(verdict)
}

/// Whether it asked where thread-local memory is right before, on a CPU whose operands cannot be thread-local.
fn asked_for_it(evidence: &Evidence<'_>) -> bool {
    let is_straight = |class| matches!(class, Class::Plain | Class::Branch);
    let mut last = evidence.before.iter().rev().take_while(|instruction| is_straight(instruction.class));
    last.any(|instruction| instruction.is_thread_local)
}

/// What a failed call gave back is used as a pointer.
pub(super) fn errno_pointer(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.fault_address().or_else(|| evidence.is_refused().then_some(Addr(0)))?;
    let accesses = &evidence.instruction.as_ref()?.accesses;
    let number = accesses.iter().find_map(|access| small_negative(access, evidence))?;
    let place = evidence.place();
    if let Some(verdict) = inverted(evidence, number, &place) {
        return Some(verdict);
    }
    let is_it = |call: &&Call| call.errno().is_some_and(|errno| number == 1 || u64::from(errno) == number);
    // MAP_FAILED is -1 whatever the error.
    let gives_pointer = |call: &&Call| call.is_any(&["mmap", "mremap", "shmat", "brk", "sbrk"]);
    let mut calls = evidence.calls().take(CALLS_BACK).filter(is_it);
    let call = if number == 1 { calls.find(gives_pointer) } else { calls.next() };
    let (sure, cause) = match call {
        Some(call) => {
            let what = if number == 1 { "-1".to_owned() } else { format!("-{number}") };
            let line = &call.line;
            (Confidence::Certain, format!("{place} used {what}, which a failed call gave back, as a pointer: {line}"))
        }
        None if number == 1 => {
            (Confidence::Likely, format!("{place} used -1 as a pointer: what a failed call gives back"))
        }
        None => {
            let number_of = u16::try_from(number).unwrap_or_default();
            let name = evidence.errno_name(number_of);
            (
                Confidence::Likely,
                format!("{place} used -{number} as a pointer: an error number ({name}) that was not checked"),
            )
        }
    };
    Some(Verdict::new(&row::DIED_ERRNO_POINTER, sure, cause))
}

/// The last call's error was made negative by NOT, which gives one less than negating does.
fn inverted(evidence: &Evidence<'_>, number: u64, place: &str) -> Option<Verdict> {
    let call = evidence.calls().next()?;
    let errno = call.errno().filter(|errno| u64::from(*errno) + 1 == number && number > 2)?;
    let name = evidence.errno_name(errno);
    let cause =
        format!("{place} used -{number} as a pointer: the error {errno} ({name}) turned by NOT instead of negated");
    Some(Verdict::new(&row::DIED_ERRNO_POINTER, Confidence::Likely, cause).because(call.line.clone()))
}

/// The error number that a pointer of this access is.
fn small_negative(access: &Access, evidence: &Evidence<'_>) -> Option<u64> {
    let is_here = evidence.is_of_access(access);
    let [(_, value)] = access.formula.registers.as_slice() else { return None };
    let number = value.wrapping_neg();
    (is_here && access.role != Role::ThreadLocal && (1..=ERRNO_MAX).contains(&number)).then_some(number)
}

/// A pointer that is a text, or has a tag.
pub(super) fn not_canonical(evidence: &Evidence<'_>) -> Option<Verdict> {
    let form = evidence.facts().addresses;
    let kind = |at: Addr| evidence.owner(at).kind;
    let access = evidence.access_where(|access| {
        access.role != Role::Stack
            && matches!(kind(access.at), OwnerKind::Text | OwnerKind::NotCanonical)
            && !form.is_canonical(access.at.0)
            && evidence.is_of_access(access)
    })?;
    let place = evidence.place();
    let (name, value) = access
        .formula
        .registers
        .iter()
        .copied()
        .find(|(_, value)| !form.is_canonical(*value))
        .unwrap_or(("the address", access.at.0));
    let text = value.to_le_bytes();
    let verdict = if text.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        let text = String::from_utf8_lossy(&text).escape_debug().to_string();
        let cause = format!("{place} used the text `{text}` as a pointer: a text that was too long overwrote it");
        Verdict::new(&row::DIED_NOT_ADDRESS, Confidence::Certain, cause)
    } else {
        let bits = form.bits.min(ADDRESS_BITS);
        let (tag, rest) = (value >> bits, value & ((1 << bits) - 1));
        let owner = evidence.owner(Addr(rest));
        let is_mapped = owner.region.is_some();
        let cause = match is_mapped {
            true => format!(
                "{place} used a pointer with a tag in its upper bits: {value:#x}, without the tag {rest:#x}, {}",
                evidence.brief(&owner)
            ),
            false => format!("{place} used {value:#x} as a pointer: no address looks like that"),
        };
        let sure = if is_mapped { Confidence::Certain } else { Confidence::Likely };
        let verdict = Verdict::new(&row::DIED_NOT_ADDRESS, sure, cause);
        if is_mapped {
            verdict
                .because(format!("its bits from {bits} are {tag:#x}"))
                .next("take the tag off a pointer before it is used: this system and CPU do not ignore it")
        } else {
            verdict
        }
    };
    Some(verdict.because(format!("{name} = {value:#x} in {access}")))
}
