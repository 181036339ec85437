//! Where the program lies in a machine's memory.

use super::{is_translated, list};
use crate::{
    Subject,
    machine::{Machine, Region, Use, table::MACHINES, words},
    subject::Stretch,
};
use alloc::{borrow::ToOwned, format, string::String, vec, vec::Vec};
use ashore_base::{Addr, AddrRange};
use ashore_formats::Mark;
use ashore_image::Kind;
use ashore_isa::aarch64::walk::What;
use ashore_report::{Report, table as says};

/// Boot loaders place kernels at multiples of this, plus an offset below it.
const UNIT: u64 = 2 << 20;
const PAGE: u64 = 4096;
/// Go's linker puts its headers this far before the address it is told.
const GO_HEADERS: u64 = 0x1000;
/// A relocation's length in bytes, and the kinds that only add the load base.
const RELOCATION_LEN: usize = 24;
const RELATIVE: &[u32] = &[8, 1027, 3];

/// What a stretch of addresses turned out to be: a region's use and name, or a hole.
fn what_is(region: Option<&Region>) -> String {
    match region {
        Some(region) => format!("{} ({}, {})", region.kind.word(), region.name, words(region.memory)),
        None => "no memory at all".to_owned(),
    }
}

fn is_kind(region: Option<&Region>, kind: Use) -> bool {
    region.is_some_and(|region| region.kind == kind)
}

/// Writable stretches that are not wholly in RAM, and the first region each is in instead.
fn misplaced<'m>(subject: &Subject<'_>, machine: &'m Machine) -> Vec<(Stretch, Option<&'m Region>)> {
    let writable = subject.stretches().into_iter().filter(|stretch| stretch.perms.is_write);
    let bad = writable.filter_map(|stretch| {
        let pieces = machine.pieces(stretch.memory);
        let (_, region) = pieces.into_iter().find(|(_, region)| !is_kind(*region, Use::Ram))?;
        Some((stretch, region))
    });
    bad.collect()
}

pub(super) fn writable_outside_ram(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let bad = misplaced(subject, machine);
    let Some((first, region)) = bad.first() else { return Vec::new() };
    let names: Vec<String> = bad.iter().map(|(stretch, _)| stretch.name.clone()).collect();
    let lie = if names.len() == 1 { "lies" } else { "lie" };
    let reason = format!("{} {lie} in {}; RAM is {}", list(&names), what_is(*region), machine.ram());
    let mut report = says::WRITABLE_OUTSIDE_RAM.at(subject.place(first.memory.start), reason);
    for (stretch, region) in &bad {
        let fill = if stretch.is_zero_fill { ", zero fill" } else { "" };
        let kind = region.map_or("a hole", |region| region.kind.word());
        report = report.note(format!(
            "{} {} ({:#x} bytes{fill}) in {kind}",
            stretch.name,
            words(stretch.memory),
            stretch.memory.len()
        ));
    }
    let chip = bad.iter().any(|(_, region)| is_kind(*region, Use::Flash));
    if chip {
        report = report.note("stores to flash are lost, and some values are commands to the chip; loads give what the file held, zero fill gives 0");
    }
    vec![with_advice(report, subject, machine)]
}

/// Adds how to link the program for this machine's RAM.
fn with_advice(mut report: Report, subject: &Subject<'_>, machine: &Machine) -> Report {
    if let Some(other) = other_machine(subject, machine) {
        report = report.note(other);
    }
    for line in advice(subject, machine) {
        report = report.note(line);
    }
    report
}

/// The link flags that help, for the tools that made the program as far as they show.
fn advice(subject: &Subject<'_>, machine: &Machine) -> Vec<String> {
    let base = machine.link_base().0;
    let has = |word: &str| subject.hints.iter().any(|hint| hint.contains(word));
    let mut lines = Vec::new();
    if subject.go.is_some() {
        lines.push(format!("link for RAM: go build -ldflags=-T={:#x}", base + GO_HEADERS));
        lines.push(format!("or keep code where it is and move data only: go build -ldflags=\"-T=... -D={:#x}\"", base));
    } else if has("Rust") || has("rustc") {
        lines.push(format!(
            "link for RAM: -C link-arg=--image-base={base:#x} (rust-lld), or . = {base:#x} in the linker script"
        ));
    } else if has("LLD") || has("Zig") || has("zig") {
        lines.push(format!("link for RAM: -Wl,--image-base={base:#x}, or . = {base:#x} in the linker script"));
    } else {
        lines.push(format!(
            "link for RAM: -Wl,-Ttext={base:#x} (GNU ld), --image-base={base:#x} (lld), or . = {base:#x} in the linker script"
        ));
    }
    lines
}

