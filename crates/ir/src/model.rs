//! What a block's execution asks of its surroundings: the CPU's own rules, and memory.

use crate::float::{Control, Exceptions};
use crate::{Rmw, Size, Slot};

/// Where a CPU's state keeps what every block needs.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The bytes of the state.
    pub size: usize,
    /// The program counter: set whenever a block is left.
    pub pc: Slot,
    /// The floating-point control register, in the CPU's own form.
    pub fp_control: Slot,
    /// The sticky floating-point exceptions, in the CPU's own form.
    pub fp_status: Slot,
    /// The watched place's value.
    pub watch_value: Slot,
    /// The watched place's address.
    pub watch_addr: Slot,
    /// The watched place's size in bytes; zero if nothing is watched.
    pub watch_size: Slot,
}

/// The rules of one CPU.
pub trait Model {
    /// Where its state keeps things.
    fn layout(&self) -> &Layout;

    /// How numbers are computed under this value of the control register.
    fn control(&self, register: u64) -> Control;

    /// The bits of the status register for these exceptions.
    fn status(&self, exceptions: Exceptions) -> u64;

    /// Does what `Op::Helper` of this id means; an unknown id gives zero.
    fn helper(&self, id: u16, state: &mut [u8], args: [u128; 3]) -> u128;
}

/// What was wanted of memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Executing.
    Execute,
}

/// An access that memory refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The first address that could not be accessed.
    pub addr: u64,
    /// What was wanted.
    pub access: Access,
}

/// The guest's memory. Values are little-endian, in the low bytes.
pub trait Memory {
    /// Reads.
    fn load(&mut self, addr: u64, size: Size) -> Result<u128, Fault>;

    /// Writes.
    fn store(&mut self, addr: u64, size: Size, value: u128) -> Result<(), Fault>;

    /// Writes if the old value is `expected`, atomically; gives the old value.
    fn compare_swap(&mut self, addr: u64, size: Size, values: [u128; 2]) -> Result<u128, Fault>;

    /// Changes a place atomically; gives the old value.
    fn rmw(&mut self, op: Rmw, addr: u64, size: Size, value: u128) -> Result<u128, Fault> {
        let mut old = self.load(addr, size)?;
        loop {
            let new = op.apply(size, old, value);
            match self.compare_swap(addr, size, [old, new])? {
                seen if seen == old => return Ok(old),
                seen => old = seen,
            }
        }
    }

    /// Orders everything before with everything after.
    fn fence(&mut self);

    /// Instructions at these addresses may have changed.
    fn invalidate(&mut self, addr: u64, len: u64);

    /// The counter of time.
    fn counter(&mut self) -> u64;
}

impl Rmw {
    /// What memory holds afterwards.
    pub fn apply(self, size: Size, old: u128, operand: u128) -> u128 {
        let bits = size.bytes() as u32 * 8;
        let signed = |value: u128| (value << (128 - bits)) as i128 >> (128 - bits);
        let operand = operand & size.mask();
        let pick = |first: bool| if first { old } else { operand };
        let new = match self {
            Rmw::Swap => operand,
            Rmw::Add => old.wrapping_add(operand),
            Rmw::And => old & operand,
            Rmw::AndNot => old & !operand,
            Rmw::Or => old | operand,
            Rmw::Xor => old ^ operand,
            Rmw::SMax => pick(signed(old) >= signed(operand)),
            Rmw::SMin => pick(signed(old) <= signed(operand)),
            Rmw::UMax => pick(old >= operand),
            Rmw::UMin => pick(old <= operand),
        };
        new & size.mask()
    }
}
