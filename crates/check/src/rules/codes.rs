//! Branches, names and addresses in code.

use super::{PHYSICAL_END, entry::is_known, turns_mmu_on};
use crate::{
    Machine, Subject,
    code::{Branch, Follower, branches},
    machine::table::MACHINES,
};
use alloc::{collections::BTreeMap, format, string::String, vec, vec::Vec};
use ashore_base::{Addr, PAGE_SIZE};
use ashore_formats::{Binding, Symbol};
use ashore_isa::aarch64::walk::{Event, What};
use ashore_report::{Report, table as says};

/// Candidates of one program that are looked at closely.
const CLOSE_LIMIT: usize = 4096;
/// How many pairs of one name are reported.
const PAIRS_LIMIT: usize = 64;

pub(super) fn branch_target(subject: &Subject<'_>) -> Vec<Report> {
    let image = &subject.part().image;
    let is_code = |at: Addr| image.segment_at(at).is_some_and(|segment| segment.perms.is_exec);
    let mut candidates: Vec<(Addr, Addr)> = Vec::new();
    for segment in image.code() {
        branches(subject, segment, &mut |Branch { at, to, .. }| {
            if !is_code(to) && candidates.len() < CLOSE_LIMIT {
                candidates.push((at, to));
            }
        });
    }
    let mut follower = Follower::new(subject);
    let real = candidates.into_iter().filter(|(at, _)| follower.reaches(*at));
    let report = |(at, to): (Addr, Addr)| {
        let what = image.segment_at(to).map_or("nothing is mapped there", |_| "that is data");
        says::BRANCH_TARGET.at(subject.place_seen(at), format!("it leads to {to}, and {what}"))
    };
    real.map(report).collect()
}

pub(super) fn ambiguous_name(subject: &Subject<'_>) -> Vec<Report> {
    let parsed = subject.parsed();
    // A table for dynamic linking may have one name in several versions.
    if !subject.part().symbols.is_some_and(|table| table.is_full) {
        return Vec::new();
    }
    let mut named: BTreeMap<&[u8], Vec<Symbol<'_>>> = BTreeMap::new();
    for symbol in parsed.symbols(subject.part()).into_iter().filter(|symbol| symbol.is_function) {
        let name = symbol.name;
        // What compilers number themselves is no name a person would give to a tool.
        if !name.is_empty() && !name.starts_with(b"$") && !name.starts_with(b".") {
            named.entry(name).or_default().push(symbol);
        }
    }
    let is_pair = |list: &Vec<Symbol<'_>>| {
        let first = list.first().map(|symbol| symbol.memory.start);
        list.iter().any(|symbol| Some(symbol.memory.start) != first)
            && list.iter().any(|symbol| symbol.binding != Binding::Local)
    };
    named.retain(|_, list| is_pair(list));
    if named.is_empty() {
        return Vec::new();
    }
    let mut sites: BTreeMap<Addr, usize> =
        named.values().flatten().take(PAIRS_LIMIT * 4).map(|symbol| (symbol.memory.start, 0)).collect();
    for segment in subject.part().image.code() {
        branches(subject, segment, &mut |branch| {
            if let Some(count) = sites.get_mut(&branch.to).filter(|_| branch.is_call) {
                *count += 1;
            }
        });
    }
    let report = |(name, list): (&[u8], Vec<Symbol<'_>>)| {
        let name = String::from_utf8_lossy(name).into_owned();
        let first = list.first().map(|symbol| symbol.memory.start).unwrap_or_default();
        let words = list.iter().map(|symbol| {
            let count = sites.get(&symbol.memory.start).copied().unwrap_or_default();
            format!("{} at {} ({count} call sites)", symbol.binding.word(), symbol.memory.start)
        });
        let reason = format!("{name} is {}", words.collect::<Vec<_>>().join(", and "));
        says::AMBIGUOUS_NAME.at(subject.place_seen(first), reason)
    };
    named.into_iter().take(PAIRS_LIMIT).map(report).collect()
}

pub(super) fn go_program(subject: &Subject<'_>, _: &Machine) -> Vec<Report> {
    let Some(go) = &subject.go else { return Vec::new() };
    let entry = subject.part().image.entry.addr().unwrap_or_default();
    let own = match (subject.begins_under_a_system(), subject.entry_name()) {
        (true, Some(name)) => {
            format!(
                "its entry {name} is the runtime's: it reads argc, argv and auxv from the stack and makes system calls"
            )
        }
        (_, Some(name)) => {
            format!("its entry {name} is the program's own; the runtime behind it makes system calls once started")
        }
        _ => "its runtime makes system calls once started".into(),
    };
    let system = go.os().map_or("an unnamed system", |os| os.name());
    let mut report =
        says::GO_PROGRAM.at(subject.place_seen(entry), format!("{}, built for {system}: {own}", go.version));
    let barrier = subject.parsed().symbols(subject.part());
    let barrier = barrier.iter().find(|symbol| symbol.name == b"runtime.writeBarrier");
    if let Some(symbol) = barrier {
        report = report.note(format!(
            "runtime.writeBarrier is at {}: pointer stores depend on it being in RAM",
            symbol.memory.start
        ));
    }
    vec![report]
}

/// What another machine has at an address.
fn elsewhere(machine: &Machine, at: Addr) -> Option<String> {
    let others = MACHINES.iter().filter(|row| row.name != machine.name).map(|row| row.machine(None));
    let found = others.filter_map(|other| Some((other.title.clone(), other.at(at)?.clone())));
    let mut devices = found.filter(|(_, region)| region.kind == crate::machine::Use::Device);
    devices.next().map(|(title, region)| format!("{title} has its {} there", region.name))
}

pub(super) fn missing_device(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let turns_on = turns_mmu_on(subject);
    let mut pages: BTreeMap<u64, (Addr, u64, usize)> = BTreeMap::new();
    let mut note = |event: Event| {
        let What::Access { to, .. } = event.what else { return };
        let at = Addr(to.bits);
        // The first page is where null pointers lead, and the program's own memory is no device.
        let is_missing = to.bits >= PAGE_SIZE && !is_known(machine, at) && subject.seen(at).is_none();
        let is_translated = turns_on && to.bits >= PHYSICAL_END;
        if to.is_absolute && is_missing && !is_translated {
            pages.entry(to.bits / PAGE_SIZE).or_insert((event.at, to.bits, 0)).2 += 1;
        }
    };
    subject.start_up().into_iter().for_each(&mut note);
    subject.read_straight(&mut note);
    let report = |(at, to, _): (Addr, u64, usize)| {
        let mut reason = format!("it accesses {to:#x}, where {} has nothing", machine.title);
        if let Some(other) = elsewhere(machine, Addr(to)) {
            reason += &format!("; {other}");
        }
        says::MISSING_DEVICE.at(subject.place(at), reason)
    };
    pages.into_values().map(report).collect()
}
