//! Extended attributes: the BSDs' name spaces are the first part of Linux's names.

use super::fd_of;
use crate::{Answer, Args, Ctx, Fail};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// What has the attributes.
enum Of {
    /// A path, followed or not: which of Linux's calls.
    Path(Vec<u8>),
    /// A descriptor.
    Descriptor(i32),
}

impl Of {
    fn arg(&self) -> Arg<'_> {
        match self {
            Of::Path(path) => Arg::In(path),
            Of::Descriptor(fd) => (*fd).into(),
        }
    }
}

/// The most bytes that a value or a list may have on Linux.
const MOST: usize = 64 << 10;

/// The prefix of a name space.
fn prefix(space: u64) -> Result<&'static [u8], Errno> {
    const USER: u32 = 1;
    const SYSTEM: u32 = 2;
    match space as u32 {
        USER => Ok(b"user."),
        // What only the superuser may see.
        SYSTEM => Ok(b"trusted."),
        _ => Err(Errno::EINVAL),
    }
}

fn full_name(ctx: &Ctx<'_>, space: u64, name: u64) -> Result<Vec<u8>, Errno> {
    let mut full = prefix(space)?.to_vec();
    full.extend_from_slice(&ctx.cstr(Addr(name), 256)?);
    full.push(0);
    Ok(full)
}

/// A missing attribute has an error of its own.
fn fail(ctx: &Ctx<'_>, errno: Errno) -> Fail {
    match (errno, ctx.files()) {
        (Errno::ENODATA, Ok(words)) => Fail::Own(words.no_attribute),
        _ => errno.into(),
    }
}

fn get(ctx: &Ctx<'_>, sys: Sys, of: &Of, args: &Args) -> Answer {
    let name = full_name(ctx, args[1], args[2])?;
    let mut value = vec![0; MOST];
    let call = &mut [of.arg(), Arg::In(&name), Arg::Out(&mut value), Arg::Word(MOST as u64)];
    let len = ctx.call_with(sys, call).map_err(|errno| fail(ctx, errno))?;
    copy_out(ctx, value.get(..len as usize).unwrap_or(&value), args[3], args[4])
}

/// As much of `bytes` as there is room for; all are counted when no room is given.
fn copy_out(ctx: &Ctx<'_>, bytes: &[u8], at: u64, room: u64) -> Answer {
    if at == 0 {
        return Ok((bytes.len() as u64).into());
    }
    let part = bytes.get(..room as usize).unwrap_or(bytes);
    ctx.write(Addr(at), part)?;
    Ok((part.len() as u64).into())
}

fn set(ctx: &Ctx<'_>, sys: Sys, of: &Of, args: &Args) -> Answer {
    let name = full_name(ctx, args[1], args[2])?;
    let call = &mut [of.arg(), Arg::In(&name), args[3].into(), args[4].into(), 0.into()];
    ctx.call_with(sys, call).map_err(|errno| fail(ctx, errno))?;
    Ok(args[4].into())
}

fn delete(ctx: &Ctx<'_>, sys: Sys, of: &Of, args: &Args) -> Answer {
    let name = full_name(ctx, args[1], args[2])?;
    Ok(ctx.call_with(sys, &mut [of.arg(), Arg::In(&name)]).map_err(|errno| fail(ctx, errno))?.into())
}

/// Each name is told as its length in a byte and its bytes.
fn list(ctx: &Ctx<'_>, sys: Sys, of: &Of, args: &Args) -> Answer {
    let prefix = prefix(args[1])?;
    let mut names = vec![0; MOST];
    let len = ctx.call_with(sys, &mut [of.arg(), Arg::Out(&mut names), Arg::Word(MOST as u64)])?;
    let mut out = Vec::new();
    for name in names.get(..len as usize).unwrap_or(&names).split(|&b| b == 0) {
        if let Some(name) = name.strip_prefix(prefix) {
            out.push(name.len() as u8);
            out.extend_from_slice(name);
        }
    }
    copy_out(ctx, &out, args[2], args[3])
}

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident $verb:ident $sys:ident $of:ident;)*) => {
        $($(#[$doc])* pub fn $name(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
            let of = $of(ctx, args[0])?;
            $verb(ctx, Sys::$sys, &of, args)
        })*
    };
}

