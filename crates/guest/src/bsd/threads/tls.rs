//! The calls that set the thread pointer: each BSD has its own.

use crate::{Answer, Args, Ctx, Fail, Value};
use alloc::format;
use ashore_base::Addr;
use ashore_pivot::Errno;

/// FreeBSD's operations of sysarch on x86-64.
const AMD64_GET_FSBASE: i32 = 128;
const AMD64_SET_FSBASE: i32 = 129;
const AMD64_GET_GSBASE: i32 = 130;
const AMD64_SET_GSBASE: i32 = 131;
const AMD64_SET_TLSBASE: i32 = 136;

/// FreeBSD's `sysarch(op, parms)`: the pointer leads to an 8-byte base.
pub fn sysarch(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let at = Addr(args[1]);
    match args[0] as i32 {
        AMD64_GET_FSBASE => ctx.write(at, &ctx.thread.tls.0.to_le_bytes())?,
        AMD64_GET_GSBASE => ctx.write(at, &ctx.thread.gs_base.0.to_le_bytes())?,
        AMD64_SET_FSBASE | AMD64_SET_TLSBASE => ctx.thread.tls = user_base(ctx.read_u64(at)?)?,
        AMD64_SET_GSBASE => ctx.thread.gs_base = user_base(ctx.read_u64(at)?)?,
        _ => return Err(Errno::EINVAL.into()),
    }
    Ok(Value::One(0))
}

/// FreeBSD's on CPUs where programs write the thread pointer themselves.
pub fn sysarch_without_bases(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Err(Errno::EINVAL.into())
}

/// DragonFly's sysarch has none of FreeBSD's operations: EOPNOTSUPP, as on the real system. A program
/// that asks for one was built or ported with FreeBSD's start-up code.
pub fn sysarch_of_dragonfly(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let op = args[0] as i32;
    if matches!(op, AMD64_GET_FSBASE..=AMD64_SET_GSBASE | AMD64_SET_TLSBASE) {
        ctx.kernel.note(&format!(
            "call 165 (sysarch) with operation {op} is FreeBSD's way to the thread pointer; DragonFly fails it with \
             errno 45 and wants call 472 (set_tls_area) with a record of base and size"
        ));
    }
    Err(Errno::EOPNOTSUPP.into())
}

/// The areas of DragonFly's set_tls_area: FS and GS.
const TLS_FS: u32 = 0;
const TLS_GS: u32 = 1;
/// `struct tls_info`: base, size.
const TLS_INFO_LEN: i64 = 16;

/// DragonFly's `set_tls_area(which, info, infosize)`.
pub fn set_tls_area(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let which = tls_area(args)?;
    let base = user_base(ctx.read_u64(Addr(args[1]))?)?;
    match which {
        TLS_FS => ctx.thread.tls = base,
        _ => ctx.thread.gs_base = base,
    }
    Ok(Value::One(0))
}

/// DragonFly's `get_tls_area(which, info, infosize)`.
pub fn get_tls_area(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let base = match tls_area(args)? {
        TLS_FS => ctx.thread.tls,
        _ => ctx.thread.gs_base,
    };
    let info = [base.0, TLS_INFO_LEN as u64].map(u64::to_le_bytes);
    ctx.write(Addr(args[1]), info.as_flattened())?;
    Ok(Value::One(0))
}

fn tls_area(args: &Args) -> Result<u32, Fail> {
    let which = args[0] as u32;
    if which > TLS_GS {
        return Err(Errno::ERANGE.into());
    }
    if i64::from(args[2] as i32) < TLS_INFO_LEN {
        return Err(Errno::EINVAL.into());
    }
    Ok(which)
}

/// NetBSD's `_lwp_setprivate(ptr)`.
pub fn lwp_setprivate(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    ctx.thread.tls = user_base(args[0])?;
    Ok(Value::One(0))
}

/// NetBSD's `_lwp_getprivate()`.
pub fn lwp_getprivate(ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Ok(Value::One(ctx.thread.tls.0))
}

/// A base a program may have; the CPU would fault on any other.
fn user_base(base: u64) -> Result<Addr, Errno> {
    const USER_END: u64 = 1 << 47;
    if base < USER_END { Ok(Addr(base)) } else { Err(Errno::EINVAL) }
}
