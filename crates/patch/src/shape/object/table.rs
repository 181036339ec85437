//! The relocations of object files that can lead to a function, one row each, by CPU.
//!
//! Numbers are those of the processor supplements of the System V ABI for x86-64, AArch64 and RISC-V. A type without a row that
//! names a function is refused.

use ashore_base::Cpu;

/// A type of relocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Type {
    /// Its number.
    pub(super) number: u32,
    /// Its name without what all of a CPU begin with.
    pub(super) name: &'static str,
    /// How many bytes it changes.
    pub(super) len: u64,
    /// What it makes of its symbol and addend.
    pub(super) role: Role,
}

/// What a relocation makes of its symbol and addend.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Names symbol and addend.
    Plain,
    /// Names them as a distance from its place. In instructions of x86-64 the distance counts from the end of the instruction.
    Relative,
    /// Names them in a word that the linker adds.
    Offset,
    /// Names something else: a label, a size, a thread's variable.
    Other,
}

const fn row(number: u32, name: &'static str, len: u64, role: Role) -> Type {
    Type { number, name, len, role }
}

/// The types of a CPU.
pub(super) const fn types(cpu: Cpu) -> &'static [Type] {
    match cpu {
        Cpu::X86_64 => X86_64,
        Cpu::Aarch64 => AARCH64,
        Cpu::Riscv64 => RISCV,
    }
}

use Role::{Offset, Other, Plain, Relative};

#[rustfmt::skip]
const X86_64: &[Type] = &[
    row(0, "NONE", 0, Other),
    row(1, "64", 8, Plain),
    row(2, "PC32", 4, Relative),
    row(3, "GOT32", 4, Plain),
    row(4, "PLT32", 4, Relative),
    row(9, "GOTPCREL", 4, Offset),
    row(10, "32", 4, Plain),
    row(11, "32S", 4, Plain),
    row(16, "DTPMOD64", 8, Other),
    row(17, "DTPOFF64", 8, Other),
    row(18, "TPOFF64", 8, Other),
    row(19, "TLSGD", 4, Other),
    row(20, "TLSLD", 4, Other),
    row(21, "DTPOFF32", 4, Other),
    row(22, "GOTTPOFF", 4, Other),
    row(23, "TPOFF32", 4, Other),
    row(24, "PC64", 8, Relative),
    row(25, "GOTOFF64", 8, Plain),
    row(26, "GOTPC32", 4, Other),
    row(27, "GOT64", 8, Plain),
    row(28, "GOTPCREL64", 8, Relative),
    row(29, "GOTPC64", 8, Other),
    row(31, "PLTOFF64", 8, Plain),
    row(32, "SIZE32", 4, Other),
    row(33, "SIZE64", 8, Other),
    row(34, "GOTPC32_TLSDESC", 4, Other),
    row(35, "TLSDESC_CALL", 0, Other),
    row(41, "GOTPCRELX", 4, Offset),
    row(42, "REX_GOTPCRELX", 4, Offset),
    row(43, "CODE_4_GOTPCRELX", 4, Offset),
];

#[rustfmt::skip]
const AARCH64: &[Type] = &[
    row(0, "NONE", 0, Other),
    row(256, "NONE", 0, Other),
    row(257, "ABS64", 8, Plain),
    row(258, "ABS32", 4, Plain),
    row(260, "PREL64", 8, Relative),
    row(261, "PREL32", 4, Relative),
    row(263, "MOVW_UABS_G0", 4, Plain),
    row(264, "MOVW_UABS_G0_NC", 4, Plain),
    row(265, "MOVW_UABS_G1", 4, Plain),
    row(266, "MOVW_UABS_G1_NC", 4, Plain),
    row(267, "MOVW_UABS_G2", 4, Plain),
    row(268, "MOVW_UABS_G2_NC", 4, Plain),
    row(269, "MOVW_UABS_G3", 4, Plain),
    row(273, "LD_PREL_LO19", 4, Plain),
    row(274, "ADR_PREL_LO21", 4, Plain),
    row(275, "ADR_PREL_PG_HI21", 4, Plain),
    row(276, "ADR_PREL_PG_HI21_NC", 4, Plain),
    row(277, "ADD_ABS_LO12_NC", 4, Plain),
    row(278, "LDST8_ABS_LO12_NC", 4, Plain),
    row(279, "TSTBR14", 4, Plain),
    row(280, "CONDBR19", 4, Plain),
    row(282, "JUMP26", 4, Plain),
    row(283, "CALL26", 4, Plain),
    row(284, "LDST16_ABS_LO12_NC", 4, Plain),
    row(285, "LDST32_ABS_LO12_NC", 4, Plain),
    row(286, "LDST64_ABS_LO12_NC", 4, Plain),
    row(299, "LDST128_ABS_LO12_NC", 4, Plain),
    row(309, "GOT_LD_PREL19", 4, Plain),
    row(311, "ADR_GOT_PAGE", 4, Plain),
    row(312, "LD64_GOT_LO12_NC", 4, Plain),
    row(313, "LD64_GOTPAGE_LO15", 4, Plain),
    row(314, "PLT32", 4, Relative),
    row(315, "GOTPCREL32", 4, Relative),
];

