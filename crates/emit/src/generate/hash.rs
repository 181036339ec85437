//! Steps of ciphers and hashes.
//!
//! The host's instructions for hashes keep words in other orders: SHA-1's the other way round, SHA-256's as pairs of both
//! halves of the hash. They have no form of three operands.

use super::{Body, Done, Generator, Refused};
use crate::asm::{Code, Map, ops};
use crate::frame::Vector;
use crate::host::HostPart;
use crate::live::Live;
use crate::reg::{Rm, Xmm};
use ashore_ir::{Crypto, Value, Width};

/// The opcodes of the host's instructions for hashes; the first is in another table than the others.
const SHA1_ROUNDS: u8 = 0xcc;
const SHA256_ROUNDS: u8 = 0xcb;
const SHA256_SCHEDULE0: u8 = 0xcc;
const SHA256_SCHEDULE1: u8 = 0xcd;

/// The lanes in the opposite order.
const REVERSE: u8 = 0b00_01_10_11;
/// The upper two lanes below.
const UPPER: u8 = 0b11_10_11_10;
/// Of two vectors, lanes 1, 0 and 1, 0; and lanes 3, 2 and 3, 2.
const LOW_PAIRS: u8 = 0b00_01_00_01;
const HIGH_PAIRS: u8 = 0b10_11_10_11;

/// Digits of shifts of all bytes and of lanes.
const BYTES_RIGHT: u8 = 3;
const BYTES_LEFT: u8 = 7;
const RIGHT: u8 = 2;
const LEFT: u8 = 6;

