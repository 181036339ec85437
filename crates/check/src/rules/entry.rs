//! What the CPU is in when the program begins: exception level, vector registers, exception vectors, stack.

use super::{is_translated, turns_mmu_on};
use crate::{
    Machine, Subject,
    machine::{Use, words},
};
use alloc::{collections::BTreeSet, format, string::String, vec, vec::Vec};
use ashore_base::{Addr, AddrRange};
use ashore_isa::aarch64::{
    system::{SysReg, Upcall},
    walk::{Event, What},
};
use ashore_report::{Report, table as says};

/// The table of exception vectors: its alignment and its length.
const VECTORS_LEN: u64 = 0x800;
/// What a stack pointer must be a multiple of.
const STACK_ALIGN: u64 = 16;
/// Accesses of this size or more are looked at.
const WIDE: u8 = 8;

fn name(reg: SysReg) -> String {
    reg.name().map_or_else(|| format!("a register of EL{}", reg.level()), String::from)
}

/// The register an event moves.
fn moved(event: &Event) -> Option<SysReg> {
    match event.what {
        What::Read(reg) | What::Write(reg, _) => Some(reg),
        _ => None,
    }
}

pub(super) fn exception_level(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let events = subject.start_up();
    let mut used = events.iter().filter_map(|event| {
        let reg = moved(event).filter(|reg| reg.level() == 1 && !reg.is_identity() && !reg.is_state())?;
        (!event.before.asked_level).then_some((event.at, reg))
    });
    let Some((at, reg)) = used.next() else { return Vec::new() };
    let level = match machine.loading.level {
        1 => "programs begin at EL1 here, but at EL2 with virtualization (virtualization=on) and at EL3 with secure=on"
            .into(),
        level => format!("programs begin at EL{level} here, where {} is another register's bank", name(reg)),
    };
    vec![
        says::EXCEPTION_LEVEL
            .at(subject.place(at), format!("{} is used without a read of CurrentEL: {level}", name(reg))),
    ]
}

pub(super) fn psci_conduit(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let word = |upcall| if upcall == Upcall::Monitor { "smc" } else { "hvc" };
    let events = subject.start_up();
    let wrong = events.iter().find_map(|event| match event.what {
        What::Up(upcall) if upcall != Upcall::Kernel && Some(upcall) != machine.firmware => Some((event.at, upcall)),
        _ => None,
    });
    let Some((at, upcall)) = wrong else { return Vec::new() };
    let reason = match machine.firmware {
        Some(right) => format!("{} is used, but {} takes calls by {}", word(upcall), machine.title, word(right)),
        None => format!("{} is used, but {} has no firmware that takes calls", word(upcall), machine.title),
    };
    vec![says::PSCI_CONDUIT.at(subject.place(at), reason)]
}

pub(super) fn fp_before_enable(subject: &Subject<'_>, _: &Machine) -> Vec<Report> {
    let events = subject.start_up();
    let early = |event: &&Event| event.what == What::Vector && !event.before.enabled_vectors;
    let Some(first) = events.iter().find(early) else { return Vec::new() };
    let count = events.iter().filter(early).count();
    let reason =
        format!("it can be reached from the entry without a write to CPACR_EL1 before ({count} such instructions)");
    vec![says::FP_BEFORE_ENABLE.at(subject.place(first.at), reason)]
}

pub(super) fn vector_table(subject: &Subject<'_>, _: &Machine) -> Vec<Report> {
    let mut reports = Vec::new();
    let mut seen = BTreeSet::new();
    let mut note = |event: Event| {
        let What::Write(SysReg::VBAR_EL1, Some(value)) = event.what else { return };
        if !seen.insert((event.at, value.bits)) {
            return;
        }
        let table = Addr(value.bits);
        let rest =
            subject.loaded().find(|(_, memory)| memory.contains(table)).map(|(_, memory)| memory.end.0 - table.0);
        let reason = if !table.0.is_multiple_of(VECTORS_LEN) {
            format!(
                "VBAR_EL1 is set to {table}, which is not a multiple of {VECTORS_LEN:#x}: the CPU drops the low bits"
            )
        } else if let Some(rest @ ..VECTORS_LEN) = rest {
            format!("the table at {table} is followed by {rest:#x} bytes of the program, not {VECTORS_LEN:#x}")
        } else {
            return;
        };
        reports.push(says::VECTOR_TABLE.at(subject.place(event.at), reason));
    };
    subject.start_up().into_iter().for_each(&mut note);
    subject.read_straight(&mut note);
    reports
}

