//! Whose an address is.

use super::{Program, Region};
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_isa::facts::AddressForm;
use ashore_pivot::{ERRNOS, Errno};

/// Addresses below this are what a null pointer plus a field's offset makes; hosts map nothing there.
const NULL_PAGES: u64 = 0x1_0000;
/// The least number of characters that are text rather than chance.
const TEXT_MIN: usize = 4;
/// An inaccessible mapping up to this long beside memory that is used is there to catch overruns.
const GUARD_MAX: u64 = 1 << 20;
/// A neighbour further away than this explains nothing.
const NEAR: u64 = 1 << 20;

/// A stack that somebody knows of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stack {
    /// Where it is, without its guard.
    pub range: AddrRange,
    /// Whose, as a person reads it: `main stack`, `thread 3's stack`.
    pub name: String,
}

/// Everything that is known about the address space.
#[derive(Clone, Copy)]
pub struct Space<'a, 'p> {
    /// The mappings, sorted by address.
    pub regions: &'a [Region],
    /// The program, its libraries.
    pub programs: &'a [Program<'p>],
    /// Stacks that are known.
    pub stacks: &'a [Stack],
    /// Which numbers are addresses.
    pub form: AddressForm,
}

/// What kind of address it is, for rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OwnerKind {
    /// The program's code.
    Code,
    /// The program's data that it cannot write.
    Constant,
    /// The program's data.
    Data,
    /// The memory that brk moves.
    Heap,
    /// A stack.
    Stack,
    /// Memory that nobody may touch beside a stack.
    StackGuard,
    /// Memory that nobody may touch beside a mapping.
    Guard,
    /// A mapping without a name.
    Anonymous,
    /// A mapping with a name: a file, something of the host's.
    Named,
    /// Null, or a small offset from it.
    NullPage,
    /// An error number used as an address.
    SmallNegative,
    /// Characters used as an address.
    Text,
    /// In neither half of the address space: the CPU refuses it without looking.
    NotCanonical,
    /// In the kernel's half.
    Kernel,
    /// Nothing is there.
    Unmapped,
}

/// Whose an address is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    /// The kind.
    pub kind: OwnerKind,
    /// The words a person reads.
    pub text: String,
    /// The mapping, if there is one.
    pub region: Option<Region>,
}

impl Space<'_, '_> {
    /// The mapping that holds `at`.
    pub fn region(&self, at: Addr) -> Option<&Region> {
        let after = self.regions.partition_point(|region| region.range.start <= at);
        self.regions.get(after.checked_sub(1)?).filter(|region| region.range.contains(at))
    }

    /// Whose `at` is.
    pub fn owner(&self, at: Addr) -> Owner {
        let region = self.region(at);
        let (kind, text) = match region {
            Some(region) => self.mapped(at, region),
            None => self.unmapped(at),
        };
        Owner { kind, text, region: region.cloned() }
    }

    fn mapped(&self, at: Addr, region: &Region) -> (OwnerKind, String) {
        if let Some(found) = self.programs.iter().find_map(|program| of_program(program, at)) {
            return found;
        }
        if let Some(stack) = self.stacks.iter().find(|stack| stack.range.contains(at)) {
            let above = at.0 - stack.range.start.0;
            return (OwnerKind::Stack, format!("{}, {above:#x} bytes above its lowest", stack.name));
        }
        let perms = region.perms;
        let is_closed = !perms.is_read && !perms.is_write && !perms.is_exec;
        if is_closed && let Some(found) = self.guard(region) {
            return found;
        }
        let range = span(region.range);
        match region.name.as_str() {
            "[heap]" => (OwnerKind::Heap, "heap (brk)".to_owned()),
            "" if is_closed => (OwnerKind::Anonymous, format!("reserved memory {range}, not accessible")),
            "" => (OwnerKind::Anonymous, format!("anonymous mapping {range} {perms}")),
            name => (OwnerKind::Named, format!("{name}, mapped {range} {perms}")),
        }
    }

