//! Waiting for descriptors: `select` and `poll`. A signal always ends the wait; it is never restarted.

use super::micros;
use crate::{Answer, Args, Ctx};
use alloc::vec::Vec;
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, SigSet, Sys};

/// How long to wait, as Linux's `timespec`; `None` for ever.
type Limit = Option<[u8; 16]>;

fn timespec(seconds: u64, nanos: u64) -> [u8; 16] {
    (u128::from(seconds) | u128::from(nanos) << 64).to_le_bytes()
}

fn limit_from_timespec(ctx: &Ctx<'_>, at: u64) -> Result<Limit, Errno> {
    if at == 0 {
        return Ok(None);
    }
    Ok(Some(ctx.read(Addr(at))?))
}

fn limit_from_timeval(ctx: &Ctx<'_>, at: u64) -> Result<Limit, Errno> {
    if at == 0 {
        return Ok(None);
    }
    let record = ctx.read::<16>(Addr(at))?;
    let word = |at| Bytes(&record).u64(at).ok_or(Errno::EFAULT);
    let micros = micros(ctx, word(8)?)?;
    Ok(Some(timespec(word(0)?, micros * 1000)))
}

/// `poll(fds, nfds, milliseconds)`
pub fn poll(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let millis = args[2] as u32 as i32;
    let limit = u64::try_from(millis).ok().map(|millis| timespec(millis / 1000, millis % 1000 * 1_000_000));
    poll_for(ctx, args[0], args[1], limit)
}

/// `ppoll(fds, nfds, timespec, sigmask)`; NetBSD's `pollts`.
pub fn ppoll(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let limit = limit_from_timespec(ctx, args[2])?;
    masked(ctx, args[3], |ctx| poll_for(ctx, args[0], args[1], limit))
}

/// Event bits that differ, the guest's and Linux's: `POLLWRBAND` and `POLLRDHUP`.
static EVENTS: [(u16, u16); 2] = [(0x100, 0x200), (0x4000, 0x2000)];

/// The event bits that are the same: in, priority, out, error, hang-up, invalid, normal in, band in.
const SAME_EVENTS: u16 = 0xff;

fn events_to_linux(guest: u16) -> u16 {
    let differing = EVENTS.iter().filter(|(bit, _)| guest & bit != 0);
    differing.fold(guest & SAME_EVENTS, |events, (_, linux)| events | linux)
}

fn events_from_linux(linux: u16) -> u16 {
    let differing = EVENTS.iter().filter(|(_, bit)| linux & bit != 0);
    differing.fold(linux & SAME_EVENTS, |events, (guest, _)| events | guest)
}

fn poll_for(ctx: &Ctx<'_>, at: u64, count: u64, limit: Limit) -> Answer {
    /// Where the asked and the found events stand in a `pollfd`, and its size.
    const ASKED: usize = 4;
    const FOUND: usize = 6;
    const SIZE: usize = 8;
    let count = u64::from(count as u32);
    let mut fds = ctx.read_vec(Addr(at), count * SIZE as u64)?;
    let change = |fds: &mut [u8], at: usize, map: fn(u16) -> u16| {
        for fd in fds.chunks_exact_mut(SIZE) {
            if let Some([low, high]) = fd.get_mut(at..at + 2) {
                [*low, *high] = map(u16::from_le_bytes([*low, *high])).to_le_bytes();
            }
        }
    };
    change(&mut fds, ASKED, events_to_linux);
    let mut limit = limit;
    let time = limit.as_mut().map_or(Arg::Word(0), |time| Arg::Out(time));
    let ready = ctx.wait_with(Sys::PPOLL, &mut [Arg::Out(&mut fds), count.into(), time, 0.into(), 8u64.into()]);
    let ready = ready.map_err(Errno::never_restart)?;
    change(&mut fds, FOUND, events_from_linux);
    // Only the found events are the call's to write.
    for (n, fd) in fds.chunks_exact(SIZE).enumerate() {
        if let Some(found) = fd.get(FOUND..) {
            ctx.write(Addr(at).plus((n * SIZE + FOUND) as u64), found)?;
        }
    }
    Ok(ready.into())
}

/// `select(n, in, out, except, timeval)`: the time left is not told.
pub fn select(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let limit = limit_from_timeval(ctx, args[4])?;
    select_for(ctx, args[0], [args[1], args[2], args[3]], limit)
}

/// `pselect(n, in, out, except, timespec, sigmask)`
pub fn pselect(ctx: &mut Ctx<'_>, args: &Args) -> Answer {
    let limit = limit_from_timespec(ctx, args[4])?;
    masked(ctx, args[5], |ctx| select_for(ctx, args[0], [args[1], args[2], args[3]], limit))
}

fn select_for(ctx: &Ctx<'_>, count: u64, at: [u64; 3], limit: Limit) -> Answer {
    let count = u64::try_from(count as u32 as i32).map_err(|_| Errno::EINVAL)?;
    // A set has whole words: of 64 bits on Linux, of as many as the guest's system says in its memory.
    let theirs = count.div_ceil(64) * 8;
    let word = ctx.files()?.fd_set_word;
    let ours = count.div_ceil(word * 8) * word;
    let mut sets: [Vec<u8>; 3] = Default::default();
    for (set, at) in sets.iter_mut().zip(at).filter(|(_, at)| *at != 0) {
        *set = ctx.read_vec(Addr(at), ours)?;
        set.resize(theirs as usize, 0);
    }
    let mut limit = limit;
    let time = limit.as_mut().map_or(Arg::Word(0), |time| Arg::Out(time));
    let [read, write, except] = sets.each_mut().map(|set| match set.is_empty() {
        true => Arg::Word(0),
        false => Arg::Out(set),
    });
    let ready = ctx.wait_with(Sys::PSELECT6, &mut [count.into(), read, write, except, time, 0.into()]);
    let ready = ready.map_err(Errno::never_restart)?;
    for (set, at) in sets.iter().zip(at).filter(|(set, _)| !set.is_empty()) {
        ctx.write(Addr(at), set.get(..ours as usize).unwrap_or(set))?;
    }
    Ok(ready.into())
}

/// Runs a wait with another signal mask in place, the guest's at `at`; none when that is null.
fn masked(ctx: &mut Ctx<'_>, at: u64, wait: impl FnOnce(&Ctx<'_>) -> Answer) -> Answer {
    if at == 0 {
        return wait(ctx);
    }
    let bits = ctx.read_u64(Addr(at))?;
    let numbers = (1..=64).filter(|number| bits & 1 << (number - 1) != 0);
    let mask = numbers.filter_map(|number| (ctx.os.signal_from)(number)).fold(SigSet::EMPTY, SigSet::with);
    let old = ctx.thread.mask;
    ctx.kernel.set_mask(ctx.thread, mask);
    let answer = wait(ctx);
    if answer == Err(Errno::EINTR.into()) {
        // The handler runs under the new mask and its return restores the old one.
        ctx.thread.saved_mask = Some(old);
    } else {
        ctx.kernel.set_mask(ctx.thread, old);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_go_both_ways() {
        for guest in [0, 1, 4, 0x40, 0x80, 0x100, 0x4000, 0x41c5] {
            assert_eq!(events_from_linux(events_to_linux(guest)), guest);
        }
        assert_eq!(events_to_linux(0x100), 0x200);
    }
}
