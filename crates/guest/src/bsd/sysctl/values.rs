//! Values that come from the host or the process.

use crate::bsd::process::{Time, now};
use crate::bsd::route;
use crate::{Ctx, Fail};
use alloc::vec;
use alloc::vec::Vec;
use ashore_pivot::{Arg, Errno, Sys};

/// The most random bytes one question gets.
const RANDOM_MAX: u64 = 256;
/// The parts of a BSD's load average are fractions of this.
const LOAD_SCALE: u64 = 2048;
/// The same for Linux's.
const LINUX_LOAD_SHIFT: u32 = 16;

/// One field of `struct utsname`: 65 bytes, zero-terminated.
fn uts_name(ctx: &Ctx<'_>, nth: usize) -> Result<Vec<u8>, Fail> {
    const FIELD: usize = 65;
    let mut uts = [0; 6 * FIELD];
    ctx.call_with(Sys::UNAME, &mut [Arg::Out(&mut uts)])?;
    let field = uts.as_chunks::<FIELD>().0.get(nth).copied().unwrap_or([0; FIELD]);
    Ok(field.split(|byte| *byte == 0).next().unwrap_or_default().to_vec())
}

/// The host's name.
pub fn host_name(ctx: &Ctx<'_>) -> Result<Vec<u8>, Fail> {
    uts_name(ctx, 1)
}

/// The host's NIS domain; Linux's mark for "none" is an empty name.
pub fn domain_name(ctx: &Ctx<'_>) -> Result<Vec<u8>, Fail> {
    let name = uts_name(ctx, 5)?;
    Ok(if name == b"(none)" { Vec::new() } else { name })
}

/// How many CPUs this process may use.
pub fn cpus(ctx: &Ctx<'_>) -> Result<i32, Fail> {
    let mut mask = [0; 1024];
    let len = ctx.call_with(Sys::SCHED_GETAFFINITY, &mut [0.into(), 1024.into(), Arg::Out(&mut mask)])?;
    let ones: u32 = mask.iter().take(len as usize).map(|byte: &u8| byte.count_ones()).sum();
    Ok(ones.max(1) as i32)
}

/// The beginning of a host's file.
fn file(ctx: &Ctx<'_>, path: &[u8], max: usize) -> Result<Vec<u8>, Errno> {
    const CLOEXEC: u64 = 0x8_0000;
    const AT_FDCWD: i32 = -100;
    let fd = ctx.call_with(Sys::OPENAT, &mut [AT_FDCWD.into(), Arg::In(path), CLOEXEC.into(), 0.into()])?;
    let mut bytes = vec![0; max];
    let len = ctx.call_with(Sys::READ, &mut [fd.into(), Arg::Out(&mut bytes), (max as u64).into()]);
    ctx.call(Sys::CLOSE, [fd, 0, 0, 0, 0, 0])?;
    bytes.truncate(len? as usize);
    Ok(bytes)
}

/// What `uname -m` prints.
pub fn machine(ctx: &Ctx<'_>) -> Result<Vec<u8>, Fail> {
    Ok(ctx.bsd()?.family.machine.name.as_bytes().to_vec())
}

/// What `uname -p` prints.
pub fn machine_arch(ctx: &Ctx<'_>) -> Result<Vec<u8>, Fail> {
    Ok(ctx.bsd()?.family.machine.arch.as_bytes().to_vec())
}

/// The CPU's name.
pub fn cpu_model(ctx: &Ctx<'_>) -> Result<Vec<u8>, Fail> {
    let info = file(ctx, b"/proc/cpuinfo\0", 4096).unwrap_or_default();
    let line = info.split(|byte| *byte == b'\n').find(|line| line.starts_with(b"model name"));
    let name = line.and_then(|line| line.splitn(2, |byte| *byte == b':').nth(1)).unwrap_or(b"x86-64");
    Ok(name.trim_ascii().to_vec())
}

/// Facts of `sysinfo`: the memory's size in bytes and the three loads.
fn system(ctx: &Ctx<'_>) -> Result<(u64, [u64; 3]), Errno> {
    let mut info = [0; 112];
    ctx.call_with(Sys::SYSINFO, &mut [Arg::Out(&mut info)])?;
    let words = info.as_chunks::<8>().0;
    let word = |at: usize| words.get(at).map_or(0, |word| u64::from_le_bytes(*word));
    let unit = word(13) & 0xffff_ffff;
    Ok((word(4).saturating_mul(unit.max(1)), [word(1), word(2), word(3)]))
}

/// The memory's size.
pub fn physical_long(ctx: &Ctx<'_>) -> Result<i64, Fail> {
    Ok(system(ctx)?.0 as i64)
}

/// The memory's size as a 32-bit number; -1 when it does not fit.
pub fn physical_short(ctx: &Ctx<'_>) -> Result<i32, Fail> {
    Ok(i32::try_from(system(ctx)?.0).unwrap_or(-1))
}

/// The memory's size in pages.
pub fn physical_pages(ctx: &Ctx<'_>) -> Result<i32, Fail> {
    Ok((system(ctx)?.0 / ashore_base::PAGE_SIZE) as i32)
}

