//! The features, one row each.
//!
//! Names and bits are those of Linux (`arch/arm64/include/uapi/asm/hwcap.h`), fields those of the Arm Architecture Reference
//! Manual (DDI 0487), `ID_AA64ISAR0_EL1` and `ID_AA64ISAR1_EL1`.

use super::{Feature, Told};
use crate::aarch64::system::SysReg;
use crate::lift::Part;

/// The registers that identify instructions.
pub(in crate::aarch64::rows) const ISAR: [SysReg; 2] = [ISAR0, ISAR1];
const ISAR0: SysReg = SysReg::new(3, 0, 0, 6, 0);
const ISAR1: SysReg = SysReg::new(3, 0, 0, 6, 1);

const fn told(feature: Feature, name: &'static str, title: &'static str, hwcap: u32, id: (SysReg, u32, u64)) -> Told {
    Told { feature, part: Part { name, title }, hwcap, id, needs: None }
}

impl Told {
    const fn needs(self, feature: Feature) -> Told {
        Told { needs: Some(feature), ..self }
    }
}

/// The rows.
pub(super) static TABLE: &[Told] = &[
    told(Feature::Aes, "aes", "AES rounds", 3, (ISAR0, 4, 1)),
    told(Feature::Pmull, "pmull", "polynomial products of 64 bits", 4, (ISAR0, 4, 2)).needs(Feature::Aes),
    told(Feature::Sha1, "sha1", "SHA-1 rounds", 5, (ISAR0, 8, 1)),
    told(Feature::Sha2, "sha2", "SHA-256 rounds", 6, (ISAR0, 12, 1)).needs(Feature::Sha1),
    told(Feature::Crc32, "crc32", "CRC-32 and CRC-32C", 7, (ISAR0, 16, 1)),
    told(Feature::Atomics, "atomics", "atomic instructions (LSE)", 8, (ISAR0, 20, 2)),
    told(Feature::Javascript, "jscvt", "conversions by JavaScript's rules", 13, (ISAR1, 12, 1)),
    told(Feature::Acquires, "lrcpc", "processor-consistent acquires", 15, (ISAR1, 20, 1)),
    told(Feature::Sha3, "sha3", "SHA-3 steps", 17, (ISAR0, 32, 1)).needs(Feature::Sha512),
    told(Feature::DotProduct, "asimddp", "dot products", 20, (ISAR0, 44, 1)),
    told(Feature::Sha512, "sha512", "SHA-512 rounds", 21, (ISAR0, 12, 2)).needs(Feature::Sha2),
    told(Feature::UnscaledAcquires, "ilrcpc", "acquires with a distance", 26, (ISAR1, 20, 2)).needs(Feature::Acquires),
];
