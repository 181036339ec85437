//! Parts of the architecture that a CPU may have or lack: which rows are theirs, and how programs are told.
//!
//! What is told follows from the rows: a feature is there if a row of the table is marked with it and nobody hides it. The
//! words of the auxiliary vector, the identification registers and the names in `/proc/cpuinfo` all derive from that.

mod table;

use super::CLASSES;
use crate::aarch64::system::SysReg;
use crate::lift::{Hidden, Part};
pub(super) use table::ISAR;
use table::TABLE;

/// A feature. The order is that of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Feature {
    Aes,
    Pmull,
    Sha1,
    Sha2,
    Crc32,
    Atomics,
    Javascript,
    Acquires,
    Sha3,
    DotProduct,
    Sha512,
    UnscaledAcquires,
}

impl Feature {
    /// Its name to programs and people.
    pub(in crate::aarch64) fn name(self) -> &'static str {
        TABLE.get(self as usize).map_or("", |told| told.part.name)
    }
}

/// A feature's row.
pub(super) struct Told {
    feature: Feature,
    /// Its name to programs and people.
    part: Part,
    /// The bit of `AT_HWCAP`.
    hwcap: u32,
    /// The identification register, the lowest bit of the field, and the field's value.
    id: (SysReg, u32, u64),
    /// Another feature that it cannot be without.
    needs: Option<Feature>,
}

/// What every CPU has here: floating point, vectors, identification registers that programs may read.
const ALWAYS: u64 = 0b11 | 1 << 11;
const ALWAYS_NAMES: [&str; 3] = ["fp", "asimd", "cpuid"];

/// A set of features.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Features(u64);

impl Features {
    /// Those that rows are marked with, without the hidden ones and what cannot be without these.
    pub fn without(hidden: Hidden) -> Features {
        let marked = CLASSES.iter().flat_map(|(_, rows)| rows.iter().filter_map(|row| row.feature));
        let mut set = Features(marked.fold(0, |set, feature| set | 1 << feature as u32) & !hidden.0);
        // Who needs what comes later in the table than what it needs, or one more turn finds it.
        for told in TABLE.iter().chain(TABLE) {
            if told.needs.is_some_and(|needed| !set.has(needed)) {
                set.0 &= !(1 << told.feature as u32);
            }
        }
        set
    }

    /// Whether a feature is one of them.
    pub const fn has(self, feature: Feature) -> bool {
        self.0 >> feature as u32 & 1 != 0
    }

    fn told(self) -> impl Iterator<Item = &'static Told> {
        TABLE.iter().filter(move |told| self.has(told.feature))
    }

    /// The words of `AT_HWCAP` and `AT_HWCAP2`.
    pub fn capabilities(self) -> [u64; 2] {
        [self.told().fold(ALWAYS, |bits, told| bits | 1 << told.hwcap), 0]
    }

    /// What an identification register holds of them.
    pub fn identification(self, register: SysReg) -> u64 {
        let mine = self.told().filter(|told| told.id.0 == register);
        // Features that share a field are steps of it.
        mine.fold(0, |word, told| {
            let (_, low, value) = told.id;
            let field = word >> low & 15;
            word & !(15 << low) | field.max(value) << low
        })
    }

    /// Their names, as the kernel's `/proc/cpuinfo` has them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        ALWAYS_NAMES.into_iter().chain(self.told().map(|told| told.part.name))
    }
}

/// What may be hidden.
pub(in crate::aarch64) fn parts() -> impl Iterator<Item = Part> {
    TABLE.iter().map(|told| told.part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hide(names: &[&str]) -> Features {
        let bit = |name: &&str| 1 << TABLE.iter().position(|told| told.part.name == *name).expect("a name");
        Features::without(Hidden(names.iter().map(bit).sum()))
    }

    #[test]
    fn the_table_is_in_order_and_every_row_of_it_has_instructions() {
        let all = hide(&[]);
        for (at, told) in TABLE.iter().enumerate() {
            assert_eq!(told.feature as usize, at, "{}", told.part.name);
            assert!(all.has(told.feature), "{}", told.part.name);
            assert!(
                TABLE.iter().skip(at + 1).all(|other| other.part.name != told.part.name && other.hwcap != told.hwcap)
            );
        }
    }

    /// What Linux 6.1 tells of a CPU of just these features.
    #[test]
    fn everything_is_told_as_the_kernel_does() {
        let all = hide(&[]);
        assert_eq!(all.capabilities(), [0x432_a9fb, 0]);
        assert_eq!(all.identification(ISAR[0]), 0x1001_0021_2120);
        assert_eq!(all.identification(ISAR[1]), 0x20_1000);
    }

    #[test]
    fn what_is_hidden_is_told_nowhere() {
        let some = hide(&["atomics", "aes"]);
        assert_eq!(some.capabilities()[0] >> 8 & 1, 0);
        assert_eq!(some.identification(ISAR[0]) >> 20 & 15, 0);
        // Pmull is a step above AES in one field.
        assert!(!some.has(Feature::Pmull) && some.identification(ISAR[0]) & 0xf0 == 0);
        assert!(some.names().all(|name| !["atomics", "aes", "pmull"].contains(&name)));
    }
}