/// The load averages: three fractions of 32 bits, and what they are fractions of.
pub fn load(ctx: &mut Ctx<'_>, _rest: &[i32], _room: u64) -> Result<Vec<u8>, Fail> {
    let loads = system(ctx)?.1.map(|load| (load * LOAD_SCALE) >> LINUX_LOAD_SHIFT);
    let mut bytes: Vec<u8> = loads.iter().flat_map(|load| (*load as u32).to_le_bytes()).collect();
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&LOAD_SCALE.to_le_bytes());
    Ok(bytes)
}

/// When the host started.
fn boot(ctx: &Ctx<'_>) -> Result<Time, Errno> {
    const REALTIME: i32 = 0;
    const BOOTTIME: i32 = 7;
    Ok(Time::of_nanos(now(ctx.linux(), REALTIME)?.nanos() - now(ctx.linux(), BOOTTIME)?.nanos()))
}

/// The same as a timeval.
pub fn boot_time(ctx: &mut Ctx<'_>, _rest: &[i32], _room: u64) -> Result<Vec<u8>, Fail> {
    let time = boot(ctx)?;
    Ok(Time { rest: time.rest / 1000, ..time }.bytes().to_vec())
}

/// The same as a timespec.
pub fn boot_timespec(ctx: &mut Ctx<'_>, _rest: &[i32], _room: u64) -> Result<Vec<u8>, Fail> {
    Ok(boot(ctx)?.bytes().to_vec())
}

/// `struct clockinfo`: ticks per second, microseconds per tick, adjustment, and the two other clocks' rates.
pub fn clock_rate(_ctx: &mut Ctx<'_>, _rest: &[i32], _room: u64) -> Result<Vec<u8>, Fail> {
    Ok([100i32, 10_000, 40, 100, 1024].iter().flat_map(|number| number.to_le_bytes()).collect())
}

/// How many descriptors a process may have.
pub fn open_max(ctx: &Ctx<'_>) -> Result<i32, Fail> {
    const NOFILE: i32 = 7;
    let mut limit = [0; 16];
    ctx.call_with(Sys::PRLIMIT64, &mut [0.into(), NOFILE.into(), 0.into(), Arg::Out(&mut limit)])?;
    let [_, max] = limit.as_chunks::<8>().0 else { return Err(Errno::EINVAL.into()) };
    Ok(i32::try_from(u64::from_le_bytes(*max)).unwrap_or(i32::MAX))
}

/// The end of the main thread's stack.
pub fn stack_top(ctx: &Ctx<'_>) -> Result<i64, Fail> {
    Ok(ctx.kernel.main_stack().end.0 as i64)
}

/// Random bytes, as many as are wanted.
pub fn random(ctx: &mut Ctx<'_>, _rest: &[i32], room: u64) -> Result<Vec<u8>, Fail> {
    let mut bytes = vec![0; room.min(RANDOM_MAX) as usize];
    let len = bytes.len() as u64;
    ctx.call_with(Sys::GETRANDOM, &mut [Arg::Out(&mut bytes), len.into(), 0.into()])?;
    Ok(bytes)
}

/// A random 32-bit number.
pub fn random_word(ctx: &mut Ctx<'_>, rest: &[i32], _room: u64) -> Result<Vec<u8>, Fail> {
    random(ctx, rest, 4)
}

/// Whether a process is the caller: -1, or its id.
fn is_own(ctx: &Ctx<'_>, pid: i32) -> Result<bool, Errno> {
    Ok(pid == -1 || ctx.call(Sys::GETPID, [0; 6])? == pid as u64)
}

/// The path of a process's program, by the process's number.
pub fn process_path(ctx: &mut Ctx<'_>, rest: &[i32], _room: u64) -> Result<Vec<u8>, Fail> {
    let [pid] = rest else { return Err(Errno::EINVAL.into()) };
    if !is_own(ctx, *pid)? {
        return Err(Errno::ESRCH.into());
    }
    let mut path = ctx.kernel.program_path().to_vec();
    path.push(0);
    Ok(path)
}

/// The same by the process's number and what is wanted of it.
pub fn process_path_last(ctx: &mut Ctx<'_>, rest: &[i32], room: u64) -> Result<Vec<u8>, Fail> {
    const PATHNAME: i32 = 5;
    const CWD: i32 = 6;
    match rest {
        [pid, PATHNAME] => process_path(ctx, &[*pid], room),
        [pid, CWD] if is_own(ctx, *pid)? => {
            let mut cwd = vec![0; 4096];
            let len = ctx.call_with(Sys::GETCWD, &mut [Arg::Out(&mut cwd), 4096.into()])?;
            cwd.truncate(len as usize);
            Ok(cwd)
        }
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Interfaces, addresses and routes.
pub fn routes(ctx: &mut Ctx<'_>, rest: &[i32], _room: u64) -> Result<Vec<u8>, Fail> {
    route::sysctl(ctx, rest)
}
