//! The rules, in the order they report.

use super::{Find, Rule, codes, entry, memory, system};
use ashore_base::Cpu;
use ashore_report::table as says;

const A64: &[Cpu] = &[Cpu::Aarch64];
const BOTH: &[Cpu] = &[Cpu::X86_64, Cpu::Aarch64];
const ALL: &[Cpu] = &[];

/// A row: its name, what it reports, the CPUs it reads, what it looks for, and how.
macro_rules! rules {
    ($($id:literal, $diagnosis:ident, $cpus:ident, $find:expr, $looks_for:literal;)*) => {
        /// Every rule.
        pub static RULES: &[Rule] = &[$(Rule {
            id: $id, diagnosis: &says::$diagnosis, cpus: $cpus, looks_for: $looks_for, find: $find,
        }),*];
    };
}

rules! {
    "M1", WRITABLE_OUTSIDE_RAM, ALL, Find::Machine(memory::writable_outside_ram),
        "a writable section or segment, zero fill included, in flash, ROM, a device or a hole";
    "M2", OUTSIDE_MEMORY, ALL, Find::Machine(memory::outside_memory),
        "a segment outside RAM and flash, or past the end of the RAM there is";
    "M3", CODE_IN_BUSY_FLASH, ALL, Find::Machine(memory::code_in_busy_flash),
        "code in a flash chip in which M1 found something";
    "M4", COVERS_RESERVED, ALL, Find::Machine(memory::covers_reserved),
        "a segment over the device tree's place or over reserved memory";
    "M5", LOAD_ADDRESS, ALL, Find::Machine(memory::load_address),
        "linked base and load base that differ, an impossible offset, jumps to addresses the image is not at, relocations nobody applies";
    "M6", BSS_NOT_CLEARED, A64, Find::Machine(memory::bss_not_cleared),
        "zero fill that the loader of a flat image does not write, and no store into it in the start-up code";
    "E1", EXCEPTION_LEVEL, A64, Find::Machine(entry::exception_level),
        "registers of EL1 used before CurrentEL is read";
    "E1b", PSCI_CONDUIT, A64, Find::Machine(entry::psci_conduit),
        "hvc where the machine's firmware wants smc, or the reverse";
    "E2", FP_BEFORE_ENABLE, A64, Find::Machine(entry::fp_before_enable),
        "a floating-point or vector instruction that can be reached before a write to CPACR_EL1";
    "E3", VECTOR_TABLE, A64, Find::Machine(entry::vector_table),
        "VBAR_EL1 set to an address that is not a multiple of 2 KiB, or with less than 2 KiB behind it";
    "E3b", NO_VECTOR_TABLE, A64, Find::Machine(entry::no_vector_table),
        "no write to VBAR_EL1 anywhere";
    "E4", STACK_POINTER, A64, Find::Machine(entry::stack_pointer),
        "a stack pointer set to an address that is no multiple of 16 or not in RAM";
    "E5", UNALIGNED_DATA, A64, Find::Machine(entry::unaligned_data),
        "8- or 16-byte accesses to data of smaller alignment while the MMU is off";
    "E6", RESET_VALUES, A64, Find::Machine(entry::reset_values),
        "CNTKCTL_EL1, TPIDRRO_EL0 or SCTLR_EL1 never written";
    "L1", BRANCH_TARGET, BOTH, Find::Anywhere(codes::branch_target),
        "a reachable bl, b, b.cond, cbz, tbz, adrp pair or call whose target is outside all code";
    "L2", AMBIGUOUS_NAME, ALL, Find::Anywhere(codes::ambiguous_name),
        "two function symbols of one name, one of them global or weak, with how many calls reach each";
    "L3", GO_PROGRAM, ALL, Find::Machine(codes::go_program),
        "a Go program on a bare machine: its version, its write barrier's flag, what its runtime needs";
    "D1", MISSING_DEVICE, A64, Find::Machine(codes::missing_device),
        "accesses to constant addresses at which the machine has nothing";
    "S1", OTHER_SYSTEM, ALL, Find::System(system::other_system),
        "a program of another system than the one asked for";
    "S2", RAW_CALL, BOTH, Find::System(system::raw_call),
        "svc and syscall instructions outside the system library, on systems that kill for that";
    "S3", THREAD_REGISTER, BOTH, Find::System(system::thread_register),
        "reads of the other thread register, or the call of another system that sets it";
    "S4", MISSING_INTERPRETER, ALL, Find::System(system::missing_interpreter),
        "an interpreter that is not in the root";
    "S5", MISSING_LIBRARY, ALL, Find::System(system::missing_library),
        "a needed library that is in none of the directories searched";
    "S6", PAGE_CONGRUENCE, A64, Find::System(system::page_congruence),
        "segments whose address and offset differ within 16 KiB, on systems with such pages";
    "S7", LARGER_PAGES, A64, Find::System(system::larger_pages),
        "the same on systems where only some kernels have such pages";
    "S8", LOW_ADDRESS, ALL, Find::System(system::low_address),
        "a fixed address below 64 KiB (vm.mmap_min_addr)";
    "S9", WRITABLE_CODE, ALL, Find::System(system::writable_code),
        "a segment that is writable and executable";
    "S10", EXECUTABLE_STACK, ALL, Find::System(system::executable_stack),
        "an executable stack asked for";
    "S11", TEXT_RELOCATIONS, ALL, Find::System(system::text_relocations),
        "DT_TEXTREL or DF_TEXTREL";
    "S12", MIXED_MARKS, ALL, Find::System(system::mixed_marks),
        "notes, OS/ABI byte, program headers, interpreter and libraries that name different systems";
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, format, string::String};

    #[test]
    fn rules_have_names_and_diagnoses_of_their_own() {
        assert_eq!(RULES.iter().map(|rule| rule.id).collect::<BTreeSet<_>>().len(), RULES.len());
        assert_eq!(RULES.iter().map(|rule| rule.diagnosis.code).collect::<BTreeSet<_>>().len(), RULES.len());
        let area: BTreeSet<_> = says::ALL.iter().map(|row| row.code).filter(|code| code.starts_with("E07")).collect();
        let ours: BTreeSet<_> = RULES.iter().map(|rule| rule.diagnosis.code).collect();
        assert_eq!(area, ours, "every row of the area has a rule, and every rule a row");
    }

    /// The page of rules shows every row as it is here.
    #[test]
    fn the_page_holds_the_table() {
        let page = include_str!("../../../../docs/check.md");
        for rule in RULES {
            let row: String = format!(
                "| {} | {} `{}` | {} | {} | {} |",
                rule.id,
                rule.diagnosis.code,
                rule.diagnosis.slug,
                rule.diagnosis.level.word(),
                rule.find.words(),
                rule.looks_for
            );
            assert!(page.contains(&row), "docs/check.md lacks\n{row}");
        }
        for machine in crate::machine::table::MACHINES {
            let row: String = format!("| `{}` | {} | {} |", machine.name, machine.title, machine.source);
            assert!(page.contains(&row), "docs/check.md lacks\n{row}");
        }
    }
}
