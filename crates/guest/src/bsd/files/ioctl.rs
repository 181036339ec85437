//! `ioctl` of files and terminals.

use super::{fcntl, fd_of, open, termios};
use crate::{Answer, Args, Ctx};
use alloc::string::String;
use alloc::vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Request {
    /// Linux's request with the guest's pointer.
    Same(u32),
    /// Linux's request with this word.
    Word(u32, u64),
    /// `FIOCLEX` and `FIONCLEX`
    Cloexec(u64),
    /// `FIOGETOWN`
    GetOwner,
    /// `FIOSETOWN`
    SetOwner,
    /// `FIOSEEKDATA` and `FIOSEEKHOLE`: Linux's `whence`.
    Seek(u64),
    /// `TIOCGETA`
    GetModes,
    /// `TIOCSETA` and the two that wait.
    SetModes(u64),
    /// `TIOCFLUSH`
    Flush,
    /// Whether it is the master of a pseudo-terminal.
    IsMaster,
    /// A pair of a pseudo-terminal, or its names (NetBSD).
    Pair,
    /// Says yes: the state asked for is the one there is.
    Nothing,
}

/// The requests, by the guest's number. The same number means the same on all three systems.
static REQUESTS: &[(u32, Request)] = &[
    (0x2000_6601, Request::Cloexec(1)),
    (0x2000_6602, Request::Cloexec(0)),
    (0x4004_667f, Request::Same(0x541b)),      // FIONREAD
    (0x8004_667e, Request::Same(0x5421)),      // FIONBIO
    (0x8004_667d, Request::Same(0x5452)),      // FIOASYNC
    (0x8004_667c, Request::SetOwner),          // FIOSETOWN
    (0x4004_667b, Request::GetOwner),          // FIOGETOWN
    (0x4004_6677, Request::Same(0x5411)),      // FIONWRITE, FreeBSD's
    (0x4004_6679, Request::Same(0x5411)),      // FIONWRITE, NetBSD's
    (0xc008_6661, Request::Seek(3)),           // FIOSEEKDATA
    (0xc008_6662, Request::Seek(4)),           // FIOSEEKHOLE
    (0x402c_7413, Request::GetModes),          // TIOCGETA
    (0x802c_7414, Request::SetModes(0)),       // TIOCSETA
    (0x802c_7415, Request::SetModes(1)),       // TIOCSETAW
    (0x802c_7416, Request::SetModes(2)),       // TIOCSETAF
    (0x4004_7477, Request::Same(0x540f)),      // TIOCGPGRP
    (0x8004_7476, Request::Same(0x5410)),      // TIOCSPGRP
    (0x4004_7463, Request::Same(0x5429)),      // TIOCGSID
    (0x2000_7461, Request::Word(0x540e, 0)),   // TIOCSCTTY
    (0x2000_7471, Request::Word(0x5422, 0)),   // TIOCNOTTY
    (0x4008_7468, Request::Same(0x5413)),      // TIOCGWINSZ
    (0x8008_7467, Request::Same(0x5414)),      // TIOCSWINSZ
    (0x4004_7473, Request::Same(0x5411)),      // TIOCOUTQ
    (0x2000_740d, Request::Word(0x540c, 0)),   // TIOCEXCL
    (0x2000_740e, Request::Word(0x540d, 0)),   // TIOCNXCL
    (0x8004_7470, Request::Same(0x5420)),      // TIOCPKT
    (0x8001_7472, Request::Same(0x5412)),      // TIOCSTI
    (0x4004_746a, Request::Same(0x5415)),      // TIOCMGET
    (0x8004_746d, Request::Same(0x5418)),      // TIOCMSET
    (0x8004_746c, Request::Same(0x5416)),      // TIOCMBIS
    (0x8004_746b, Request::Same(0x5417)),      // TIOCMBIC
    (0x2000_747b, Request::Word(0x5427, 0)),   // TIOCSBRK
    (0x2000_747a, Request::Word(0x5428, 0)),   // TIOCCBRK
    (0x2000_745e, Request::Word(0x5409, 1)),   // TIOCDRAIN
    (0x8004_7410, Request::Flush),             // TIOCFLUSH
    (0x2000_746e, Request::Word(0x540a, 1)),   // TIOCSTART
    (0x2000_746f, Request::Word(0x540a, 0)),   // TIOCSTOP
    (0x4004_740f, Request::Same(0x8004_5430)), // TIOCGPTN
    (0x2000_741c, Request::IsMaster),          // TIOCPTMASTER, FreeBSD's
    (0x2000_7455, Request::IsMaster),          // TIOCISPTMASTER, DragonFly's
    (0x4028_7446, Request::Pair),              // TIOCPTMGET with names of 16 bytes
    (0x4808_7446, Request::Pair),              // TIOCPTMGET
    (0x4004_7307, Request::Same(0x8905)),      // SIOCATMARK
    (0x8004_7308, Request::Same(0x8902)),      // SIOCSPGRP
    (0x4004_7309, Request::Same(0x8904)),      // SIOCGPGRP
    (0x2000_7447, Request::Nothing),           // TIOCGRANTPT
];

