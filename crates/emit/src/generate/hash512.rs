//! Steps of SHA-512, which the host has no instructions for: in vectors, where the flags do not count.

use super::{Body, Done, Generator, Loc, Refused};
use crate::asm::ops;
use crate::live::Live;
use crate::reg::{Rm, Xmm};
use ashore_ir::{Crypto, Value};

/// Both lanes exchanged, and the upper one in both.
const SWAPPED: u8 = 0b01_00_11_10;
const BOTH_UPPER: u8 = 0b11_10_11_10;
/// The upper lane's words.
const UPPER_WORDS: u8 = 0xf0;
/// A lane's bytes.
const LANE: u8 = 8;

/// Digits of shifts of lanes, and of all bytes.
const RIGHT: u8 = 2;
const LEFT: u8 = 6;
const BYTES_RIGHT: u8 = 3;

/// By how much the sums of a round are turned to the right.
const SUM0: [u8; 3] = [28, 34, 39];
const SUM1: [u8; 3] = [14, 18, 41];
/// The same of the schedule, and by how much what is added is shifted.
const SIGMA0: ([u8; 2], u8) = ([1, 8], 7);
const SIGMA1: ([u8; 2], u8) = ([19, 61], 6);

impl Generator<'_> {
    pub(super) fn sha512(&mut self, body: Body<'_>, live: &mut Live, op: Crypto, values: [Value; 3]) -> Done {
        let reg = match op {
            Crypto::Sha512Hash => self.sha512_hash(body, live, values)?,
            Crypto::Sha512Hash2 => self.sha512_hash2(body, live, values)?,
            Crypto::Sha512Schedule0 => self.sha512_schedule0(values)?,
            Crypto::Sha512Schedule1 => self.sha512_schedule1(values)?,
            _ => return Err(Refused),
        };
        self.vdone(live, reg, &values)
    }

    /// A vector's home, or a copy, which is the template's own; and whether it is one.
    fn home_or_copy(&mut self, value: Value) -> Result<(Xmm, bool), Refused> {
        let home = match self.loc(value) {
            Loc::Slot(slot) => self.map.vector(slot),
            _ => None,
        };
        match home {
            Some(home) => Ok((home, false)),
            None => Ok((self.taken_copy(value)?, true)),
        }
    }

    fn give_back(&mut self, (reg, is_copy): (Xmm, bool)) {
        if is_copy {
            self.vput_back(reg);
        }
    }

    /// `to` is the exclusive or of `x` turned to the right by each number, made with two other registers.
    fn turned(&mut self, to: Xmm, x: Xmm, by: &[u8], [part, other]: [Xmm; 2]) {
        for (at, &number) in by.iter().enumerate() {
            let sum = if at == 0 { to } else { part };
            self.asm.v_shift(ops::PSHIFTQ_NUMBER, RIGHT, (sum, x), number);
            self.asm.v_shift(ops::PSHIFTQ_NUMBER, LEFT, (other, x), 64 - number);
            self.asm.v3(ops::PXOR, sum, sum, other);
            if at != 0 {
                self.asm.v3(ops::PXOR, to, to, part);
            }
        }
    }

    /// `to` is what the schedule makes of `x`.
    fn sigma(&mut self, to: Xmm, x: Xmm, (by, shift): ([u8; 2], u8), parts: [Xmm; 2]) {
        self.turned(to, x, &by, parts);
        let [part, _] = parts;
        self.asm.v_shift(ops::PSHIFTQ_NUMBER, RIGHT, (part, x), shift);
        self.asm.v3(ops::PXOR, to, to, part);
    }

    /// The upper lane first; the lower lane of the result needs it.
    fn sha512_hash(&mut self, body: Body<'_>, live: &Live, [a, b, c]: [Value; 3]) -> Result<Xmm, Refused> {
        let held @ (x, _) = self.home_or_copy(c)?;
        let (y, z) = (self.vrm(b)?, self.vrm(a)?);
        let (high, mixed, one, two) = (self.vtake()?, self.vtake()?, self.vtake()?, self.vtake()?);
        // The choice: of the lower lane where there are ones, of the upper one where not.
        self.asm.v2_number(ops::PSHUFD, mixed, y, SWAPPED);
        self.asm.v3(ops::PXOR, mixed, mixed, y);
        self.asm.v3(ops::PAND, mixed, mixed, x);
        self.asm.v3(ops::PXOR, mixed, mixed, y);
        self.asm.v3(ops::PADDQ, mixed, mixed, z);
        self.turned(high, x, &SUM1, [one, two]);
        self.asm.v3(ops::PADDQ, high, high, mixed);
        // The lower lane, with nothing in the upper one.
        self.asm.v2_number(ops::PSHUFD, one, x, BOTH_UPPER);
        self.asm.v2(ops::MOVQ, two, x);
        self.give_back(held);
        self.asm.v_shift(ops::PSHIFTQ_NUMBER, BYTES_RIGHT, (mixed, high), LANE);
        self.asm.v3(ops::PADDQ, mixed, mixed, two);
        // The choice is now of the lanes that were the upper and the lower one.
        self.asm.v3(ops::PXOR, one, one, y);
        self.asm.v3(ops::PAND, one, one, mixed);
        self.asm.v3(ops::PXOR, one, one, y);
        self.asm.v3(ops::PADDQ, one, one, z);
        self.asm.v3_number(ops::PBLENDW, one, (one, high.into()), UPPER_WORDS);
        let low = self.vtake()?;
        self.turned(low, mixed, &SUM1, [high, two]);
        [high, mixed, one, two, low].into_iter().for_each(|reg| self.vput_back(reg));
        let reg = self.vdest(body, live, &[])?;
        self.asm.v3(ops::PADDQ, reg, low, one);
        Ok(reg)
    }

    /// The upper lane of the result first, in a lower one.
    fn sha512_hash2(&mut self, body: Body<'_>, live: &Live, [a, b, c]: [Value; 3]) -> Result<Xmm, Refused> {
        let held @ (x, _) = self.home_or_copy(c)?;
        let (y, z) = (self.vrm(b)?, self.vrm(a)?);
        let (high, most, one, two) = (self.vtake()?, self.vtake()?, self.vtake()?, self.vtake()?);
        self.turned(high, x, &SUM0, [one, two]);
        self.majority(most, x, two, y);
        self.asm.v3(ops::PADDQ, high, high, most);
        self.asm.v2_number(ops::PSHUFD, most, z, BOTH_UPPER);
        self.asm.v3(ops::PADDQ, high, high, most);
        self.majority(most, x, two, high.into());
        self.asm.v3(ops::PADDQ, most, most, z);
        self.give_back(held);
        let low = self.vtake()?;
        self.turned(low, high, &SUM0, [one, two]);
        self.asm.v3(ops::PADDQ, low, low, most);
        [high, most, one, two, low].into_iter().for_each(|reg| self.vput_back(reg));
        let reg = self.vdest(body, live, &[])?;
        self.asm.v3(ops::PUNPCKLQDQ, reg, low, high);
        Ok(reg)
    }

    /// The lower lane of `to` is what two or three of the others are: both lanes of `x`, and the lower one of `y`.
    fn majority(&mut self, to: Xmm, x: Xmm, part: Xmm, y: Rm) {
        self.asm.v2_number(ops::PSHUFD, to, x, SWAPPED);
        self.asm.v3(ops::PXOR, to, to, y);
        self.asm.v3(ops::PXOR, part, x, y);
        self.asm.v3(ops::PAND, to, to, part);
        self.asm.v3(ops::PXOR, to, to, y);
    }

    fn sha512_schedule0(&mut self, [a, b, _]: [Value; 3]) -> Result<Xmm, Refused> {
        let (y, x) = (self.xmm(b)?, self.vrm(a)?);
        let (next, reg, one, two) = (self.vtake()?, self.vtake()?, self.vtake()?, self.vtake()?);
        self.asm.v3_number(ops::PALIGNR, next, (y, x), LANE);
        self.sigma(reg, next, SIGMA0, [one, two]);
        self.asm.v3(ops::PADDQ, reg, reg, x);
        [next, one, two].into_iter().for_each(|reg| self.vput_back(reg));
        Ok(reg)
    }

    fn sha512_schedule1(&mut self, [a, b, c]: [Value; 3]) -> Result<Xmm, Refused> {
        let y = self.xmm(b)?;
        let (x, z) = (self.vrm(a)?, self.vrm(c)?);
        let (reg, one, two) = (self.vtake()?, self.vtake()?, self.vtake()?);
        self.sigma(reg, y, SIGMA1, [one, two]);
        self.asm.v3(ops::PADDQ, reg, reg, x);
        self.asm.v3(ops::PADDQ, reg, reg, z);
        [one, two].into_iter().for_each(|reg| self.vput_back(reg));
        Ok(reg)
    }
}