#[rustfmt::skip]
const RISCV: &[Type] = &[
    row(0, "NONE", 0, Other),
    row(1, "32", 4, Plain),
    row(2, "64", 8, Plain),
    row(16, "BRANCH", 4, Plain),
    row(17, "JAL", 4, Plain),
    row(18, "CALL", 8, Plain),
    row(19, "CALL_PLT", 8, Plain),
    row(20, "GOT_HI20", 4, Plain),
    row(21, "TLS_GOT_HI20", 4, Other),
    row(22, "TLS_GD_HI20", 4, Other),
    row(23, "PCREL_HI20", 4, Plain),
    row(24, "PCREL_LO12_I", 4, Other),
    row(25, "PCREL_LO12_S", 4, Other),
    row(26, "HI20", 4, Plain),
    row(27, "LO12_I", 4, Plain),
    row(28, "LO12_S", 4, Plain),
    row(29, "TPREL_HI20", 4, Other),
    row(30, "TPREL_LO12_I", 4, Other),
    row(31, "TPREL_LO12_S", 4, Other),
    row(32, "TPREL_ADD", 4, Other),
    row(33, "ADD8", 1, Other),
    row(34, "ADD16", 2, Other),
    row(35, "ADD32", 4, Relative),
    row(36, "ADD64", 8, Relative),
    row(37, "SUB8", 1, Other),
    row(38, "SUB16", 2, Other),
    row(39, "SUB32", 4, Other),
    row(40, "SUB64", 8, Other),
    row(41, "GOT32_PCREL", 4, Relative),
    row(43, "ALIGN", 2, Other),
    row(44, "RVC_BRANCH", 2, Plain),
    row(45, "RVC_JUMP", 2, Plain),
    row(51, "RELAX", 0, Other),
    row(52, "SUB6", 1, Other),
    row(53, "SET6", 1, Other),
    row(54, "SET8", 1, Other),
    row(55, "SET16", 2, Other),
    row(56, "SET32", 4, Other),
    row(57, "32_PCREL", 4, Relative),
    row(59, "PLT32", 4, Relative),
    row(60, "SET_ULEB128", 1, Other),
    row(61, "SUB_ULEB128", 1, Other),
];

#[cfg(test)]
mod tests {
    use super::*;
    use object::elf;

    #[test]
    fn rows_are_in_order_and_agree_with_another_list() {
        for cpu in [Cpu::X86_64, Cpu::Aarch64, Cpu::Riscv64] {
            assert!(types(cpu).is_sorted_by(|a, b| a.number < b.number));
        }
        let number = |cpu, name| types(cpu).iter().find(|row| row.name == name).unwrap().number;
        for (name, wanted) in [
            ("64", elf::R_X86_64_64),
            ("PC32", elf::R_X86_64_PC32),
            ("PLT32", elf::R_X86_64_PLT32),
            ("32S", elf::R_X86_64_32S),
            ("GOTPCREL", elf::R_X86_64_GOTPCREL),
            ("REX_GOTPCRELX", elf::R_X86_64_REX_GOTPCRELX),
            ("PC64", elf::R_X86_64_PC64),
            ("GOTOFF64", elf::R_X86_64_GOTOFF64),
        ] {
            assert_eq!(number(Cpu::X86_64, name), wanted.0, "{name}");
        }
        for (name, wanted) in [
            ("CALL26", elf::R_AARCH64_CALL26),
            ("JUMP26", elf::R_AARCH64_JUMP26),
            ("CONDBR19", elf::R_AARCH64_CONDBR19),
            ("TSTBR14", elf::R_AARCH64_TSTBR14),
            ("ADR_PREL_LO21", elf::R_AARCH64_ADR_PREL_LO21),
            ("ADR_PREL_PG_HI21", elf::R_AARCH64_ADR_PREL_PG_HI21),
            ("ADD_ABS_LO12_NC", elf::R_AARCH64_ADD_ABS_LO12_NC),
            ("ADR_GOT_PAGE", elf::R_AARCH64_ADR_GOT_PAGE),
            ("LD64_GOT_LO12_NC", elf::R_AARCH64_LD64_GOT_LO12_NC),
            ("LDST128_ABS_LO12_NC", elf::R_AARCH64_LDST128_ABS_LO12_NC),
            ("PREL32", elf::R_AARCH64_PREL32),
            ("MOVW_UABS_G3", elf::R_AARCH64_MOVW_UABS_G3),
        ] {
            assert_eq!(number(Cpu::Aarch64, name), wanted.0, "{name}");
        }
        for (name, wanted) in [
            ("CALL_PLT", elf::R_RISCV_CALL_PLT),
            ("PCREL_HI20", elf::R_RISCV_PCREL_HI20),
            ("PCREL_LO12_I", elf::R_RISCV_PCREL_LO12_I),
            ("GOT_HI20", elf::R_RISCV_GOT_HI20),
            ("JAL", elf::R_RISCV_JAL),
            ("ADD32", elf::R_RISCV_ADD32),
            ("SUB64", elf::R_RISCV_SUB64),
            ("ALIGN", elf::R_RISCV_ALIGN),
            ("RVC_JUMP", elf::R_RISCV_RVC_JUMP),
            ("RELAX", elf::R_RISCV_RELAX),
        ] {
            assert_eq!(number(Cpu::Riscv64, name), wanted.0, "{name}");
        }
    }
}