    /// An inaccessible mapping beside another one, if that is what it is there for. Stacks grow down into theirs, so what
    /// lies above counts first.
    fn guard(&self, region: &Region) -> Option<(OwnerKind, String)> {
        let stack = self.stacks.iter().find(|stack| stack.range.start == region.range.end);
        if let Some(stack) = stack {
            return Some((OwnerKind::StackGuard, format!("guard page below the {}", stack.name)));
        }
        if region.range.len() > GUARD_MAX {
            return None;
        }
        let is_used = |other: &&Region| other.perms.is_read || other.perms.is_write;
        let above = self.region(region.range.end).filter(is_used);
        let below = self.region(region.range.start.minus(1)).filter(is_used);
        let (side, other) = match (above, below) {
            (Some(above), _) => ("below", above),
            (None, Some(below)) => ("above", below),
            (None, None) => return None,
        };
        Some((OwnerKind::Guard, format!("guard page {side} the mapping {}", span(other.range))))
    }

    fn unmapped(&self, at: Addr) -> (OwnerKind, String) {
        if at.0 < NULL_PAGES {
            let text = match at.0 {
                0 => "null".to_owned(),
                offset if offset < PAGE_SIZE => format!("the null page, {offset:#x} bytes behind a null pointer"),
                offset => format!("near null, {offset:#x} bytes behind a null pointer"),
            };
            return (OwnerKind::NullPage, text);
        }
        if let Some(text) = small_negative(at) {
            return (OwnerKind::SmallNegative, text);
        }
        if let Some(text) = characters(at) {
            return (OwnerKind::Text, format!("the text `{text}` used as an address"));
        }
        let AddressForm { bits, ignored } = self.form;
        if !self.form.is_canonical(at.0) {
            let last = 63 - ignored;
            return (OwnerKind::NotCanonical, format!("not a canonical address: bits {bits} to {last} differ"));
        }
        if at.0 >> 63 != 0 {
            return (OwnerKind::Kernel, "in the kernel's half of the address space".to_owned());
        }
        (OwnerKind::Unmapped, format!("not mapped{}", self.neighbour(at)))
    }

    fn neighbour(&self, at: Addr) -> String {
        let after = self.regions.partition_point(|region| region.range.start <= at);
        let below = after.checked_sub(1).and_then(|index| self.regions.get(index));
        let above = self.regions.get(after);
        let gap_below = below.map_or(u64::MAX, |below| at.0.saturating_sub(below.range.end.0));
        let gap_above = above.map_or(u64::MAX, |above| above.range.start.0 - at.0);
        // What begins right behind an address that fell off a stack's lower end matters more than what ends before it.
        let stack = above
            .filter(|_| gap_above < NEAR)
            .and_then(|above| self.stacks.iter().find(|stack| stack.range.start == above.range.start));
        if let Some(stack) = stack {
            return format!("; the {} begins {gap_above:#x} bytes above", stack.name);
        }
        match (below, above) {
            (Some(below), _) if gap_below <= gap_above && gap_below < NEAR => {
                format!("; {} ends {gap_below:#x} bytes below", self.called(below))
            }
            (_, Some(above)) if gap_above < NEAR => {
                format!("; {} begins {gap_above:#x} bytes above", self.called(above))
            }
            _ => "; nothing is near".to_owned(),
        }
    }

    fn called(&self, region: &Region) -> String {
        let program = self.programs.iter().find_map(|program| of_program(program, region.range.start));
        match (program, region.name.as_str()) {
            (Some((_, text)), _) => text,
            (None, "[heap]") => "the heap (brk)".to_owned(),
            (None, "") => format!("the mapping {} {}", span(region.range), region.perms),
            (None, name) => name.to_owned(),
        }
    }
}

fn of_program(program: &Program<'_>, at: Addr) -> Option<(OwnerKind, String)> {
    let segment = program.segment(at)?;
    let kind = match (segment.perms.is_exec, segment.perms.is_write) {
        (true, _) => OwnerKind::Code,
        (false, true) => OwnerKind::Data,
        (false, false) => OwnerKind::Constant,
    };
    let place = program.part_of(at)?;
    let name = program.name(at).map(|name| format!(" ({name})")).unwrap_or_default();
    Some((kind, format!("{place} of {}{name}", program.path())))
}

