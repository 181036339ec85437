//! Interfaces, addresses and routes as the BSDs' routing messages.

use crate::{Ctx, Fail};
use alloc::vec::Vec;
use ashore_pivot::Errno;

/// The dump that the numbers after {net, route} ask for: protocol, family, what, and an index or flags.
pub fn sysctl(_ctx: &mut Ctx<'_>, _oid: &[i32]) -> Result<Vec<u8>, Fail> {
    Err(Errno::ENOENT.into())
}
