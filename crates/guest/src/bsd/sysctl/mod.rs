//! The sysctl tree: numbers and names of values, and the protocol that asks for them.
//!
//! A system's tree is a table of leaves ([`Leaf`]); the inner nodes follow from the leaves' names and
//! numbers. Nothing can be set: the values are the host's or made up.

mod names;
mod protocol;
mod query;
#[cfg(test)]
mod tests;
mod values;

pub use protocol::{sysctl, sysctl_by_name, value};
pub use values::{
    boot_time, boot_timespec, clock_rate, cpu_model, cpus, domain_name, host_name, load, machine, machine_arch,
    open_max, physical_long, physical_pages, physical_short, process_path, process_path_last, random, random_word,
    routes, stack_top,
};

use crate::{Ctx, Fail};
use alloc::vec::Vec;

/// What a system must supply.
pub struct Words {
    /// The leaves, in the order of their numbers.
    pub leaves: &'static [Leaf],
    /// How names are found and lengths are told.
    pub dialect: Dialect,
}

/// Where the systems' protocols differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Questions are nodes {0, n}; a short buffer's length is told as what was copied.
    FreeBsd,
    /// Questions are numbers below 0 at the end; a short buffer's length is told as what was needed.
    NetBsd,
}

/// A value of the tree.
pub struct Leaf {
    /// Its numbers. Where the system assigns them as it starts, ours are 256 and up.
    pub oid: &'static [i32],
    /// Its name, with dots.
    pub name: &'static str,
    /// What it holds.
    pub value: Value,
}

/// A function that makes a record.
pub type RecordOf = fn(&mut Ctx<'_>, &[i32], u64) -> Result<Vec<u8>, Fail>;

/// What a leaf holds.
#[derive(Clone, Copy)]
pub enum Value {
    /// A 32-bit number.
    Int(i32),
    /// A 64-bit number.
    Long(i64),
    /// A string.
    Text(&'static str),
    /// A 32-bit number of the host or the process.
    IntOf(fn(&Ctx<'_>) -> Result<i32, Fail>),
    /// A 64-bit number of the host or the process.
    LongOf(fn(&Ctx<'_>) -> Result<i64, Fail>),
    /// A string of the host or the process, without its zero.
    TextOf(fn(&Ctx<'_>) -> Result<Vec<u8>, Fail>),
    /// A record; the function is given the numbers after the leaf's own, and the buffer's length.
    Record(RecordOf),
}

/// The row of a leaf.
pub const fn leaf(oid: &'static [i32], name: &'static str, value: Value) -> Leaf {
    Leaf { oid, name, value }
}

impl Leaf {
    /// Its bytes.
    pub fn read(&self, ctx: &mut Ctx<'_>, rest: &[i32], room: u64) -> Result<Vec<u8>, Fail> {
        let text = |mut bytes: Vec<u8>| {
            bytes.push(0);
            bytes
        };
        Ok(match self.value {
            Value::Int(number) => number.to_le_bytes().to_vec(),
            Value::Long(number) => number.to_le_bytes().to_vec(),
            Value::Text(string) => text(string.as_bytes().to_vec()),
            Value::IntOf(get) => get(ctx)?.to_le_bytes().to_vec(),
            Value::LongOf(get) => get(ctx)?.to_le_bytes().to_vec(),
            Value::TextOf(get) => text(get(ctx)?),
            Value::Record(get) => get(ctx, rest, room)?,
        })
    }

    /// Whether numbers may follow its own.
    const fn takes_more(&self) -> bool {
        matches!(self.value, Value::Record(_))
    }
}