fn path(ctx: &Ctx<'_>, word: u64) -> Result<Of, Errno> {
    Ok(Of::Path(ctx.path(Addr(word))?))
}

fn descriptor(_ctx: &Ctx<'_>, word: u64) -> Result<Of, Errno> {
    Ok(Of::Descriptor(fd_of(word)))
}

calls! {
    /// `extattr_get_file(path, space, name, data, nbytes)`
    get_file get GETXATTR path;
    /// `extattr_get_link`
    get_link get LGETXATTR path;
    /// `extattr_get_fd`
    get_fd get FGETXATTR descriptor;
    /// `extattr_set_file(path, space, name, data, nbytes)`
    set_file set SETXATTR path;
    /// `extattr_set_link`
    set_link set LSETXATTR path;
    /// `extattr_set_fd`
    set_fd set FSETXATTR descriptor;
    /// `extattr_delete_file(path, space, name)`
    delete_file delete REMOVEXATTR path;
    /// `extattr_delete_link`
    delete_link delete LREMOVEXATTR path;
    /// `extattr_delete_fd`
    delete_fd delete FREMOVEXATTR descriptor;
    /// `extattr_list_file(path, space, data, nbytes)`
    list_file list LISTXATTR path;
    /// `extattr_list_link`
    list_link list LLISTXATTR path;
    /// `extattr_list_fd`
    list_fd list FLISTXATTR descriptor;
}

// NetBSD has Linux's calls too, with Linux's whole names.
macro_rules! linux_calls {
    ($($(#[$doc:meta])* $name:ident $sys:ident $of:ident;)*) => {
        $($(#[$doc])* pub fn $name(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
            let of = $of(ctx, args[0])?;
            let mut name = ctx.cstr(Addr(args[1]), 256)?;
            name.push(0);
            let call = &mut [of.arg(), Arg::In(&name), args[2].into(), args[3].into(), args[4].into()];
            Ok(ctx.call_with(Sys::$sys, call).map_err(|errno| fail(ctx, errno))?.into())
        })*
    };
}

linux_calls! {
    /// `setxattr(path, name, value, size, flags)`
    linux_set_file SETXATTR path;
    /// `lsetxattr`
    linux_set_link LSETXATTR path;
    /// `fsetxattr`
    linux_set_fd FSETXATTR descriptor;
    /// `getxattr(path, name, value, size)`
    linux_get_file GETXATTR path;
    /// `lgetxattr`
    linux_get_link LGETXATTR path;
    /// `fgetxattr`
    linux_get_fd FGETXATTR descriptor;
    /// `removexattr(path, name)`
    linux_remove_file REMOVEXATTR path;
    /// `lremovexattr`
    linux_remove_link LREMOVEXATTR path;
    /// `fremovexattr`
    linux_remove_fd FREMOVEXATTR descriptor;
}

/// `listxattr(path, list, size)`
pub fn linux_list_file(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let path = ctx.path(Addr(args[0]))?;
    Ok(ctx.call_with(Sys::LISTXATTR, &mut [Arg::In(&path), args[1].into(), args[2].into()])?.into())
}

/// `llistxattr(path, list, size)`
pub fn linux_list_link(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let path = ctx.path(Addr(args[0]))?;
    Ok(ctx.call_with(Sys::LLISTXATTR, &mut [Arg::In(&path), args[1].into(), args[2].into()])?.into())
}

/// A call on attributes of a system whose file systems have none.
pub fn unsupported(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Err(Errno::EOPNOTSUPP.into())
}
