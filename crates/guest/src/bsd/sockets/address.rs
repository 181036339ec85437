//! Socket addresses, both ways.
//!
//! The three systems put a length byte before an 8-bit family; lengths given to a call win over the byte. A Unix
//! path may hold 104 bytes and more there, 108 here, and names a file: it goes through the process's path mapping,
//! and a path that does not fit afterwards is reached through its directory's descriptor.

use super::host;
use crate::socket_path::Place;
use crate::{Ctx, Fail};
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::Errno;

/// The longest address the systems take (`SOCK_MAXADDRLEN`).
const MAX_LEN: u64 = 255;
/// `struct sockaddr_in`, on both sides.
const IN_LEN: usize = 16;
/// `struct sockaddr_in6`, on both sides.
const IN6_LEN: usize = 28;
/// Room for any address of Linux.
pub const LINUX_MAX: usize = 128;

/// An address in Linux's words.
#[derive(Debug, Default)]
pub struct Name {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// A directory that must stay open until the call is made.
    dir: Option<i32>,
}

impl Name {
    /// The family in Linux's numbering.
    pub fn family(&self) -> u16 {
        self.bytes.first_chunk().map_or(host::AF_UNSPEC, |bytes| u16::from_le_bytes(*bytes))
    }

    /// The port of an internet address.
    pub fn port(&self) -> Option<u16> {
        let bytes = self.bytes.get(2..4)?.first_chunk()?;
        matches!(self.family(), host::AF_INET | host::AF_INET6).then(|| u16::from_be_bytes(*bytes))
    }

    /// Whether it is an IPv4 address in IPv6's clothes.
    pub fn is_v4_mapped(&self) -> bool {
        const MAPPED: [u8; 12] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
        self.family() == host::AF_INET6 && self.bytes.get(8..20) == Some(&MAPPED)
    }

    /// The path of a Unix address.
    pub fn path(&self) -> Option<&[u8]> {
        let path = self.bytes.get(2..)?;
        (self.family() == host::AF_UNIX).then(|| until_zero(path))
    }

    /// Closes what was opened for it.
    pub fn done(self, ctx: &Ctx<'_>) {
        if let Some(dir) = self.dir {
            ctx.close(dir);
        }
    }
}

