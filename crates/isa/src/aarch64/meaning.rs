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

/// A group of encodings that Ashore does not have.
struct Absent {
    mask: u32,
    value: u32,
    feature: &'static str,
}

/// The features of newer CPUs, by the group that their instructions are in.
static ABSENT: &[Absent] = &[
    Absent { mask: 0x1e00_0000, value: 0x0400_0000, feature: "SVE" },
    Absent { mask: 0x9e00_0000, value: 0x8000_0000, feature: "SME" },
    // One source, of pointers and keys: pacia and its like, when they are no hints.
    Absent { mask: 0xffff_0000, value: 0xdac1_0000, feature: "PAuth" },
    Absent { mask: 0xffe0_fc00, value: 0x9ac0_3000, feature: "PAuth" },
    // Branches and returns with a key.
    Absent { mask: 0xfe9f_f800, value: 0xd61f_0800, feature: "PAuth" },
    Absent { mask: 0xfedf_f800, value: 0xd65f_0800, feature: "PAuth" },
    Absent { mask: 0xff20_0400, value: 0xf820_0400, feature: "PAuth" },
    // Tags of memory.
    Absent { mask: 0xffe0_fc00, value: 0x9ac0_1000, feature: "MTE" },
    Absent { mask: 0xff20_0000, value: 0xd920_0000, feature: "MTE" },
    // Products of matrices and of short floating-point numbers.
    Absent { mask: 0xbf20_fc00, value: 0x0e00_a400, feature: "I8MM" },
    Absent { mask: 0x9f20_ec00, value: 0x0e00_ec00, feature: "BF16" },
];

/// An instruction for kernels.
struct Kernels {
    mask: u32,
    value: u32,
    name: &'static str,
}

static KERNELS: &[Kernels] = &[
    Kernels { mask: 0xffe0_001f, value: 0xd400_0002, name: "hvc" },
    Kernels { mask: 0xffe0_001f, value: 0xd400_0003, name: "smc" },
    Kernels { mask: 0xffe0_001f, value: 0xd440_0000, name: "hlt" },
    Kernels { mask: 0xffff_ffff, value: 0xd69f_03e0, name: "eret" },
    Kernels { mask: 0xffff_f0ff, value: 0xd503_40df, name: "msr daifset" },
    Kernels { mask: 0xffff_f0ff, value: 0xd503_40ff, name: "msr daifclr" },
    Kernels { mask: 0xfff8_f01f, value: 0xd500_401f, name: "msr" },
    Kernels { mask: 0xfff0_0000, value: 0xd530_0000, name: "mrs" },
    Kernels { mask: 0xfff0_0000, value: 0xd510_0000, name: "msr" },
    Kernels { mask: 0xfff8_0000, value: 0xd508_0000, name: "sys" },
    Kernels { mask: 0xfff8_0000, value: 0xd528_0000, name: "sysl" },
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
        if let Some(row) = KERNELS.iter().find(|row| word & row.mask == row.value) {
            return (Class::Privileged, Some(format!("{} ({word:#010x})", row.name)), Vec::new());
        }
        match ABSENT.iter().find(|row| word & row.mask == row.value) {
            Some(row) => (Class::Plain, Some(format!(".inst {word:#010x}")), Vec::from([row.feature.to_owned()])),
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