/// The lowest address the machine is to have the program at.
fn lowest(subject: &Subject<'_>) -> Option<Addr> {
    subject.loaded().map(|(_, memory)| memory.start).min()
}

/// Where the program's first code is: what people call its link address.
fn code_base(subject: &Subject<'_>) -> Option<Addr> {
    let sections = subject.stretches();
    let code = sections.iter().filter(|stretch| stretch.perms.is_exec).map(|stretch| stretch.memory.start).min();
    code.or_else(|| lowest(subject))
}

/// Whose load address the program was linked for, if it is another machine's.
fn other_machine(subject: &Subject<'_>, machine: &Machine) -> Option<String> {
    let (base, code) = (lowest(subject)?, code_base(subject)?);
    let row = MACHINES.iter().filter(|row| row.name != machine.name).find(|row| {
        let bases = row.loading.flat_only.iter();
        bases.chain([&row.loading.raw_base]).any(|&at| at == base.0 || at == code.0 || at == base.0 + GO_HEADERS)
    })?;
    let at = if row.loading.flat_only.contains(&base.0) { base } else { code };
    Some(format!("{at} is where programs of {} ({}) are loaded", row.name, row.title))
}

pub(super) fn outside_memory(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let mut reports = Vec::new();
    for (segment, memory) in subject.loaded() {
        let pieces = machine.pieces(memory);
        let bad = pieces.iter().find(|(_, region)| !is_kind(*region, Use::Ram) && !is_kind(*region, Use::Flash));
        let Some((piece, region)) = bad else { continue };
        let mut reason = format!("the {} segment {} reaches into {}", segment.perms, words(memory), what_is(*region));
        let is_past = machine.all(Use::Ram).any(|ram| ram.memory.end == piece.start);
        if is_past {
            reason += &format!(", past the end of RAM ({})", machine.ram());
        } else {
            reason += &format!("; RAM is {}", machine.ram());
        }
        reports.push(with_advice(says::OUTSIDE_MEMORY.at(subject.place(piece.start), reason), subject, machine));
    }
    reports
}

pub(super) fn code_in_busy_flash(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let busy: Vec<&Region> = misplaced(subject, machine)
        .into_iter()
        .filter_map(|(_, region)| region)
        .filter(|r| r.kind == Use::Flash)
        .collect();
    let code = subject.stretches().into_iter().filter(|stretch| stretch.perms.is_exec && !stretch.perms.is_write);
    let found = code.filter_map(|stretch| {
        let pieces = machine.pieces(stretch.memory);
        let (_, chip) = pieces.into_iter().find(|(_, region)| region.is_some_and(|r| busy.contains(&r)))?;
        Some((stretch, chip?.name.clone()))
    });
    let found: Vec<_> = found.collect();
    let Some((first, chip)) = found.first() else { return Vec::new() };
    let reason = format!(
        "{} runs from {chip}, which the program also stores to: a store whose low byte is a command (0x70, 0xe8, 0x20, ...) makes the next instruction fetch read the chip's status",
        first.name
    );
    vec![says::CODE_IN_BUSY_FLASH.at(subject.place(first.memory.start), reason)]
}

pub(super) fn covers_reserved(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let mut reports = Vec::new();
    let slot = machine.tree_slot(subject.part().format.is_flat);
    let reserved = machine.all(Use::Reserved).map(|region| (region.memory, region.name.clone()));
    let mut places: Vec<(AddrRange, String)> = reserved.collect();
    places.extend(slot.map(|slot| (slot, "the place of the device tree".to_owned())));
    for (place, name) in places {
        let over: Vec<AddrRange> =
            subject.loaded().map(|(_, memory)| memory).filter(|memory| memory.overlaps(place)).collect();
        let Some(first) = over.first() else { continue };
        let mut reason = format!("{} covers {name} ({})", words(*first), words(place));
        if Some(place) == slot {
            reason += ": the loader leaves the tree out without a word";
        }
        let report = says::COVERS_RESERVED.at(subject.place(first.start), reason);
        reports.push(with_advice(report, subject, machine));
    }
    reports
}