pub(super) fn no_vector_table(subject: &Subject<'_>, _: &Machine) -> Vec<Report> {
    if subject.begins_under_a_system() || subject.written_registers().contains(&SysReg::VBAR_EL1) {
        return Vec::new();
    }
    let entry = subject.part().image.entry.addr().unwrap_or_default();
    vec![says::NO_VECTOR_TABLE.at(subject.place_seen(entry), "no msr VBAR_EL1 is in any executable segment")]
}

pub(super) fn stack_pointer(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let mut reports = Vec::new();
    for event in subject.start_up() {
        let What::Stack(value) = event.what else { continue };
        if is_translated(&event, value.bits) {
            continue;
        }
        let top = Addr(value.bits);
        // The stack grows down: what must be RAM is below.
        let below = AddrRange { start: top.minus(STACK_ALIGN), end: top };
        let reason = if value.bits % STACK_ALIGN != 0 {
            format!("the stack pointer becomes {top}, which is not a multiple of 16")
        } else if !machine.is_ram(below) {
            let place = machine.at(below.start);
            let place = place.map_or("no memory".into(), |region| format!("{} ({})", region.kind.word(), region.name));
            format!("the stack pointer becomes {top}: below it is {place}; RAM is {}", machine.ram())
        } else {
            continue;
        };
        reports.push(says::STACK_POINTER.at(subject.place(event.at), reason));
    }
    reports
}

pub(super) fn unaligned_data(subject: &Subject<'_>, _: &Machine) -> Vec<Report> {
    let turns_on = turns_mmu_on(subject);
    let data: Vec<_> =
        subject.stretches().into_iter().filter(|stretch| !stretch.perms.is_exec && !stretch.holds_strings).collect();
    let mut reports: Vec<Report> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut note = |event: Event| {
        let What::Access { to, size, .. } = event.what else { return };
        if event.before.enabled_mmu || size < WIDE || to.bits % u64::from(size) == 0 || !seen.insert(event.at) {
            return;
        }
        let Some(section) = data.iter().find(|stretch| stretch.memory.contains(Addr(to.bits))) else { return };
        if section.align >= u64::from(size) && to.bits % 8 == 0 {
            return;
        }
        let reason = format!(
            "{size} bytes are accessed at {:#x} in {} ({}, alignment {})",
            to.bits,
            section.name,
            words(section.memory),
            section.align
        );
        reports.push(says::UNALIGNED_DATA.at(subject.place(event.at), reason));
    };
    subject.start_up().into_iter().for_each(&mut note);
    // Code past the start-up runs with the MMU on, unless nobody ever turns it on.
    if !turns_on {
        subject.read_straight(&mut note);
    }
    reports
}

/// Registers whose reset value is unknown on real CPUs, and what goes wrong.
const RESET: &[(SysReg, &str)] = &[
    (SysReg::CNTKCTL_EL1, "CNTKCTL_EL1: whether programs at EL0 may read the counter"),
    (SysReg::TPIDRRO_EL0, "TPIDRRO_EL0: KVM does not zero it"),
    (SysReg::SCTLR_EL1, "SCTLR_EL1: alignment checks (A, SA), caches, byte order"),
];

pub(super) fn reset_values(subject: &Subject<'_>, _: &Machine) -> Vec<Report> {
    if subject.begins_under_a_system() {
        return Vec::new();
    }
    let written = subject.written_registers();
    let left: Vec<&str> = RESET.iter().filter(|row| !written.contains(&row.0)).map(|row| row.1).collect();
    if left.is_empty() {
        return Vec::new();
    }
    let entry = subject.part().image.entry.addr().unwrap_or_default();
    vec![says::RESET_VALUES.at(subject.place_seen(entry), format!("never written: {}", left.join("; ")))]
}

/// Whether an address is of a device of the machine.
pub(super) fn is_known(machine: &Machine, at: Addr) -> bool {
    machine.at(at).is_some() || machine.all(Use::Reserved).any(|region| region.memory.contains(at))
}
