//! Waiting for children.

use super::Words;
use crate::{Answer, Args, Ctx, Delivery};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Signal, Sys};

/// Linux's options and kinds of ids.
mod linux {
    pub const WNOHANG: u32 = 1;
    pub const WSTOPPED: u32 = 2;
    pub const WEXITED: u32 = 4;
    pub const WCONTINUED: u32 = 8;
    pub const WNOWAIT: u32 = 0x0100_0000;
    pub const WCLONE: u32 = 0x8000_0000;
    pub const WALL: u32 = 0x4000_0000;
    pub const P_ALL: u32 = 0;
    pub const P_PID: u32 = 1;
    pub const P_PGID: u32 = 2;
}

/// How a child is found to have changed: Linux's `si_code` of SIGCHLD.
mod child {
    pub const EXITED: i32 = 1;
    pub const KILLED: i32 = 2;
    pub const DUMPED: i32 = 3;
    pub const TRAPPED: i32 = 4;
    pub const STOPPED: i32 = 5;
    pub const CONTINUED: i32 = 6;
}

/// The size of `struct rusage`, which all systems lay out alike.
const RUSAGE: usize = 144;

/// What a system must supply.
pub struct WaitWords {
    /// Its options and Linux's. WNOHANG and WUNTRACED are 1 and 2 everywhere.
    pub options: &'static [(u32, u32)],
    /// Its kinds of ids: one process, a process group, all.
    pub id_types: [u32; 3],
}

/// The options of FreeBSD and DragonFly.
pub static OPTIONS: &[(u32, u32)] = &[
    (1, linux::WNOHANG),
    (2, linux::WSTOPPED),
    (4, linux::WCONTINUED),
    (8, linux::WNOWAIT),
    (16, linux::WEXITED),
    (32, 0), // WTRAPPED: no child is traced.
    (0x8000_0000, linux::WCLONE),
];

/// The options of NetBSD.
pub static NETBSD_OPTIONS: &[(u32, u32)] = &[
    (1, linux::WNOHANG),
    (2, linux::WSTOPPED),
    (4, linux::WCLONE),
    (8, linux::WALL),
    (0x10, linux::WCONTINUED),
    (0x20, linux::WEXITED),
    (0x40, 0), // WTRAPPED
    (0x1_0000, linux::WNOWAIT),
];

fn options(words: &Words, guest: u32) -> Result<u32, Errno> {
    let mut rest = guest;
    let mut linux = 0;
    for (bit, is) in words.wait.options {
        if rest & bit != 0 {
            rest &= !bit;
            linux |= is;
        }
    }
    if rest == 0 { Ok(linux) } else { Err(Errno::EINVAL) }
}

/// `wait4(pid, status, options, rusage)`; both pointers may be null.
pub fn wait4(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let family = ctx.bsd()?.family;
    let options = options(family.process, args[2] as u32)?;
    if options & linux::WNOWAIT != 0 {
        return wait4_looking(ctx, args, options);
    }
    let (mut status, mut usage) = ([0; 4], [0; RUSAGE]);
    // Linux's wait4 always waits for exits and refuses the bit that says so.
    let options = options & !linux::WEXITED;
    let words = &mut [(args[0] as i32).into(), Arg::Out(&mut status), u64::from(options).into(), Arg::Out(&mut usage)];
    let pid = ctx.wait_with(Sys::WAIT4, words)?;
    if pid == 0 {
        return Ok(0.into());
    }
    let status = family.signals.status_from_linux(u32::from_le_bytes(status));
    write_unless_null(ctx, args[1], &status.to_le_bytes())?;
    write_unless_null(ctx, args[3], &usage)?;
    Ok(pid.into())
}

/// wait4 that leaves the child to be waited for again, which on Linux is another call.
fn wait4_looking(ctx: &Ctx<'_>, args: &Args, options: u32) -> Answer {
    let (kind, id) = match args[0] as i32 {
        -1 => (linux::P_ALL, 0),
        0 => (linux::P_PGID, 0),
        pid if pid > 0 => (linux::P_PID, pid as u64),
        group => (linux::P_PGID, u64::from(group.unsigned_abs())),
    };
    let Some(found) = look(ctx, kind, id, options | linux::WEXITED)? else { return Ok(0.into()) };
    write_unless_null(ctx, args[1], &found.status(ctx)?.to_le_bytes())?;
    write_unless_null(ctx, args[3], &found.usage)?;
    Ok(u64::from(found.pid as u32).into())
}

