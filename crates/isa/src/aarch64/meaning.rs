//! What lifting does not say of instructions: why one is refused, and what it needs.
//!
//! Encodings are those of the Arm Architecture Reference Manual (DDI 0487), chapters C4 and C6.

use super::rows::Decoder;
use crate::lifted::Rest as Told;
use crate::meaning::Class;
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// What tells of this CPU's instructions.
pub(super) struct Rest(pub(super) Decoder);

/// A group of encodings that have no row.
struct Group {
    mask: u32,
    value: u32,
    /// What it belongs to, or what it is.
    name: &'static str,
}

impl Group {
    /// The first of `all` that an instruction is in.
    fn of(all: &'static [Group], word: u32) -> Option<&'static Group> {
        all.iter().find(|group| word & group.mask == group.value)
    }
}

/// The features of newer CPUs, by the group that their instructions are in.
static ABSENT: &[Group] = &[
    Group { mask: 0x1e00_0000, value: 0x0400_0000, name: "SVE" },
    Group { mask: 0x9e00_0000, value: 0x8000_0000, name: "SME" },
    // One source, of pointers and keys: pacia and its like, when they are no hints.
    Group { mask: 0xffff_0000, value: 0xdac1_0000, name: "PAuth" },
    Group { mask: 0xffe0_fc00, value: 0x9ac0_3000, name: "PAuth" },
    // Branches and returns with a key.
    Group { mask: 0xfe9f_f800, value: 0xd61f_0800, name: "PAuth" },
    Group { mask: 0xfedf_f800, value: 0xd65f_0800, name: "PAuth" },
    Group { mask: 0xff20_0400, value: 0xf820_0400, name: "PAuth" },
    // Tags of memory.
    Group { mask: 0xffe0_fc00, value: 0x9ac0_1000, name: "MTE" },
    Group { mask: 0xff20_0000, value: 0xd920_0000, name: "MTE" },
    // Products of matrices and of short floating-point numbers.
    Group { mask: 0xbf20_fc00, value: 0x0e00_a400, name: "I8MM" },
    Group { mask: 0x9f20_ec00, value: 0x0e00_ec00, name: "BF16" },
];

/// Instructions for kernels.
static KERNELS: &[Group] = &[
    Group { mask: 0xffe0_001f, value: 0xd400_0002, name: "hvc" },
    Group { mask: 0xffe0_001f, value: 0xd400_0003, name: "smc" },
    Group { mask: 0xffe0_001f, value: 0xd440_0000, name: "hlt" },
    Group { mask: 0xffff_ffff, value: 0xd69f_03e0, name: "eret" },
    Group { mask: 0xffff_f0ff, value: 0xd503_40df, name: "msr daifset" },
    Group { mask: 0xffff_f0ff, value: 0xd503_40ff, name: "msr daifclr" },
    Group { mask: 0xfff8_f01f, value: 0xd500_401f, name: "msr" },
    Group { mask: 0xfff0_0000, value: 0xd530_0000, name: "mrs" },
    Group { mask: 0xfff0_0000, value: 0xd510_0000, name: "msr" },
    Group { mask: 0xfff8_0000, value: 0xd508_0000, name: "sys" },
    Group { mask: 0xfff8_0000, value: 0xd528_0000, name: "sysl" },
];

fn word(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

impl Told for Rest {
    fn refused(&self, bytes: &[u8]) -> (Class, Option<String>, Vec<String>) {
        let word = word(bytes);
        if word >> 16 == 0 {
            return (Class::Undefined, None, Vec::new());
        }
        if let Some(row) = Group::of(KERNELS, word) {
            return (Class::Privileged, Some(format!("{} ({word:#010x})", row.name)), Vec::new());
        }
        match Group::of(ABSENT, word) {
            Some(row) => (Class::Plain, Some(format!(".inst {word:#010x}")), Vec::from([row.name.to_owned()])),
            None => (Class::Invalid, None, Vec::new()),
        }
    }

    fn needs(&self, bytes: &[u8]) -> Vec<String> {
        let feature = self.0.find(word(bytes)).and_then(|row| row.feature);
        feature.map(|feature| feature.name().to_owned()).into_iter().collect()
    }

    /// Debuggers have 0 and `__builtin_debugtrap` has 0xf000; 1 is `__builtin_trap`, 0x5500 and what follows the sanitizers',
    /// 1000 gcc's.
    fn breakpoint(&self, number: u16) -> Class {
        if matches!(number, 1 | 1000 | 0x5500..=0x55ff) { Class::Undefined } else { Class::Breakpoint }
    }

    fn thread_pointer(&self) -> &'static str {
        "tpidr_el0"
    }
}
