//! Translation: tables of four levels, 512 entries each.

mod kernel;
mod user;

pub(crate) use kernel::{Image, KernelSpace, STACK_LEN, stack_of};
pub(crate) use user::UserSpace;

/// An entry means something to the CPU.
const VALID: u64 = 1;
/// In levels 0 to 2 the entry names a table; in level 3 it must be set for a page.
const TABLE: u64 = 1 << 1;
/// Attribute 1: a device.
const DEVICE: u64 = 1 << 2;
/// Programs may use it.
const USER: u64 = 1 << 6;
/// Nobody writes it.
const READ_ONLY: u64 = 1 << 7;
/// Inner-shareable.
const SHARED: u64 = 3 << 8;
/// It may be used without telling the kernel first.
const ACCESSED: u64 = 1 << 10;
/// The entry belongs to one address space.
const OWN: u64 = 1 << 11;
/// The kernel never executes it.
const NEVER_KERNEL: u64 = 1 << 53;
/// Programs never execute it.
const NEVER_USER: u64 = 1 << 54;
/// Where the entry leads.
const WHERE: u64 = 0x0000_ffff_ffff_f000;

/// Entries of a table.
const ENTRIES: usize = 512;

/// Which entry of a table of `level` (0 to 3) an address needs.
const fn nth(at: u64, level: u32) -> usize {
    (at >> (39 - 9 * level)) as usize % ENTRIES
}

/// How many bytes an entry of a table of `level` covers.
const fn span(level: u32) -> u64 {
    1 << (39 - 9 * level)
}