fn until_zero(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A guest's family as Linux's, for the families that are carried over.
pub fn family_to_linux(ctx: &Ctx<'_>, family: u64) -> Result<u16, Errno> {
    let inet6 = u64::from(ctx.bsd()?.family.sockets.inet6);
    match family {
        1 => Ok(host::AF_UNIX),
        2 => Ok(host::AF_INET),
        other if other == inet6 => Ok(host::AF_INET6),
        _ => Err(Errno::EAFNOSUPPORT),
    }
}

/// A Linux family as the guest's; 0 for those it cannot have asked for.
pub fn family_from_linux(ctx: &Ctx<'_>, family: u16) -> u8 {
    match family {
        host::AF_UNIX => 1,
        host::AF_INET => 2,
        host::AF_INET6 => ctx.bsd().map_or(0, |bsd| bsd.family.sockets.inet6),
        _ => 0,
    }
}

/// The address of `len` bytes at `at`, in Linux's words.
pub fn read(ctx: &Ctx<'_>, at: Addr, len: u64) -> Result<Name, Fail> {
    read_from(ctx, None, at, len)
}

/// The same, with relative Unix paths starting from a directory's descriptor.
pub fn read_from(ctx: &Ctx<'_>, dir: Option<i32>, at: Addr, len: u64) -> Result<Name, Fail> {
    let len = u64::from(len as u32);
    if len > MAX_LEN {
        return Err(Errno::ENAMETOOLONG.into());
    }
    if len < 2 {
        return Err(Errno::EINVAL.into());
    }
    let guest = ctx.read_vec(at, len)?;
    let (Some(family), Some(rest)) = (guest.get(1), guest.get(2..)) else { return Err(Errno::EINVAL.into()) };
    if *family == 0 {
        return Ok(Name { bytes: with_family(host::AF_UNSPEC, rest), dir: None });
    }
    match family_to_linux(ctx, u64::from(*family))? {
        host::AF_UNIX => read_unix(ctx, dir, rest),
        host::AF_INET if guest.len() == IN_LEN => Ok(Name { bytes: with_family(host::AF_INET, rest), dir: None }),
        host::AF_INET6 if guest.len() == IN6_LEN => Ok(Name { bytes: with_family(host::AF_INET6, rest), dir: None }),
        _ => Err(Errno::EINVAL.into()),
    }
}

fn with_family(family: u16, rest: &[u8]) -> Vec<u8> {
    let mut bytes = family.to_le_bytes().to_vec();
    bytes.extend_from_slice(rest);
    bytes
}

fn read_unix(ctx: &Ctx<'_>, dir: Option<i32>, rest: &[u8]) -> Result<Name, Fail> {
    // An empty path would be an invitation to Linux to choose an abstract name, and a path that begins with a zero
    // would be an abstract name: neither exists on these systems.
    if rest.is_empty() {
        return Err(Errno::EINVAL.into());
    }
    let path = until_zero(rest);
    if path.is_empty() {
        return Err(Errno::ENOENT.into());
    }
    let mapped = match dir {
        Some(dir) if path.first() != Some(&b'/') => {
            let mut mapped = format!("/proc/self/fd/{dir}/").into_bytes();
            mapped.extend_from_slice(path);
            mapped
        }
        _ => ctx.kernel.host_path(path),
    };
    let Place { bytes, dir } = Place::of(ctx, mapped)?;
    let name = Name { bytes, dir };
    if let Some(linux) = name.path().filter(|linux| *linux != path) {
        ctx.bsd()?.sockets.remember(linux, path);
    }
    Ok(name)
}

/// The guest's bytes of an address that Linux gave.
pub fn to_guest(ctx: &Ctx<'_>, linux: &[u8]) -> Vec<u8> {
    let (Some(family), Some(rest)) = (linux.first_chunk(), linux.get(2..)) else { return Vec::new() };
    let family = u16::from_le_bytes(*family);
    let guest_family = family_from_linux(ctx, family);
    let len = match family {
        host::AF_INET => IN_LEN,
        host::AF_INET6 => IN6_LEN,
        host::AF_UNIX => return unix_to_guest(ctx, rest),
        _ => linux.len(),
    };
    let mut bytes = vec![len as u8, guest_family];
    bytes.extend_from_slice(rest);
    bytes.resize(len, 0);
    bytes
}

fn unix_to_guest(ctx: &Ctx<'_>, path: &[u8]) -> Vec<u8> {
    let path = until_zero(path);
    let Ok(bsd) = ctx.bsd() else { return Vec::new() };
    if path.is_empty() {
        // No name, or an abstract one that a Linux program gave itself.
        return bsd.family.sockets.unnamed.to_vec();
    }
    let path = bsd.sockets.guest_name(path).unwrap_or_else(|| path.to_vec());
    let len = (2 + path.len() + 1).min(MAX_LEN as usize);
    let mut bytes = vec![len as u8, host::AF_UNIX as u8];
    bytes.extend_from_slice(&path);
    bytes.resize(len, 0);
    bytes
}

/// Gives an address to the guest: as much as its buffer holds, and the length of that.
pub fn write(ctx: &Ctx<'_>, at: Addr, len_at: Addr, guest: &[u8]) -> Result<(), Errno> {
    let room = ctx.read_u32(len_at)?;
    if room > i32::MAX as u32 {
        return Err(Errno::EINVAL);
    }
    let len = guest.len().min(room as usize);
    if at != Addr::NULL {
        ctx.write(at, guest.get(..len).unwrap_or_default())?;
    }
    ctx.write(len_at, &(len as u32).to_le_bytes())
}

/// What a datagram that came without an address says about its sender: a Unix sender without a name has an address
/// there, and none here.
pub fn anonymous_sender(ctx: &Ctx<'_>, fd: i32) -> Vec<u8> {
    let is_unix = host::domain(ctx, fd).is_ok_and(|domain| domain == host::AF_UNIX);
    if is_unix && host::kind(ctx, fd).is_ok_and(|kind| kind == host::SOCK_DGRAM) {
        return ctx.bsd().map_or(Vec::new(), |bsd| bsd.family.sockets.unnamed.to_vec());
    }
    Vec::new()
}