pub(super) fn load_address(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let mut reports = Vec::new();
    let say = |addr: Addr, reason: String| says::LOAD_ADDRESS.at(subject.place(addr), reason);
    let Some(base) = lowest(subject) else { return reports };
    if let Some(offset) = subject.boot_offset() {
        if offset >= UNIT || offset % PAGE != 0 {
            let reason =
                format!("the header asks for an offset of {offset:#x}; it must be a multiple of 4 KiB below 2 MiB");
            reports.push(say(base, reason));
        }
    } else if !subject.part().format.is_flat {
        let flat = machine.loading.flat_only;
        let code = code_base(subject).unwrap_or(base);
        if !flat.is_empty() && !flat.contains(&base.0) && !flat.contains(&code.0) {
            let bases: Vec<String> = flat.iter().map(|at| format!("{at:#x}")).collect();
            let reason =
                format!("it is linked at {base}, but {} loads flat images at {}", machine.title, bases.join(" or "));
            reports.push(with_advice(say(base, reason), subject, machine));
        } else if let (true, false, Some(other)) = (
            flat.is_empty(),
            // Code in flash is fine by itself: the address is wrong when data is wrong too.
            misplaced(subject, machine).is_empty(),
            other_machine(subject, machine),
        ) {
            let reason = format!("{other}; {} has {} there", machine.title, what_is(machine.at(base)));
            reports.push(say(base, reason));
        }
    }
    reports.extend(lost_jumps(subject, machine));
    reports.extend(relocations(subject, machine));
    reports
}

/// Jumps of the start-up code to constant addresses at which the image is not.
fn lost_jumps(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let span: Vec<AddrRange> = subject.loaded().map(|(_, memory)| memory).collect();
    let events = subject.start_up();
    let lost = events.iter().filter_map(|event| match event.what {
        What::Lost(to) if to.is_absolute && !is_translated(event, to.bits) => Some((event.at, to.bits)),
        _ => None,
    });
    let found = lost.filter(|(_, to)| !span.iter().any(|memory| memory.contains(Addr(*to))) && *to != 0);
    let report = |(at, to): (Addr, u64)| {
        let loaded: Vec<String> = span.iter().map(|memory| words(*memory)).collect();
        let reason = format!(
            "start-up jumps to the constant address {to:#x}, but on {} the image is at {}",
            machine.name,
            loaded.join(", ")
        );
        says::LOAD_ADDRESS.at(subject.place(at), reason)
    };
    found.take(1).map(report).collect()
}

/// Relocations in a program that no dynamic linker will see.
fn relocations(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let part = subject.part();
    let bytes = part.linking.relocations.of(subject.parsed().bytes.0).unwrap_or_default();
    let kinds =
        bytes.chunks_exact(RELOCATION_LEN).filter_map(|row| Some(u32::from_le_bytes(row.get(8..12)?.try_into().ok()?)));
    let (mut relative, mut other) = (0, 0);
    for kind in kinds {
        if RELATIVE.contains(&kind) { relative += 1 } else { other += 1 }
    }
    let is_moved = part.image.kind != Kind::Static && !machine.loading.flat_only.is_empty();
    let base = lowest(subject).unwrap_or_default();
    if other > 0 {
        let reason = format!("{other} relocations want symbols of a dynamic linker, and none runs on a bare machine");
        return vec![says::LOAD_ADDRESS.at(subject.place(base), reason)];
    }
    if relative > 0 && is_moved {
        let reason = format!(
            "{relative} pointers are to be relocated when it is loaded elsewhere than at {base}, and no loader does that"
        );
        return vec![says::LOAD_ADDRESS.at(subject.place(base), reason)];
    }
    Vec::new()
}

pub(super) fn bss_not_cleared(subject: &Subject<'_>, machine: &Machine) -> Vec<Report> {
    let is_copied = subject.part().format.is_flat || !machine.loading.flat_only.is_empty();
    if !is_copied || subject.begins_under_a_system() {
        return Vec::new();
    }
    let zeroed: Vec<AddrRange> = subject
        .part()
        .image
        .segments
        .iter()
        .map(|segment| subject.physical_range(segment.zeroed()))
        .filter(|memory| !memory.is_empty())
        .collect();
    let Some(first) = zeroed.first() else { return Vec::new() };
    let events = subject.start_up();
    let is_cleared = events.iter().any(|event| match event.what {
        What::Access { to, is_store: true, .. } => zeroed.iter().any(|memory| memory.contains(Addr(to.bits))),
        _ => false,
    });
    if is_cleared {
        return Vec::new();
    }
    let len: u64 = zeroed.iter().map(|memory| memory.len()).sum();
    let how = match subject.part().marks.iter().any(|mark| matches!(mark, Mark::Boot { .. })) {
        true => "boot loaders reserve it but do not clear it",
        false => "a flat image does not hold it",
    };
    let reason = format!(
        "{len:#x} bytes of zero fill at {}: {how}, and no store of the start-up code reaches it",
        words(*first)
    );
    vec![says::BSS_NOT_CLEARED.at(subject.place(first.start), reason)]
}