/// Linux's requests for pseudo-terminals.
mod linux {
    pub const TIOCGPTN: u64 = 0x8004_5430;
    pub const TIOCSPTLCK: u64 = 0x4004_5431;
    pub const TIOCGPTPEER: u64 = 0x5441;
}

/// `ioctl(fd, request, data)`
pub fn ioctl(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let (fd, number, data) = (fd_of(args[0]), args[1] as u32, Addr(args[2]));
    let Some((_, request)) = REQUESTS.iter().find(|(of, _)| *of == number) else {
        return other(ctx, args);
    };
    let raw = |request: u32, word: u64| ctx.wait(Sys::IOCTL, [fd as u64, request.into(), word, 0, 0, 0]);
    let answer = match *request {
        Request::Same(linux) => raw(linux, data.0)?,
        Request::Word(linux, word) => raw(linux, word)?,
        Request::Cloexec(bit) => fcntl::set_cloexec(ctx, fd, bit).map(|()| 0)?,
        Request::GetOwner => {
            let owner = fcntl::owner(ctx, fd)?;
            ctx.write(data, &(owner as u32).to_le_bytes()).map(|()| 0)?
        }
        Request::SetOwner => fcntl::set_owner(ctx, fd, ctx.read_u32(data)? as i32)?,
        Request::Seek(whence) => {
            let offset = ctx.read_u64(data)?;
            let found = ctx.call(Sys::LSEEK, [fd as u64, offset, whence, 0, 0, 0])?;
            ctx.write(data, &found.to_le_bytes()).map(|()| 0)?
        }
        Request::GetModes => termios::get(ctx, fd, data)?,
        Request::SetModes(when) => termios::set(ctx, fd, data, when)?,
        Request::Flush => flush(ctx, fd, ctx.read_u32(data)?)?,
        Request::IsMaster => terminal_number(ctx, fd).map(|_| 0)?,
        Request::Pair => pair(ctx, number, data)?,
        Request::Nothing => 0,
    };
    Ok(answer.into())
}

/// What is no request of files and terminals.
fn other(_ctx: &mut Ctx<'_>, _args: &Args) -> Answer {
    Err(Errno::ENOTTY.into())
}

/// `TIOCFLUSH`: which queues, the input's bit 1, the output's 2, none for both.
fn flush(ctx: &Ctx<'_>, fd: i32, which: u32) -> Result<u64, Errno> {
    const TCFLSH: u64 = 0x540b;
    let queue = match which & 3 {
        1 => 0,
        2 => 1,
        _ => 2,
    };
    ctx.call(Sys::IOCTL, [fd as u64, TCFLSH, queue, 0, 0, 0])
}

/// The number of a pseudo-terminal, asked of its master.
fn terminal_number(ctx: &Ctx<'_>, fd: i32) -> Result<u32, Errno> {
    let mut number = [0; 4];
    ctx.call_with(Sys::IOCTL, &mut [fd.into(), linux::TIOCGPTN.into(), Arg::Out(&mut number)])
        .map_err(|errno| if errno == Errno::EBADF { errno } else { Errno::EINVAL })?;
    Ok(u32::from_le_bytes(number))
}

/// Opens a master whose other side may be opened at once; `flags` are Linux's.
fn open_master(ctx: &Ctx<'_>, flags: u32) -> Result<u64, Errno> {
    let args = &mut [(-100).into(), Arg::In(b"/dev/ptmx\0"), Arg::Word(flags.into())];
    let fd = ctx.call_with(Sys::OPENAT, args)?;
    ctx.call_with(Sys::IOCTL, &mut [fd.into(), linux::TIOCSPTLCK.into(), Arg::In(&[0; 4])])?;
    Ok(fd)
}

/// `posix_openpt(flags)`, FreeBSD's.
pub fn posix_openpt(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let flags = open::flags_to_linux(ctx.files()?, args[0] as u32);
    Ok(open_master(ctx, flags)?.into())
}

/// `TIOCPTMGET`: both sides opened, and their names in fields as long as the request's number says.
fn pair(ctx: &Ctx<'_>, request: u32, data: Addr) -> Result<u64, Errno> {
    const PARAMETER_LEN: u32 = 0x1fff;
    let name_len = ((request >> 16 & PARAMETER_LEN) as usize - 8) / 2;
    let flags = open::linux_flag::RDWR | open::linux_flag::NOCTTY;
    let master = open_master(ctx, flags)?;
    let slave = ctx.call(Sys::IOCTL, [master, linux::TIOCGPTPEER, flags.into(), 0, 0, 0])?;
    let number = terminal_number(ctx, fd_of(master))?;
    let names = [String::from("/dev/ptmx"), alloc::format!("/dev/pts/{number}")];
    let mut record = vec![];
    record.extend_from_slice(&(master as u32).to_le_bytes());
    record.extend_from_slice(&(slave as u32).to_le_bytes());
    for name in names {
        let end = record.len() + name_len;
        record.extend(name.bytes().take(name_len - 1));
        record.resize(end, 0);
    }
    ctx.write(data, &record)?;
    Ok(0)
}