fn span(range: AddrRange) -> String {
    format!("{:#x}-{:#x}", range.start.0, range.end.0)
}

fn small_negative(at: Addr) -> Option<String> {
    let number = at.0.wrapping_neg();
    let value = u16::try_from(number).ok().filter(|value| (1..=4095).contains(value))?;
    let name = ERRNOS.iter().find(|(errno, _)| *errno == Errno(value)).map(|(_, name)| *name);
    Some(match name {
        Some(name) => format!("the small negative number -{value} (Linux's {name}) used as an address"),
        None => format!("the small negative number -{value} used as an address"),
    })
}

/// The characters of an address that is text, lowest byte first.
fn characters(at: Addr) -> Option<String> {
    let bytes = at.0.to_le_bytes();
    let len = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let (text, rest) = (bytes.get(..len)?, bytes.get(len..)?);
    let is_text = text.iter().all(|&byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t'));
    (len >= TEXT_MIN && is_text && rest.iter().all(|&byte| byte == 0))
        .then(|| String::from_utf8_lossy(text).escape_debug().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::code::parse_maps;

    const MAPS: &str = "\
10000000-10010000 rw-p 00000000 00:00 0                                  [heap]
20000000-20001000 ---p 00000000 00:00 0
20001000-20009000 rw-p 00000000 00:00 0
30000000-30001000 ---p 00000000 00:00 0
30001000-30009000 rw-p 00000000 00:00 0
40000000-80000000 ---p 00000000 00:00 0
90000000-90001000 r--p 00000000 00:00 0                                  /lib/x
";

    fn text(at: u64) -> String {
        let regions = parse_maps(MAPS.as_bytes());
        let range = AddrRange { start: Addr(0x2000_1000), end: Addr(0x2000_9000) };
        let stacks = [Stack { range, name: "main stack".to_owned() }];
        Space { regions: &regions, programs: &[], stacks: &stacks, form: AddressForm { bits: 47, ignored: 0 } }
            .owner(Addr(at))
            .text
    }

    #[test]
    fn every_kind_of_address_has_its_words() {
        let cases: &[(u64, &str)] = &[
            (0, "null"),
            (0x18, "the null page, 0x18 bytes behind a null pointer"),
            (0x2000, "near null, 0x2000 bytes behind a null pointer"),
            (0x1000_0010, "heap (brk)"),
            (0x2000_1230, "main stack, 0x230 bytes above its lowest"),
            (0x2000_0ff8, "guard page below the main stack"),
            (0x3000_0ff8, "guard page below the mapping 0x30001000-0x30009000"),
            (0x3000_1000, "anonymous mapping 0x30001000-0x30009000 rw-"),
            (0x5000_0000, "reserved memory 0x40000000-0x80000000, not accessible"),
            (0x9000_0008, "/lib/x, mapped 0x90000000-0x90001000 r--"),
            (0x1001_0010, "not mapped; the heap (brk) ends 0x10 bytes below"),
            (0x2fff_fff0, "not mapped; the mapping 0x30000000-0x30001000 --- begins 0x10 bytes above"),
            (0x7000_0000_0000, "not mapped; nothing is near"),
            (0x9000_0000_0000, "not a canonical address: bits 47 to 63 differ"),
            (0xffff_8880_0000_0000, "in the kernel's half of the address space"),
            (-22i64 as u64, "the small negative number -22 (Linux's EINVAL) used as an address"),
            (u64::from_le_bytes(*b"hello\0\0\0"), "the text `hello` used as an address"),
            (u64::from_le_bytes(*b"AAAAAAAA"), "the text `AAAAAAAA` used as an address"),
        ];
        for (at, words) in cases {
            assert_eq!(text(*at), *words, "{at:#x}");
        }
    }
}
