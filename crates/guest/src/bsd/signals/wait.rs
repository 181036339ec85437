//! Calls that send a signal with a value or take one without a handler.

use super::calls::never;
use super::records::SET_LEN;
use crate::{Answer, Args, Ctx, Delivery, Fail, Value};
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, Signal, Sys};

/// How many bytes Linux's siginfo has, and where its fields are.
const LINUX_INFO_LEN: usize = 128;
const LINUX_ERRNO: u64 = 4;
const LINUX_CODE: u64 = 8;
const LINUX_PID: u64 = 16;
const LINUX_UID: u64 = 20;
const LINUX_VALUE: u64 = 24;
/// Linux's code for what sigqueue sends.
const LINUX_SI_QUEUE: i32 = -1;

/// `sigtimedwait(set, info, timeout)`.
pub fn sigtimedwait(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let delivery = take(ctx, Addr(args[0]), Addr(args[2])).map_err(never)?;
    answer_with(ctx, &delivery, Addr(args[1]))
}

/// `sigwaitinfo(set, info)`.
pub fn sigwaitinfo(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let delivery = take(ctx, Addr(args[0]), Addr::NULL).map_err(never)?;
    answer_with(ctx, &delivery, Addr(args[1]))
}

/// `sigwait(set, sig)`: the error is the result, and an interruption is none.
pub fn sigwait(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let delivery = match take(ctx, Addr(args[0]), Addr::NULL) {
        Ok(delivery) => delivery,
        Err(Errno::RESTART) => return Err(Errno::RESTART.into()),
        Err(errno) => return Ok(Value::One(u64::from((ctx.os.errno)(errno)))),
    };
    let number = (ctx.os.signal)(delivery.signal);
    ctx.write(Addr(args[1]), &number.to_le_bytes())?;
    Ok(Value::One(0))
}

fn answer_with(ctx: &Ctx<'_>, delivery: &Delivery, info: Addr) -> Answer {
    if !info.is_null() {
        let words = ctx.signal_words()?;
        ctx.write(info, &words.info.encode(words, delivery))?;
    }
    Ok(Value::One(u64::from((ctx.os.signal)(delivery.signal))))
}

fn take(ctx: &Ctx<'_>, set: Addr, timeout: Addr) -> Result<Delivery, Errno> {
    let set = ctx.signal_words()?.map.set_to_linux(ctx.read::<{ SET_LEN as usize }>(set)?).0.to_le_bytes();
    let mut info = [0; LINUX_INFO_LEN];
    let timespec: [u8; 16];
    let timeout = match timeout.is_null() {
        true => Arg::Word(0),
        false => {
            timespec = ctx.read(timeout)?;
            Arg::In(&timespec)
        }
    };
    ctx.wait_with(Sys::RT_SIGTIMEDWAIT, &mut [Arg::In(&set), Arg::Out(&mut info), timeout, 8u64.into()])?;
    decode(&info).ok_or(Errno::EAGAIN)
}

fn decode(info: &[u8; LINUX_INFO_LEN]) -> Option<Delivery> {
    let info = Bytes(info);
    let mut delivery = Delivery::plain(Signal::new(u64::from(info.u32(0)?))?);
    delivery.errno = info.u32(LINUX_ERRNO)? as i32;
    delivery.code = info.u32(LINUX_CODE)? as i32;
    delivery.pid = info.u32(LINUX_PID)? as i32;
    delivery.uid = info.u32(LINUX_UID)?;
    delivery.value = info.u64(LINUX_VALUE)?;
    // A child's status stands where a value would.
    delivery.status = delivery.value as i32;
    Some(delivery)
}

/// `sigqueue(pid, sig, value)`.
pub fn sigqueue(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    queue(ctx, args[0], args[1], args[2])
}

/// `sigqueueinfo(pid, info)`: the number and the value of the siginfo count.
pub fn sigqueueinfo(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let words = ctx.signal_words()?;
    let at = Addr(args[1]);
    let number = ctx.read_u32(at)?;
    let code = ctx.read_u32(at.plus(words.info.code as u64))? as i32;
    if code != words.codes.queue && code != words.codes.user {
        return Err(Errno::EPERM.into());
    }
    let value = ctx.read_u64(at.plus(words.info.value as u64))?;
    queue(ctx, args[0], u64::from(number), value)
}

fn queue(ctx: &Ctx<'_>, pid: u64, number: u64, value: u64) -> Answer {
    let signal = ctx.signal_or_none(number)?;
    let pid = pid as i32;
    if pid <= 0 {
        return Err(Fail::Linux(Errno::EINVAL));
    }
    let mut info = [0; LINUX_INFO_LEN];
    let me = ctx.call(Sys::GETPID, [0; 6])? as u32;
    let uid = ctx.call(Sys::GETUID, [0; 6])? as u32;
    let mut put = |at: u64, word: &[u8]| {
        if let Some(place) = info.get_mut(at as usize..at as usize + word.len()) {
            place.copy_from_slice(word);
        }
    };
    put(0, &(signal as u32).to_le_bytes());
    put(LINUX_CODE, &LINUX_SI_QUEUE.to_le_bytes());
    put(LINUX_PID, &me.to_le_bytes());
    put(LINUX_UID, &uid.to_le_bytes());
    put(LINUX_VALUE, &value.to_le_bytes());
    ctx.call_with(Sys::RT_SIGQUEUEINFO, &mut [pid.into(), signal.into(), Arg::In(&info)])?;
    Ok(Value::One(0))
}
