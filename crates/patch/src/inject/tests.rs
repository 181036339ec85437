//! Object files made by hand, linked at fixed addresses: bytes in, bytes or the words of a refusal out.

use super::{
    Around, Loads, Placed, Relocator, Target, Unit, of,
    relocate::Relocated,
    way::{Row, Value},
};
use crate::{
    manifest::{hex, unhex},
    shape::Slot,
};
use ashore_base::{Addr, Cpu};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf,
    write::{Object, Relocation, StandardSection, Symbol, SymbolSection},
};

/// Where what is linked comes, and what its names lead to.
const TEXT: Addr = Addr(0x40_0000);
const WORD: Addr = Addr(0x60_0000);
const STUBS: Addr = Addr(0x50_0000);

/// An object file with one section of code.
struct Case {
    cpu: Cpu,
    /// Its bytes, as hexadecimal digits.
    code: &'static str,
    /// Offset, type, what it is about, addend.
    relocations: &'static [(u64, u32, &'static str, i64)],
    is_movable: bool,
}

const fn case(cpu: Cpu, code: &'static str, relocations: &'static [(u64, u32, &'static str, i64)]) -> Case {
    Case { cpu, code, relocations, is_movable: false }
}

/// What names mean: `label` is four bytes into the code, `far` out of every branch's reach, `import` a library's function.
fn target(name: &str) -> Option<Target> {
    let slot = Slot { at: Addr(0x70_0008), is_function: true, is_late: true };
    match name {
        "near" => Some(Target::At(Addr(0x41_2348))),
        "far" => Some(Target::At(Addr(0x7_4000_0000))),
        "number" => Some(Target::Number(0x1234)),
        "missing" => Some(Target::Missing),
        "import" => Some(Target::Slot(slot)),
        "variable" => Some(Target::Slot(Slot { is_function: false, is_late: false, ..slot })),
        _ => None,
    }
}

impl Case {
    fn object(&self) -> Vec<u8> {
        let architecture = match self.cpu {
            Cpu::X86_64 => Architecture::X86_64,
            Cpu::Aarch64 => Architecture::Aarch64,
            Cpu::Riscv64 => Architecture::Riscv64,
        };
        let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
        let text = object.section_id(StandardSection::Text);
        object.append_section_data(text, &unhex(&self.code.replace(' ', "")).unwrap(), 16);
        let mut symbol = |name: &str, section, value, kind| {
            object.add_symbol(Symbol {
                name: name.into(),
                value,
                size: 0,
                kind,
                scope: SymbolScope::Linkage,
                weak: false,
                section,
                flags: SymbolFlags::None,
            })
        };
        symbol("entry", SymbolSection::Section(text), 0, SymbolKind::Text);
        let names: Vec<_> = self
            .relocations
            .iter()
            .map(|row| match row.2 {
                "label" => symbol("label", SymbolSection::Section(text), 4, SymbolKind::Label),
                "entry" => symbol("here", SymbolSection::Section(text), 0, SymbolKind::Label),
                "thread" => symbol("thread", SymbolSection::Undefined, 0, SymbolKind::Tls),
                name => symbol(name, SymbolSection::Undefined, 0, SymbolKind::Unknown),
            })
            .collect();
        for (&(offset, number, _, addend), symbol) in self.relocations.iter().zip(names) {
            let flags = RelocationFlags::Elf { r_type: elf::RelocationType(number) };
            object.add_relocation(text, Relocation { offset, symbol, addend, flags }).unwrap();
        }
        object.write().unwrap()
    }

    fn link(&self) -> Result<Relocated, String> {
        let unit = Unit::read("x.o", &self.object(), self.cpu).map_err(|why| why.reason)?;
        link(unit, self.cpu, self.is_movable)
    }

    /// The code, and behind it the code that was added.
    fn linked(&self) -> String {
        match self.link() {
            Ok(linked) => {
                let text: Vec<String> =
                    linked.bytes.iter().map(|(at, bytes)| format!("{at}: {}", hex(bytes))).collect();
                let stubs = if linked.stubs.is_empty() { String::new() } else { format!("; {}", hex(&linked.stubs)) };
                format!("{}{stubs}", text.join(", "))
            }
            Err(why) => why,
        }
    }
}

/// Links everything that the function `entry` reaches.
fn link(unit: Unit, cpu: Cpu, is_movable: bool) -> Result<Relocated, String> {
    let mut placed = Placed::new(unit);
    let entry = placed.unit.function(Some("entry"), "").map_err(|why| why.reason)?;
    let reached = placed.reach(entry);
    for index in reached.sections {
        placed.sections.insert(index, TEXT);
    }
    for number in reached.elsewhere {
        if let Some(target) = target(&placed.unit.symbols[&number].name) {
            placed.targets.insert(number, target);
        }
    }
    let way = of(cpu);
    let units = [placed];
    let mut loads = Loads::decide(way, &units);
    for (index, key) in loads.wanted.clone().into_iter().enumerate() {
        loads.add(key, WORD.plus(index as u64 * 8));
    }
    let around = Around { way, coder: ashore_isa::coder(cpu).unwrap(), is_movable, next_code: STUBS };
    Relocator::relocate(around, &units, &loads).map_err(|why| why.reason)
}

/// What `case` comes to holds `wanted`, spaces apart.
#[track_caller]
fn assert_linked(case: &Case, wanted: &str) {
    let linked = case.linked().replace(' ', "");
    assert!(linked.contains(&wanted.replace(' ', "")), "{linked} lacks {wanted}");
}

#[test]
fn x86_64_addresses_are_written() {
    use Cpu::X86_64 as CPU;
    for (case, wanted) in [
        // call near; jmp near
        (case(CPU, "e800000000 e900000000", &[(1, 4, "near", -4), (6, 2, "near", -4)]), "e843230100e93e230100"),
        // A call that is too far goes through an island.
        (case(CPU, "e800000000", &[(1, 4, "far", -4)]), "e8fbff0f00; ff25"),
        // mov near@GOTPCREL(%rip), %rax; call *near@GOTPCREL(%rip); jmp *near@GOTPCREL(%rip)
        (
            case(
                CPU,
                "488b0500000000 ff1500000000 ff2500000000",
                &[(3, 42, "near", -4), (9, 41, "near", -4), (15, 41, "near", -4)],
            ),
            "488d0541230100 67e83b230100 67e935230100",
        ),
        // The same of an older assembler, and for a number: from words.
        (case(CPU, "488b0500000000", &[(3, 9, "near", -4)]), "0x600000: 4823410000000000, 0x400000: 488b05f9ff1f00"),
        (case(CPU, "488b0500000000", &[(3, 42, "number", -4)]), "0x600000: 3412000000000000, 0x400000: 488b05f9ff1f00"),
        // A library's function is called through the program's own word.
        (case(CPU, "ff1500000000", &[(2, 41, "import", -4)]), "ff1502003000"),
        (case(CPU, "e800000000", &[(1, 4, "import", -4)]), "e8fbff0f00; ff2502002000"),
        // A function that is missing is not called.
        (case(CPU, "e800000000", &[(1, 4, "missing", -4)]), "0f1f440000"),
        (case(CPU, "48c7c000000000", &[(3, 11, "near", 8)]), "48c7c050234100"),
    ] {
        assert_linked(&case, wanted);
    }
}

#[test]
fn aarch64_addresses_are_written() {
    use Cpu::Aarch64 as CPU;
    for (case, wanted) in [
        // bl near; b near
        (case(CPU, "00000094 00000014", &[(0, 283, "near", 0), (4, 282, "near", 0)]), "d2480094d1480014"),
        // adrp x0, near; add x0, x0, :lo12:near; ldr x1, [x0, :lo12:near]
        (
            case(CPU, "00000090 00000091 010040f9", &[(0, 275, "near", 0), (4, 277, "near", 0), (8, 286, "near", 0)]),
            "800000d000200d9101a441f9",
        ),
        // adrp x0, :got:near; ldr x0, [x0, :got_lo12:near]: computed
        (case(CPU, "00000090 000040f9", &[(0, 311, "near", 0), (4, 312, "near", 0)]), "00200d91"),
        // cbz x0, label; tbz w0, #0, label; ldr x0, label
        (
            case(
                CPU,
                "000000b4 00000036 00000058",
                &[(0, 280, "label", 0), (4, 279, "label", 0), (8, 273, "label", 0)],
            ),
            "200000b400000036e0ffff58",
        ),
        // A function that is missing is not called.
        (case(CPU, "00000094", &[(0, 283, "missing", 0)]), "1f2003d5"),
        // A library's function is called through the program's own word: adrp x16; add x16; ldr x17, [x16]; br x17
        (case(CPU, "00000094", &[(0, 283, "import", 0)]), "00000494; 1010009010220091110240f920021fd6"),
    ] {
        assert_linked(&case, wanted);
    }
}

#[test]
fn riscv64_addresses_are_written() {
    use Cpu::Riscv64 as CPU;
    for (case, wanted) in [
        // call near: auipc ra; jalr ra
        (case(CPU, "97000000 e7800000", &[(0, 19, "near", 0), (0, 51, "near", 0)]), "97200100e7808034"),
        // auipc a0, %pcrel_hi(near); addi a0, a0, %pcrel_lo(entry)
        (case(CPU, "17050000 13050500", &[(0, 23, "near", 0), (4, 24, "entry", 0)]), "1725010013058534"),
        // auipc a0, %got_pcrel_hi(near); ld a0, %pcrel_lo(entry)(a0): computed
        (case(CPU, "17050000 03350500", &[(0, 20, "near", 0), (4, 24, "entry", 0)]), "1725010013058534"),
        // lui a0, %hi(near); sw a0, %lo(near)(a0)
        (case(CPU, "37050000 2320a500", &[(0, 26, "near", 0), (4, 28, "near", 0)]), "372541002324a534"),
        // beq x0, x0, label; j label; c.j label; c.beqz a0, label
        (
            case(
                CPU,
                "63000000 6f000000 01a0 01c1 0000",
                &[(0, 16, "label", 0), (4, 17, "label", 0), (8, 45, "label", 0), (10, 44, "label", 0)],
            ),
            "630200006f000000f5bf6ddd",
        ),
        // A difference in four bytes.
        (case(CPU, "00000000", &[(0, 35, "near", 0), (0, 39, "entry", 0)]), "48230100"),
    ] {
        assert_linked(&case, wanted);
    }
}

#[test]
fn refusals_name_the_relocation_its_place_and_its_symbol() {
    use Cpu::{Aarch64, Riscv64, X86_64};
    let movable = |case: Case| Case { is_movable: true, ..case };
    for (case, words) in [
        (case(X86_64, "00000000", &[(0, 200, "near", 0)]), "the relocation of type 200 in .text+0x0 is not known"),
        (
            case(X86_64, "00000000", &[(0, 10, "far", 0)]),
            "R_X86_64_32 in .text+0x0 about \"far\": the instruction cannot hold",
        ),
        (
            movable(case(X86_64, "00000000", &[(0, 11, "near", 0)])),
            "R_X86_64_32S in .text+0x0 about \"near\": an address",
        ),
        (movable(case(X86_64, "0000000000000000", &[(0, 1, "near", 0)])), "nobody writes"),
        (case(X86_64, "00000000", &[(0, 23, "thread", 0)]), "thread-local variables cannot be added"),
        (case(X86_64, "00000000", &[(0, 2, "variable", 0)]), "compile with -fPIC"),
        (case(X86_64, "00000000", &[(2, 2, "near", 0)]), "it reaches beyond its section"),
        (case(X86_64, "00000000", &[(99, 2, "near", 0)]), "it lies outside of its section"),
        (case(Aarch64, "000040f9", &[(0, 286, "near", 4)]), "the instruction cannot hold"),
        (case(Riscv64, "13050500", &[(0, 24, "label", 0)]), "no upper part is where it says"),
        (case(Riscv64, "13050500", &[(0, 24, "near", 0)]), "it names no instruction"),
    ] {
        let linked = case.linked();
        assert!(linked.contains(words), "{linked} lacks {words}");
    }
}

#[test]
fn pointers_of_programs_that_move_are_told_to_their_loaders() {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let text = object.section_id(StandardSection::Text);
    object.append_section_data(text, &[0; 8], 16);
    let data = object.add_section(Vec::new(), b".data".to_vec(), SectionKind::Data);
    object.append_section_data(data, &[0; 16], 8);
    let flags = |number| RelocationFlags::Elf { r_type: elf::RelocationType(number) };
    let symbol = |name: &str, section, scope| Symbol {
        name: name.into(),
        value: 0,
        size: 0,
        kind: SymbolKind::Text,
        scope,
        weak: false,
        section,
        flags: SymbolFlags::None,
    };
    object.add_symbol(symbol("entry", SymbolSection::Section(text), SymbolScope::Linkage));
    let table = object.section_symbol(data);
    let near = object.add_symbol(symbol("near", SymbolSection::Undefined, SymbolScope::Unknown));
    object.add_relocation(text, Relocation { offset: 0, symbol: table, addend: 0, flags: flags(2) }).unwrap();
    object.add_relocation(data, Relocation { offset: 8, symbol: near, addend: 4, flags: flags(1) }).unwrap();
    let unit = Unit::read("x.o", &object.write().unwrap(), Cpu::X86_64).unwrap();
    let linked = link(unit, Cpu::X86_64, true).unwrap();
    let rebased: Vec<_> = linked.rebased.iter().map(|word| (word.at, word.target)).collect();
    assert_eq!(rebased, [(TEXT.plus(8), Addr(0x41_234c))]);
}

#[test]
fn only_what_the_function_reaches_is_linked() {
    // The relocation of an unknown name lies in code that nobody reaches.
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let text = object.section_id(StandardSection::Text);
    let other = object.add_section(Vec::new(), b".text.other".to_vec(), SectionKind::Text);
    object.append_section_data(text, &[0xc3], 1);
    object.append_section_data(other, &[0; 8], 1);
    let symbol = |name: &str, section| Symbol {
        name: name.into(),
        value: 0,
        size: 0,
        kind: SymbolKind::Text,
        scope: SymbolScope::Linkage,
        weak: false,
        section,
        flags: SymbolFlags::None,
    };
    object.add_symbol(symbol("entry", SymbolSection::Section(text)));
    let unknown = object.add_symbol(symbol("unknown", SymbolSection::Undefined));
    let flags = RelocationFlags::Elf { r_type: elf::RelocationType(4) };
    object.add_relocation(other, Relocation { offset: 0, symbol: unknown, addend: 0, flags }).unwrap();
    let unit = Unit::read("x.o", &object.write().unwrap(), Cpu::X86_64).unwrap();
    assert_eq!(link(unit, Cpu::X86_64, false).unwrap().bytes, [(TEXT, vec![0xc3])]);
}

#[test]
fn a_damaged_object_is_refused_or_linked_but_never_a_panic() {
    let cases = [
        case(Cpu::X86_64, "488b0500000000 e800000000", &[(3, 42, "near", -4), (8, 4, "far", -4)]),
        case(
            Cpu::Aarch64,
            "00000090 000040f9 00000094",
            &[(0, 311, "near", 0), (4, 312, "near", 0), (8, 283, "far", 0)],
        ),
        case(Cpu::Riscv64, "17050000 03350500", &[(0, 20, "near", 0), (4, 24, "entry", 0)]),
    ];
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for case in &cases {
        let whole = case.object();
        for len in 0..whole.len() {
            let _ = Unit::read("x.o", &whole[..len], case.cpu).map(|unit| link(unit, case.cpu, true));
        }
        for _ in 0..20_000 {
            let mut damaged = whole.clone();
            for _ in 0..=next() % 3 {
                let at = next() as usize % damaged.len();
                damaged[at] = if next() % 4 == 0 { 0xff } else { next() as u8 };
            }
            let _ = Unit::read("x.o", &damaged, case.cpu).map(|unit| link(unit, case.cpu, next() % 2 == 0));
        }
    }
}

#[test]
fn tables_agree_with_a_second_source() {
    for (cpu, names) in [
        (Cpu::X86_64, &elf::NAMES_R_X86_64),
        (Cpu::Aarch64, &elf::NAMES_R_AARCH64),
        (Cpu::Riscv64, &elf::NAMES_R_RISCV),
    ] {
        for row in of(cpu).rows() {
            let name = names.name(elf::RelocationType(row.number));
            let is_withdrawn = row.name.contains("withdrawn");
            assert!(is_withdrawn || name == Some(row.name), "{} is {name:?}", row.name);
        }
    }
}

#[test]
fn tables_are_sorted_and_name_each_relocation_once() {
    for &cpu in Cpu::ALL {
        let rows = of(cpu).rows();
        for (pair, next) in rows.iter().zip(rows.iter().skip(1)) {
            assert!(pair.number < next.number && pair.name != next.name, "{} and {}", pair.name, next.name);
        }
        assert!(Row::find(rows, 0).is_some_and(|row| row.value == Value::Nothing));
    }
}
