//! Sums of checks.

use super::{Body, Done, Generator, Loc, Refused};
use crate::asm::ops;
use crate::frame::Vector;
use crate::host::HostPart;
use crate::live::Live;
use ashore_ir::{Lane, Size, Value, Width};

/// The polynomial the host's own instruction has.
const CASTAGNOLI: u32 = 0x82f6_3b78;
/// The polynomial of Ethernet, for which the host has none.
const ETHERNET: u32 = 0xedb8_8320;

/// The digits of shifts to the left: of lanes, and of all bytes.
const LEFT: u8 = 6;
const BYTES_LEFT: u8 = 7;

/// Which halves are multiplied: both low ones, or the low one and the constant's high one.
const LOW_BY_LOW: u8 = 0;
const LOW_BY_HIGH: u8 = 0x10;

impl Generator<'_> {
    pub(super) fn crc(
        &mut self,
        body: Body<'_>,
        live: &mut Live,
        (size, polynomial): (Size, u32),
        [a, b]: [Value; 2],
    ) -> Done {
        match polynomial {
            CASTAGNOLI => {
                let data = self.gpr(body, live, b)?;
                let reg = self.dest_of(body, live, (a, Width::W32), &[data])?;
                self.asm.crc32c(size, reg, data);
                self.all_used(live, &[a, b]);
                self.give(self.at, Loc::Gpr(reg));
                Ok(())
            }
            ETHERNET if self.unit.host.has(HostPart::Pclmul) => self.crc_by_products(body, live, size, [a, b]),
            _ => Err(Refused),
        }
    }

    /// By two products without carries; leaves the flags.
    ///
    /// A step adds the polynomial, whose lowest bit is one, where that clears the sum's lowest bit, and shifts it out. All steps
    /// together add the multiple of the polynomial that clears all bits of the data: its factor is what is to be cleared times
    /// the polynomial's inverse. What it has above them is the new sum. The data is at the top of the 64 bits that are
    /// cleared; what is left of an old sum that is longer than the data is added behind it.
    fn crc_by_products(&mut self, body: Body<'_>, live: &mut Live, size: Size, [a, b]: [Value; 2]) -> Done {
        let (sum, data) = (self.vtake()?, self.vtake()?);
        let old = self.rm(body, live, a)?;
        self.asm.v2(ops::MOVD, sum, old);
        let new = self.rm(body, live, b)?;
        let load = if size == Size::B8 { ops::MOVQ_FROM } else { ops::MOVD };
        self.asm.v2(load, data, new);
        self.asm.v3(ops::PXOR, data, data, sum);
        let unused = 8 - size.bytes().min(8) as u8;
        if unused != 0 {
            self.asm.v_shift(ops::PSHIFTQ_NUMBER, LEFT, (data, data), unused * 8);
        }
        let constant = Vector::Crc.place();
        self.asm.v3_number(ops::PCLMULQDQ, data, (data, constant.into()), LOW_BY_LOW);
        self.asm.v3_number(ops::PCLMULQDQ, data, (data, constant.into()), LOW_BY_HIGH);
        if size < Size::B4 {
            self.asm.v_shift(ops::PSHIFTQ_NUMBER, BYTES_LEFT, (sum, sum), unused);
            self.asm.v3(ops::PXOR, data, data, sum);
        }
        self.all_used(live, &[a, b]);
        let reg = self.dest(body, live, &[])?;
        self.get_lane(Lane::S, 2, (data, reg));
        self.vput_back(sum);
        self.vput_back(data);
        self.give(self.at, Loc::Gpr(reg));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::ETHERNET;
    use crate::frame::Vector;

    #[test]
    fn the_constant_is_the_polynomial_and_its_inverse() {
        let value = Vector::ALL.iter().find(|(vector, _)| *vector == Vector::Crc).map_or(0, |(_, value)| *value);
        let (inverse, polynomial) = (value as u64, (value >> 64) as u64);
        assert_eq!(polynomial, u64::from(ETHERNET) << 1 | 1);
        let terms = (0..64).filter(|bit| inverse >> bit & 1 != 0).map(|bit| polynomial << bit);
        assert_eq!(terms.fold(0, |sum, term| sum ^ term), 1);
    }
}
