//! Where loads and stores go.

use crate::aarch64::rows::integer;
use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg, signed};
use ashore_ir::{Bin, Value, Width};

/// An address, and what becomes of its base register afterwards.
pub(super) struct Address {
    /// The address without its distance.
    pub(super) base: Value,
    /// The distance.
    pub(super) disp: i32,
    /// The register that is changed and what is added to it.
    change: Option<(u8, i32)>,
}

impl Address {
    /// A base and a distance.
    #[inline]
    fn plain(l: &mut Lift, number: u8, disp: i64) -> Address {
        Address { base: l.x_sp(number), disp: disp as i32, change: None }
    }

    /// The address of a pair, by bits 24 and 23: after, plain, before.
    pub(super) fn of_pair(l: &mut Lift, w: u32, log2: u32) -> Address {
        let disp = signed(w, 21, 15) << log2;
        Address::with_change(l, reg(w, 5), disp, bits(w, 24, 23))
    }

    /// By two bits: 1 changes afterwards, 3 before.
    fn with_change(l: &mut Lift, number: u8, disp: i64, mode: u32) -> Address {
        let plain = Address::plain(l, number, if mode == 1 { 0 } else { disp });
        let change = (mode & 1 != 0).then_some((number, disp as i32));
        Address { change, ..plain }
    }

    /// The address of one register, by bits 24, 21, 11 and 10. Most are of the first kind.
    #[inline(always)]
    pub(super) fn of_one(l: &mut Lift, w: u32, log2: u32) -> Option<Address> {
        if bit(w, 24) {
            return Some(Address::plain(l, reg(w, 5), i64::from(bits(w, 21, 10)) << log2));
        }
        Address::of_other(l, w, log2)
    }

    fn of_other(l: &mut Lift, w: u32, log2: u32) -> Option<Address> {
        let number = reg(w, 5);
        if !bit(w, 21) {
            return Some(Address::with_change(l, number, signed(w, 20, 12), bits(w, 11, 10)));
        }
        if !bit(w, 14) {
            return None;
        }
        let base = l.x_sp(number);
        let index = integer::extended(l, reg(w, 16), bits(w, 15, 13), if bit(w, 12) { log2 } else { 0 });
        Some(Address { base: l.bin(Bin::Add, Width::W64, base, index), disp: 0, change: None })
    }

    /// Changes the base register if the address says so: after the access, which may fault.
    #[inline]
    pub(super) fn finish(&self, l: &mut Lift) {
        if let Some((number, by)) = self.change {
            let changed = l.bin_number(Bin::Add, Width::W64, self.base, i64::from(by) as u64);
            l.set_x_sp(number, changed);
        }
    }
}
