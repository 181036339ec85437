//! Steering the clock.

use super::timeval::{MICROS, NANOS, Time};
use crate::{Answer, Args, Ctx};
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Sys};

/// The size of Linux's `struct timex`.
const TIMEX: usize = 208;
/// How much of it the BSDs have at the same places: modes to tolerance.
const SHARED: usize = 72;
/// Where it has an offset, an error twice, and the time.
const OFFSET: usize = 8;
const MAX_ERROR: usize = 24;
const EST_ERROR: usize = 32;
const STATUS: usize = 40;
const TIME: usize = 72;
const TAI: usize = 160;
/// The time's fraction counts nanoseconds.
const STATUS_NANO: i64 = 0x2000;
/// "Slew by the offset, once", and "tell what is left of that".
const SINGLE_SHOT: u32 = 0x8001;
const SINGLE_SHOT_READ: u32 = 0xa001;

fn word(timex: &[u8; TIMEX], at: usize) -> i64 {
    timex.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |word| i64::from_le_bytes(*word))
}

/// `adjtime(delta, olddelta)`; both may be null.
pub fn adjtime(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let mut timex = [0; TIMEX];
    let mut mode = SINGLE_SHOT_READ;
    if args[0] != 0 {
        let delta = ctx.timeval(Addr(args[0]))?;
        let offset = delta.sec.checked_mul(MICROS).and_then(|micros| micros.checked_add(delta.rest));
        let offset = offset.ok_or(Errno::EINVAL)?.to_le_bytes();
        timex.iter_mut().skip(OFFSET).zip(offset).for_each(|(to, from)| *to = from);
        mode = SINGLE_SHOT;
    }
    timex.iter_mut().zip(mode.to_le_bytes()).for_each(|(to, from)| *to = from);
    adjust(ctx, &mut timex)?;
    if args[1] != 0 {
        let left = word(&timex, OFFSET);
        let left = Time { sec: left.div_euclid(MICROS), rest: left.rem_euclid(MICROS) };
        ctx.write(Addr(args[1]), &left.bytes())?;
    }
    Ok(0.into())
}

/// Linux reads and writes the one record.
fn adjust(ctx: &Ctx<'_>, timex: &mut [u8; TIMEX]) -> Result<u64, Errno> {
    ctx.call_with(Sys::ADJTIMEX, &mut [Arg::Out(timex)])
}

/// `ntp_adjtime(timex)`: what follows the shared part, facts of a pulse's signal, is zero.
pub fn ntp_adjtime(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    const REST: [u8; 64] = [0; 64];
    let shared: [u8; SHARED] = ctx.read(Addr(args[0]))?;
    let mut timex = [0; TIMEX];
    timex.iter_mut().zip(shared).for_each(|(to, from)| *to = from);
    let state = adjust(ctx, &mut timex)?;
    ctx.write(Addr(args[0]), timex.get(..SHARED).unwrap_or_default())?;
    ctx.write(Addr(args[0]).plus(SHARED as u64), &REST)?;
    Ok(state.into())
}

/// `ntp_gettime(ntv)`: the time, two errors, the distance to TAI and the clock's state.
pub fn ntp_gettime(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let mut timex = [0; TIMEX];
    let state = adjust(ctx, &mut timex)?;
    let fraction = if word(&timex, STATUS) & STATUS_NANO == 0 { NANOS / MICROS } else { 1 };
    let words = [
        word(&timex, TIME),
        word(&timex, TIME + 8).saturating_mul(fraction),
        word(&timex, MAX_ERROR),
        word(&timex, EST_ERROR),
        i64::from(word(&timex, TAI) as i32),
        state as i64,
    ];
    ctx.write(Addr(args[0]), words.map(i64::to_le_bytes).as_flattened())?;
    Ok(state.into())
}
