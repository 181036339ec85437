//! Sending and receiving: the plain calls and `struct msghdr`.

use super::{address, calls::fd, control, marks};
use crate::{Answer, Args, Ctx};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, IoVec, Message, Sys};

/// How many pieces of memory one message may have (`IOV_MAX`).
const IOV_MAX: u32 = 1024;
/// How many control bytes one message may have; more than any system's limit for a socket's option memory.
const CONTROL_MAX: u32 = 1 << 20;

/// A guest's `struct msghdr`, 48 bytes on the three systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MsgHdr {
    name: Addr,
    name_len: u32,
    iov: Addr,
    iov_len: u32,
    control: Addr,
    control_len: u32,
    /// What a receive says about the message.
    pub flags: u32,
}

impl MsgHdr {
    /// Its size.
    pub const SIZE: u64 = 48;
    const NAME_LEN_AT: u64 = 8;
    const CONTROL_LEN_AT: u64 = 40;

    /// The record at `at`.
    pub fn read(ctx: &Ctx<'_>, at: Addr) -> Result<MsgHdr, Errno> {
        let word = |offset: u64| ctx.read_u32(at.plus(offset));
        let long = |offset: u64| ctx.read_u64(at.plus(offset)).map(Addr);
        Ok(MsgHdr {
            name: long(0)?,
            name_len: word(Self::NAME_LEN_AT)?,
            iov: long(16)?,
            iov_len: word(24)?,
            control: long(32)?,
            control_len: word(Self::CONTROL_LEN_AT)?,
            flags: word(44)?,
        })
    }

    /// Writes what a receive changes.
    fn write_results(&self, ctx: &Ctx<'_>, at: Addr) -> Result<(), Errno> {
        ctx.write(at.plus(Self::NAME_LEN_AT), &self.name_len.to_le_bytes())?;
        let mut tail = self.control_len.to_le_bytes().to_vec();
        tail.extend_from_slice(&self.flags.to_le_bytes());
        ctx.write(at.plus(Self::CONTROL_LEN_AT), &tail)
    }

    /// The pieces of memory it names; a piece has the same layout on both sides.
    fn pieces(&self, ctx: &Ctx<'_>) -> Result<Vec<IoVec>, Errno> {
        if self.iov_len > IOV_MAX {
            return Err(Errno::EMSGSIZE);
        }
        let bytes = ctx.read_vec(self.iov, u64::from(self.iov_len) * 16)?;
        let word = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let piece = |bytes: &[u8]| IoVec { base: word(bytes), len: word(bytes.get(8..).unwrap_or_default()) };
        Ok(bytes.chunks_exact(16).map(piece).collect())
    }
}

/// A guest's message flags as Linux's. Bits without a twin are dropped: none of them changes what is transferred.
pub fn flags_to_linux(ctx: &Ctx<'_>, flags: u32) -> Result<u32, Errno> {
    let pairs = ctx.bsd()?.family.sockets.msg;
    Ok(pairs.iter().filter(|(guest, _)| flags & guest == *guest).fold(0, |bits, (_, linux)| bits | linux))
}

/// What Linux says about a received message, in the guest's bits.
fn flags_from_linux(ctx: &Ctx<'_>, flags: u32) -> Result<u32, Errno> {
    const SAID: u32 = 0x1 | 0x8 | 0x20 | 0x80; // MSG_OOB, MSG_CTRUNC, MSG_TRUNC, MSG_EOR
    /// `MSG_TRUNC` of the three systems: not among the pairs, for Linux would obey it as a wish.
    const MSG_TRUNC: (u32, u32) = (0x10, 0x20);
    /// `MSG_CTRUNC` of the three systems.
    const MSG_CTRUNC: (u32, u32) = (0x20, 0x8);
    let pairs = ctx.bsd()?.family.sockets.msg;
    let pairs = pairs.iter().chain([&MSG_TRUNC, &MSG_CTRUNC]);
    Ok(pairs.filter(|(_, linux)| flags & SAID & linux != 0).fold(0, |bits, (guest, _)| bits | guest))
}

fn send_flags(ctx: &Ctx<'_>, fd: i32, flags: u32) -> Result<u32, Errno> {
    Ok(flags_to_linux(ctx, flags)? | marks::write_flags(ctx, fd))
}

/// Shuts the socket down for writing when the send asked for that.
fn after_send(ctx: &Ctx<'_>, fd: i32, flags: u32) -> Result<(), Errno> {
    const SHUT_WR: u64 = 1;
    if flags & ctx.bsd()?.family.sockets.msg_eof != 0 {
        ctx.call(Sys::SHUTDOWN, [fd as u64, SHUT_WR, 0, 0, 0, 0])?;
    }
    Ok(())
}

/// What sending to port 0 is called.
fn send_error(errno: Errno, name: &address::Name) -> Errno {
    match errno {
        Errno::EINVAL if name.port() == Some(0) => Errno::EADDRNOTAVAIL,
        Errno::ENETUNREACH if name.is_v4_mapped() => Errno::EINVAL,
        errno => errno,
    }
}