impl Generator<'_> {
    pub(super) fn crypto(&mut self, body: Body<'_>, live: &mut Live, op: Crypto, values: [Value; 3]) -> Done {
        let has_hashes = self.unit.host.has(HostPart::Sha);
        let reg = match op {
            Crypto::AesSubShift | Crypto::AesInverseSubShift | Crypto::AesMix | Crypto::AesInverseMix
                if self.unit.host.has(HostPart::Aes) =>
            {
                self.aes(body, live, op, values)?
            }
            Crypto::Sha1Schedule0 => self.sha1_schedule0(values)?,
            Crypto::Sha1Schedule1 => self.sha1_schedule1(values)?,
            Crypto::Sha1Choose if has_hashes => self.sha1(values, 0, Vector::ShaChoose)?,
            Crypto::Sha1Parity if has_hashes => self.sha1(values, 1, Vector::ShaParity)?,
            Crypto::Sha1Majority if has_hashes => self.sha1(values, 2, Vector::ShaMajority)?,
            Crypto::Sha256Hash if has_hashes => self.sha256(values, HIGH_PAIRS)?,
            Crypto::Sha256Hash2 if has_hashes => {
                let [a, b, c] = values;
                self.sha256([b, a, c], LOW_PAIRS)?
            }
            Crypto::Sha256Schedule0 if has_hashes => {
                let [a, b, _] = values;
                let y = self.xmm(b)?;
                let reg = self.taken_copy(a)?;
                self.hash(SHA256_SCHEDULE0, reg, y);
                reg
            }
            Crypto::Sha256Schedule1 if has_hashes => {
                let [a, b, c] = values;
                let z = self.xmm(c)?;
                let y = self.vrm(b)?;
                let reg = self.vtake()?;
                self.asm.v3_number(ops::PALIGNR, reg, (z, y), 4);
                let x = self.vrm(a)?;
                self.asm.v3(ops::PADDD, reg, reg, x);
                self.hash(SHA256_SCHEDULE1, reg, z);
                reg
            }
            _ => return self.sha512(body, live, op, values),
        };
        self.vdone(live, reg, &values)
    }

    fn aes(&mut self, body: Body<'_>, live: &Live, op: Crypto, [a, _, _]: [Value; 3]) -> Result<Xmm, Refused> {
        let x = self.xmm(a)?;
        let reg = self.vdest(body, live, &[x])?;
        let none = self.vtake()?;
        self.zero(none);
        let none_rm = Rm::from(none);
        match op {
            Crypto::AesSubShift => self.asm.v3(ops::AESENCLAST, reg, x, none_rm),
            Crypto::AesInverseSubShift => self.asm.v3(ops::AESDECLAST, reg, x, none_rm),
            Crypto::AesInverseMix => self.asm.v2(ops::AESIMC, reg, x),
            // The host mixes only behind the rows' shift and the byte table: those are undone before.
            _ => {
                self.asm.v3(ops::AESDECLAST, reg, x, none_rm);
                self.asm.v3(ops::AESENC, reg, reg, none_rm);
            }
        }
        self.vput_back(none);
        Ok(reg)
    }

    /// An instruction of two operands, the first of which it changes.
    fn hash(&mut self, opcode: u8, reg: Xmm, other: Xmm) {
        self.asm.op(Code::new(Map::M0f38, opcode, Width::W32), reg.0, other.into());
    }

    /// A copy of a vector in a register for templates.
    pub(super) fn taken_copy(&mut self, value: Value) -> Result<Xmm, Refused> {
        let reg = self.vtake()?;
        let from = self.vrm(value)?;
        self.asm.v2(ops::MOVUPS, reg, from);
        Ok(reg)
    }

    /// Four rounds; the host adds a constant by itself, which the guest's operand has already.
    fn sha1(&mut self, [a, b, c]: [Value; 3], function: u8, constant: Vector) -> Result<Xmm, Refused> {
        let y = self.xmm(b)?;
        let words = self.taken_copy(c)?;
        self.asm.v3(ops::PSUBD, words, words, constant.place());
        self.asm.v2_number(ops::PSHUFD, words, words, REVERSE);
        let fifth = self.vtake()?;
        self.asm.v_shift(ops::PSHIFTQ_NUMBER, BYTES_LEFT, (fifth, y), 12);
        self.asm.v3(ops::PADDD, words, words, fifth);
        let x = self.vrm(a)?;
        self.asm.v2_number(ops::PSHUFD, fifth, x, REVERSE);
        self.asm.op(Code::new(Map::M0f3a, SHA1_ROUNDS, Width::W32), fifth.0, words.into());
        self.asm.byte(function);
        self.asm.v2_number(ops::PSHUFD, fifth, fifth, REVERSE);
        self.vput_back(words);
        Ok(fifth)
    }

    fn sha1_schedule0(&mut self, [a, b, c]: [Value; 3]) -> Result<Xmm, Refused> {
        let (y, x) = (self.xmm(b)?, self.vrm(a)?);
        let reg = self.vtake()?;
        self.asm.v3_number(ops::PALIGNR, reg, (y, x), 8);
        self.asm.v3(ops::PXOR, reg, reg, x);
        let z = self.vrm(c)?;
        self.asm.v3(ops::PXOR, reg, reg, z);
        Ok(reg)
    }

    fn sha1_schedule1(&mut self, [a, b, _]: [Value; 3]) -> Result<Xmm, Refused> {
        let y = self.xmm(b)?;
        let x = self.vrm(a)?;
        let (mixed, part, reg) = (self.vtake()?, self.vtake()?, self.vtake()?);
        self.asm.v_shift(ops::PSHIFTQ_NUMBER, BYTES_RIGHT, (mixed, y), 4);
        self.asm.v3(ops::PXOR, mixed, mixed, x);
        // All turned by one, and the first one, turned by two, over the last.
        self.asm.v_shift(ops::PSHIFTD_NUMBER, LEFT, (reg, mixed), 1);
        self.asm.v_shift(ops::PSHIFTD_NUMBER, RIGHT, (part, mixed), 31);
        self.asm.v3(ops::POR, reg, reg, part);
        self.asm.v_shift(ops::PSHIFTQ_NUMBER, BYTES_LEFT, (mixed, mixed), 12);
        self.asm.v_shift(ops::PSHIFTD_NUMBER, LEFT, (part, mixed), 2);
        self.asm.v3(ops::PXOR, reg, reg, part);
        self.asm.v_shift(ops::PSHIFTD_NUMBER, RIGHT, (part, mixed), 30);
        self.asm.v3(ops::PXOR, reg, reg, part);
        self.vput_back(mixed);
        self.vput_back(part);
        Ok(reg)
    }

    /// Four rounds over the hash's halves `a` and `b`; which of them is given, `pairs` says.
    fn sha256(&mut self, [a, b, c]: [Value; 3], pairs: u8) -> Result<Xmm, Refused> {
        // The words are in this register by definition.
        let words = Xmm(0);
        if self.vfree & 1 == 0 {
            return Err(Refused);
        }
        self.vfree &= !1;
        self.vheld |= 1;
        let from = self.vrm(c)?;
        self.asm.v2(ops::MOVUPS, words, from);
        let y = self.xmm(b)?;
        let x = self.vrm(a)?;
        let (low, high) = (self.vtake()?, self.vtake()?);
        self.asm.v3_number(ops::SHUFPS, low, (y, x), LOW_PAIRS);
        self.asm.v3_number(ops::SHUFPS, high, (y, x), HIGH_PAIRS);
        self.hash(SHA256_ROUNDS, high, low);
        self.asm.v2_number(ops::PSHUFD, words, words, UPPER);
        self.hash(SHA256_ROUNDS, low, high);
        self.asm.v3_number(ops::SHUFPS, low, (low, high.into()), pairs);
        self.vput_back(high);
        self.vput_back(words);
        Ok(low)
    }
}