/// `wait6(idtype, id, status, options, wrusage, info)`; every pointer may be null.
pub fn wait6(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let family = ctx.bsd()?.family;
    let options = options(family.process, args[3] as u32)?;
    if options & (linux::WEXITED | linux::WSTOPPED | linux::WCONTINUED) == 0 {
        return Err(Errno::EINVAL.into());
    }
    let [pid, group, all] = family.process.wait.id_types;
    let (kind, id) = match args[0] as u32 {
        kind if kind == pid => (linux::P_PID, args[1]),
        kind if kind == group => (linux::P_PGID, args[1]),
        kind if kind == all => (linux::P_ALL, 0),
        _ => return Err(Errno::EINVAL.into()),
    };
    let Some(found) = look(ctx, kind, id, options)? else {
        if args[5] != 0 {
            ctx.write(Addr(args[5]), &alloc::vec![0; family.signals.info.len as usize])?;
        }
        return Ok(0.into());
    };
    write_unless_null(ctx, args[2], &found.status(ctx)?.to_le_bytes())?;
    // Two records: the child's own, and its children's. Linux tells the sum, which goes to the first.
    let mut usages = [0; 2 * RUSAGE];
    usages.iter_mut().zip(found.usage).for_each(|(to, from)| *to = from);
    write_unless_null(ctx, args[4], &usages)?;
    if args[5] != 0 {
        let delivery = Delivery {
            code: found.code,
            pid: found.pid,
            uid: found.uid,
            status: found.value,
            ..Delivery::plain(Signal::CHLD)
        };
        ctx.write(Addr(args[5]), &family.signals.info.encode(family.signals, &delivery))?;
    }
    Ok(u64::from(found.pid as u32).into())
}

/// A child that was found.
struct Found {
    pid: i32,
    uid: u32,
    /// How it changed.
    code: i32,
    /// Its exit status, or Linux's number of the signal.
    value: i32,
    usage: [u8; RUSAGE],
}

/// Linux's waitid; `None` when no child has changed and nobody wants to wait.
fn look(ctx: &Ctx<'_>, kind: u32, id: u64, options: u32) -> Result<Option<Found>, Errno> {
    const CODE: usize = 8;
    const PID: usize = 16;
    const UID: usize = 20;
    const STATUS: usize = 24;
    let (mut info, mut usage) = ([0; 128], [0; RUSAGE]);
    let words =
        &mut [u64::from(kind).into(), id.into(), Arg::Out(&mut info), u64::from(options).into(), Arg::Out(&mut usage)];
    ctx.wait_with(Sys::WAITID, words)?;
    let word = |at: usize| info.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |word| i32::from_le_bytes(*word));
    if word(PID) == 0 {
        return Ok(None);
    }
    Ok(Some(Found { pid: word(PID), uid: word(UID) as u32, code: word(CODE), value: word(STATUS), usage }))
}

impl Found {
    /// The guest's wait status.
    fn status(&self, ctx: &Ctx<'_>) -> Result<u32, Errno> {
        const CORE: u32 = 0x80;
        const STOPPED: u32 = 0x7f;
        const CONTINUED: u32 = 0xffff;
        let value = self.value as u32;
        let linux = match self.code {
            child::EXITED => (value & 0xff) << 8,
            child::KILLED => value & 0x7f,
            child::DUMPED => value & 0x7f | CORE,
            child::STOPPED | child::TRAPPED => value << 8 | STOPPED,
            child::CONTINUED => CONTINUED,
            _ => return Err(Errno::EINVAL),
        };
        Ok(ctx.bsd()?.family.signals.status_from_linux(linux))
    }
}

fn write_unless_null(ctx: &Ctx<'_>, at: u64, bytes: &[u8]) -> Result<(), Errno> {
    if at == 0 { Ok(()) } else { ctx.write(Addr(at), bytes) }
}
