//! The machine's names by the oldest calls.

use crate::bsd::sysctl;
use crate::{Answer, Args, Ctx};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::Errno;

/// The size of a field of the old `struct utsname`.
const FIELD: usize = 32;

/// `uname(name)`: system, host, release, version and machine, each cut to its field.
pub fn uname(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const KERN: i32 = 1;
    const HW: i32 = 6;
    let oids = [[KERN, 1], [KERN, 10], [KERN, 2], [KERN, 4], [HW, 1]];
    let mut record = Vec::new();
    for oid in oids {
        let mut field = sysctl::value(ctx, &oid)?;
        field.truncate(FIELD - 1);
        field.resize(FIELD, 0);
        record.extend_from_slice(&field);
    }
    ctx.write(Addr(args[0]), &record)?;
    Ok(0.into())
}

/// `getdomainname(domainname, len)`.
pub fn getdomainname(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let mut name = sysctl::domain_name(ctx)?;
    name.push(0);
    let len = args[1] as u32 as usize;
    if len == 0 {
        return Err(Errno::EINVAL.into());
    }
    ctx.write(Addr(args[0]), name.get(..len).unwrap_or(&name))?;
    Ok(0.into())
}

/// `uuidgen(store, count)`: of random numbers, where the systems' have times and addresses.
pub fn uuidgen(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const MAX: u32 = 2048;
    let count = args[1] as u32;
    if count == 0 || count > MAX {
        return Err(Errno::EINVAL.into());
    }
    for nth in 0..u64::from(count) {
        let bytes = sysctl::random(ctx, &[], 16)?;
        let mut uuid = [0; 16];
        uuid.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        // time_hi_and_version is a little-endian word at 6, the variant the top of byte 8.
        let [.., version, variant, _, _, _, _, _, _, _] = &mut uuid;
        *version = *version & 0x0f | 0x40;
        *variant = *variant & 0x3f | 0x80;
        ctx.write(Addr(args[0]).plus(16 * nth), &uuid)?;
    }
    Ok(0.into())
}
