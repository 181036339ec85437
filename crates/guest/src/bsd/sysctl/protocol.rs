//! `__sysctl`: what goes in and what comes out.
//!
//! No buffer asks for the length; a short buffer is filled as far as it goes and is ENOMEM.

use super::{Dialect, names, query};
use crate::{Answer, Args, Ctx, Fail};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::Errno;

/// The most numbers a name may have.
const MAX_NAME: u64 = 24;
/// The longest name of a question by name.
const MAX_NAME_BYTES: u64 = 1024;

/// `__sysctl(name, namelen, oldp, oldlenp, newp, newlen)`.
pub fn sysctl(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let count = u64::from(args[1] as u32);
    if count == 0 || count > MAX_NAME {
        return Err(Errno::EINVAL.into());
    }
    let words = ctx.read_vec(Addr(args[0]), count * 4)?;
    let oid: Vec<i32> = words.as_chunks().0.iter().map(|word| i32::from_le_bytes(*word)).collect();
    let ask = Ask { old: Addr(args[2]), old_len: Addr(args[3]), new: Addr(args[4]), new_len: args[5] };
    ask.answer(ctx, &oid)
}

/// `__sysctlbyname(name, namelen, oldp, oldlenp, newp, newlen)`: the name has a length and no zero.
pub fn sysctl_by_name(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let ask = Ask { old: Addr(args[2]), old_len: Addr(args[3]), new: Addr(args[4]), new_len: args[5] };
    let oid = named(ctx, Addr(args[0]), args[1])?;
    ask.answer(ctx, oid)
}

/// A value for the personality's own use.
pub fn value(ctx: &mut Ctx<'_>, oid: &[i32]) -> Result<Vec<u8>, Fail> {
    let (leaf, rest) = names::leaf_of(ctx.bsd()?.family.sysctl.leaves, oid)?;
    leaf.read(ctx, rest, 0)
}

/// The numbers of the node whose name stands in memory, with or without a zero at its end.
pub fn named(ctx: &Ctx<'_>, at: Addr, len: u64) -> Result<&'static [i32], Fail> {
    if len >= MAX_NAME_BYTES {
        return Err(Errno::ENAMETOOLONG.into());
    }
    let bytes = ctx.read_vec(at, len)?;
    let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let name = core::str::from_utf8(bytes).map_err(|_| Errno::ENOENT)?;
    Ok(names::oid_of(ctx.bsd()?.family.sysctl.leaves, name).ok_or(Errno::ENOENT)?)
}

/// Where a question's answer goes, and what it brings.
pub struct Ask {
    /// The buffer; null to ask for the length.
    pub old: Addr,
    /// Its length; becomes the answer's.
    pub old_len: Addr,
    /// The new value.
    pub new: Addr,
    /// Its length; 0 when there is none.
    pub new_len: u64,
}

impl Ask {
    fn answer(&self, ctx: &mut Ctx<'_>, oid: &[i32]) -> Answer {
        let words = ctx.bsd()?.family.sysctl;
        if let Some(bytes) = query::ask(ctx, words, oid, self)? {
            return self.give(ctx, words.dialect, &bytes);
        }
        let (leaf, rest) = names::leaf_of(words.leaves, oid).inspect_err(|_| unknown(ctx, oid))?;
        if !self.new.is_null() && self.new_len != 0 {
            return Err(Errno::EPERM.into());
        }
        let room = self.room(ctx)?;
        let bytes = leaf.read(ctx, rest, room)?;
        self.give(ctx, words.dialect, &bytes)
    }

    fn room(&self, ctx: &Ctx<'_>) -> Result<u64, Errno> {
        if self.old_len.is_null() { Ok(0) } else { ctx.read_u64(self.old_len) }
    }

    /// Copies as much as fits and tells the length.
    pub fn give(&self, ctx: &Ctx<'_>, dialect: Dialect, bytes: &[u8]) -> Answer {
        let needed = bytes.len() as u64;
        let room = self.room(ctx)?;
        let fits = if self.old.is_null() { needed } else { needed.min(room) };
        if !self.old.is_null() {
            ctx.write(self.old, bytes.get(..fits as usize).unwrap_or(bytes))?;
        }
        if !self.old_len.is_null() {
            let told = if dialect == Dialect::NetBsd { needed } else { fits };
            ctx.write(self.old_len, &told.to_le_bytes())?;
        }
        if fits < needed { Err(Errno::ENOMEM.into()) } else { Ok(0.into()) }
    }
}

/// Says once that a value is missing.
fn unknown(ctx: &Ctx<'_>, oid: &[i32]) {
    ctx.kernel.note(&alloc::format!("sysctl {oid:?}"));
}
