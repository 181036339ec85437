//! How memory is mapped, in the host's numbers.

pub(crate) const PROT_WRITE: u32 = 2;
pub(crate) const PROT_EXEC: u32 = 4;
pub(crate) const MAP_PRIVATE: u32 = 2;
pub(crate) const MAP_FIXED: u32 = 0x10;
pub(crate) const MAP_ANONYMOUS: u32 = 0x20;
pub(crate) const MAP_NORESERVE: u32 = 0x4000;
pub(crate) const MAP_STACK: u32 = 0x2_0000;
pub(crate) const MAP_FIXED_NOREPLACE: u32 = 0x10_0000;