/// `sendto(s, buf, len, flags, to, tolen)`.
pub fn sendto(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [s, buf, len, flags, to, to_len, ..] = *args;
    let linux_flags = u64::from(send_flags(ctx, fd(s), flags as u32)?);
    let sent = if to == 0 {
        ctx.wait(Sys::SENDTO, [s, buf, len, linux_flags, 0, 0])?
    } else {
        let name = address::read(ctx, Addr(to), to_len)?;
        let name_len = name.bytes.len() as u64;
        let mut words = [s.into(), buf.into(), len.into(), linux_flags.into(), Arg::In(&name.bytes), name_len.into()];
        let sent = ctx.wait_with(Sys::SENDTO, &mut words).map_err(|errno| send_error(errno, &name));
        name.done(ctx);
        sent?
    };
    after_send(ctx, fd(s), flags as u32)?;
    Ok(sent.into())
}

/// `recvfrom(s, buf, len, flags, from, fromlen *)`.
pub fn recvfrom(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let [s, buf, len, flags, from, from_len, ..] = *args;
    let flags = u64::from(flags_to_linux(ctx, flags as u32)?);
    if from == 0 || from_len == 0 {
        return Ok(ctx.wait(Sys::RECVFROM, [s, buf, len, flags, 0, 0])?.into());
    }
    ctx.read_u32(Addr(from_len))?;
    let mut name = [0; address::LINUX_MAX];
    let mut size = (name.len() as u32).to_le_bytes();
    let mut words = [s.into(), buf.into(), len.into(), flags.into(), Arg::Out(&mut name), Arg::Out(&mut size)];
    let got = ctx.wait_with(Sys::RECVFROM, &mut words)?;
    let size = u32::from_le_bytes(size) as usize;
    let guest = sender(ctx, fd(s), name.get(..size).unwrap_or(&name));
    address::write(ctx, Addr(from), Addr(from_len), &guest)?;
    Ok(got.into())
}

fn sender(ctx: &Ctx<'_>, fd: i32, linux: &[u8]) -> Vec<u8> {
    if linux.is_empty() { address::anonymous_sender(ctx, fd) } else { address::to_guest(ctx, linux) }
}

/// `sendmsg(s, const struct msghdr *, flags)`.
pub fn sendmsg(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let header = MsgHdr::read(ctx, Addr(args[1]))?;
    Ok(send(ctx, fd(args[0]), &header, args[2] as u32)?.into())
}

/// Sends one message.
pub fn send(ctx: &Ctx<'_>, fd: i32, header: &MsgHdr, flags: u32) -> Result<u64, crate::Fail> {
    let linux_flags = send_flags(ctx, fd, flags)?;
    let iov = header.pieces(ctx)?;
    let mut control = if header.control == Addr::NULL || header.control_len == 0 {
        Vec::new()
    } else if header.control_len > CONTROL_MAX {
        return Err(Errno::EINVAL.into());
    } else {
        let guest = ctx.read_vec(header.control, u64::from(header.control_len))?;
        control::to_linux(ctx, &guest)?
    };
    let mut name = if header.name == Addr::NULL {
        address::Name::default()
    } else {
        address::read(ctx, header.name, u64::from(header.name_len))?
    };
    let (name_len, control_len) = (name.bytes.len(), control.len());
    let message = Message { name: &mut name.bytes, name_len, iov: &iov, control: &mut control, control_len, flags: 0 };
    let sent = ctx.linux().sendmsg(fd, &message, linux_flags).map_err(|errno| send_error(errno, &name));
    name.done(ctx);
    let sent = sent?;
    after_send(ctx, fd, flags)?;
    Ok(sent)
}

/// `recvmsg(s, struct msghdr *, flags)`.
pub fn recvmsg(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    Ok(receive(ctx, fd(args[0]), Addr(args[1]), args[2] as u32)?.into())
}

/// Receives one message into the header at `at`.
pub fn receive(ctx: &Ctx<'_>, fd: i32, at: Addr, flags: u32) -> Result<u64, Errno> {
    let mut header = MsgHdr::read(ctx, at)?;
    let flags = flags_to_linux(ctx, flags)?;
    let iov = header.pieces(ctx)?;
    if header.control == Addr::NULL {
        header.control_len = 0;
    }
    if header.control_len > CONTROL_MAX {
        return Err(Errno::EINVAL);
    }
    let mut name = vec![0; address::LINUX_MAX];
    let mut control = vec![0; control::room(ctx, fd, header.control_len as usize)];
    let (name_len, control_len) = (name.len(), control.len());
    let mut message = Message { name: &mut name, name_len, iov: &iov, control: &mut control, control_len, flags: 0 };
    let got = ctx.linux().recvmsg(fd, &mut message, flags)?;
    let (name_len, control_len, said) = (message.name_len, message.control_len, message.flags);
    header.flags = flags_from_linux(ctx, said)?;
    if header.name != Addr::NULL {
        let guest = sender(ctx, fd, name.get(..name_len).unwrap_or(&name));
        let len = guest.len().min(header.name_len as usize);
        ctx.write(header.name, guest.get(..len).unwrap_or_default())?;
        header.name_len = len as u32;
    }
    let mark = marks::of(ctx, fd);
    let control = control.get(..control_len).unwrap_or(&control);
    let fitted = control::to_guest(ctx, control, mark, header.control_len as usize);
    if !fitted.bytes.is_empty() {
        ctx.write(header.control, &fitted.bytes)?;
    }
    header.control_len = fitted.bytes.len() as u32;
    if fitted.truncated {
        const MSG_CTRUNC: u32 = 0x20;
        header.flags |= MSG_CTRUNC;
    }
    header.write_results(ctx, at)?;
    Ok(got)
}
