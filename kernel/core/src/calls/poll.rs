//! Waiting for files to become ready.

use super::signal::{mask_back, mask_for_call};
use crate::call::{Answer, Call, Restart, Row, Stop, Why};
use crate::file::{Events, Open};
use crate::files::epoll::{Change, Epoll};
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::Plain;
use ashore_pivot::layout::event::{EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, EpollEvent, POLLNVAL, PollFd};
use ashore_pivot::layout::open::O_CLOEXEC;
use ashore_pivot::layout::time::Timespec;
use ashore_pivot::{Errno, Memory, SigSet, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::EPOLL_CREATE1, epoll_create1),
    Row::new(Sys::EPOLL_CTL, epoll_ctl),
    Row::new(Sys::EPOLL_PWAIT, epoll_pwait).restart(Restart::Never),
    Row::new(Sys::EPOLL_PWAIT2, epoll_pwait2).restart(Restart::Never),
    Row::new(Sys::PPOLL, ppoll).restart(Restart::IfNoHandler),
    Row::new(Sys::PSELECT6, pselect6).restart(Restart::IfNoHandler),
];

fn epoll_create1(call: &mut Call<'_>) -> Answer {
    let flags = call.arg(0) as u32;
    if flags & !O_CLOEXEC != 0 {
        return Err(Errno::EINVAL.into());
    }
    Ok(call.new_fd(Open::new(Epoll::new(), 2), flags)?)
}

fn epoll_ctl(call: &mut Call<'_>) -> Answer {
    let change = match call.arg(1) as u32 {
        EPOLL_CTL_ADD => Change::Add,
        EPOLL_CTL_DEL => Change::Remove,
        EPOLL_CTL_MOD => Change::Modify,
        _ => return Err(Errno::EINVAL.into()),
    };
    let event = if change == Change::Remove { EpollEvent::default() } else { call.read::<EpollEvent>(call.addr(3))? };
    let (instance, open) = (call.open(call.arg(0))?, call.open(call.arg(2))?);
    let epoll = Epoll::of(&instance).ok_or(Errno::EINVAL)?;
    epoll.change(call.kernel, (call.arg(2) as u32, &open), change, event)?;
    Ok(0)
}

fn epoll_pwait(call: &mut Call<'_>) -> Answer {
    let timeout = call.int(3);
    let limit = if timeout < 0 { None } else { Some(timeout as u64 * 1_000_000) };
    epoll_wait(call, limit)
}

fn epoll_pwait2(call: &mut Call<'_>) -> Answer {
    let limit = time_limit(call, 3)?;
    epoll_wait(call, limit)
}

/// The time that an argument points to; none if it is null.
fn time_limit(call: &Call<'_>, nth: usize) -> Result<Option<u64>, Errno> {
    if call.addr(nth).is_null() {
        return Ok(None);
    }
    let time: Timespec = call.read(call.addr(nth))?;
    time.nanos().map(Some).ok_or(Errno::EINVAL)
}

/// What the first time asked does for every wait: the time limit and the signal mask.
fn begin(call: &mut Call<'_>, limit: Option<u64>, mask: (u64, u64)) -> Result<(), Errno> {
    if call.why != Why::First {
        return Ok(());
    }
    call.progress.deadline = limit.map(|limit| call.kernel.now().saturating_add(limit));
    let (at, len) = mask;
    if at != 0 {
        if len != 8 {
            return Err(Errno::EINVAL);
        }
        let set: u64 = call.read(Addr(at))?;
        mask_for_call(call, SigSet(set));
        call.progress.done = 1;
    }
    Ok(())
}

/// What every wait ends with: a result brings the signal mask back; a wait goes on unless the time is over.
fn end(call: &mut Call<'_>, result: Option<u64>) -> Answer {
    let result = match result {
        None if !call.is_late() => return Err(call.wait()),
        result => result.unwrap_or(0),
    };
    if call.progress.done != 0 {
        mask_back(call);
    }
    Ok(result)
}

/// The most events told at once; Linux would tell more, nobody asks for it.
const MOST_EVENTS: i32 = 4096;

fn epoll_wait(call: &mut Call<'_>, limit: Option<u64>) -> Answer {
    let most = call.int(2);
    if most <= 0 {
        return Err(Errno::EINVAL.into());
    }
    let open = call.open(call.arg(0))?;
    let epoll = Epoll::of(&open).ok_or(Errno::EINVAL)?;
    begin(call, limit, (call.arg(4), call.arg(5)))?;
    let most = most.min(MOST_EVENTS) as usize;
    let mut events = epoll.harvest(call.kernel, most);
    if events.is_empty() && limit != Some(0) {
        epoll.waiters().join(call.thread, Events::IN);
        events = epoll.harvest(call.kernel, most);
    }
    if events.is_empty() {
        return end(call, None);
    }
    let mut bytes = alloc::vec![0; events.len() * EpollEvent::LEN];
    for (event, to) in events.iter().zip(bytes.chunks_mut(EpollEvent::LEN)) {
        event.put(to);
    }
    let told = call.put_bytes(call.addr(1), &bytes);
    end(call, Some(events.len() as u64)).and_then(|count| Ok(told.map(|()| count)?))
}

/// The most descriptors of a `poll`.
const MOST_POLLED: u64 = 1 << 20;

fn ppoll(call: &mut Call<'_>) -> Answer {
    let (count, limit) = (call.arg(1) as u32, time_limit(call, 2)?);
    if u64::from(count) > call.most_fds().min(MOST_POLLED) {
        return Err(Errno::EINVAL.into());
    }
    let mut bytes = alloc::vec![0; count as usize * PollFd::LEN];
    Memory::read(&*call.space(), call.addr(0), &mut bytes)?;
    begin(call, limit, (call.arg(3), call.arg(4)))?;
    let mut polled: Vec<PollFd> = bytes.chunks(PollFd::LEN).map(PollFd::get).collect();
    let mut ready = look(call, &mut polled, Joining::No);
    if ready == 0 && limit != Some(0) {
        ready = look(call, &mut polled, Joining::Yes);
    }
    let answer = end(call, (ready > 0).then_some(ready))?;
    for (polled, to) in polled.iter().zip(bytes.chunks_mut(PollFd::LEN)) {
        polled.put(to);
    }
    call.put_bytes(call.addr(0), &bytes)?;
    tell_rest(call, 2)?;
    Ok(answer)
}

/// Tells what is left of the time limit at an argument.
fn tell_rest(call: &Call<'_>, nth: usize) -> Result<(), Errno> {
    let Some(deadline) = call.progress.deadline else { return Ok(()) };
    call.write_if(call.addr(nth), &Timespec::from_nanos(deadline.saturating_sub(call.kernel.now())))
}

/// Whether the caller joins the queues of what it looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Joining {
    No,
    Yes,
}

/// Asks every file what it is ready for; how many are ready for something wanted.
fn look(call: &Call<'_>, polled: &mut [PollFd], joining: Joining) -> u64 {
    let mut ready = 0;
    for one in polled {
        one.revents = match u64::try_from(one.fd) {
            Err(_) => 0,
            Ok(fd) => match call.open(fd) {
                Err(_) => POLLNVAL as u16,
                Ok(open) => ask(call, &open, u32::from(one.events), joining) as u16,
            },
        };
        ready += u64::from(one.revents != 0);
    }
    ready
}

/// Names of reading and writing that mean the same for every file here.
const ALSO_IN: u32 = 0x40;
const ALSO_OUT: u32 = 0x100;

fn ask(call: &Call<'_>, open: &Open, events: u32, joining: Joining) -> u32 {
    let wanted = events | Events::ERR.0 | Events::HUP.0;
    let mut interest = wanted;
    if events & ALSO_IN != 0 {
        interest |= Events::IN.0;
    }
    if events & ALSO_OUT != 0 {
        interest |= Events::OUT.0;
    }
    if joining == Joining::Yes
        && let Some(queue) = open.file.queue()
    {
        queue.join(call.thread, Events(interest));
    }
    let mut now = open.file.ready().0;
    if now & Events::IN.0 != 0 {
        now |= ALSO_IN;
    }
    if now & Events::OUT.0 != 0 {
        now |= ALSO_OUT;
    }
    now & wanted
}

/// What each of the three sets of `select` asks for, and what counts as an answer.
const SETS: [(Events, u32); 3] = [
    (Events::IN, Events::IN.0 | Events::HUP.0 | Events::ERR.0),
    (Events::OUT, Events::OUT.0 | Events::ERR.0),
    (Events::PRI, Events::PRI.0),
];

fn pselect6(call: &mut Call<'_>) -> Answer {
    let count = call.int(0);
    if count < 0 {
        return Err(Errno::EINVAL.into());
    }
    let count = (count as u64).min(call.most_fds().min(MOST_POLLED)) as usize;
    let limit = time_limit(call, 4)?;
    let mask = if call.addr(5).is_null() { [0, 0] } else { call.read::<[u64; 2]>(call.addr(5))? };
    let len = count.div_ceil(64) * 8;
    let mut sets: [Vec<u8>; 3] = Default::default();
    for (set, nth) in sets.iter_mut().zip(1..) {
        if !call.addr(nth).is_null() {
            set.resize(len, 0);
            Memory::read(&*call.space(), call.addr(nth), set)?;
        }
    }
    begin(call, limit, (mask[0], mask[1]))?;
    let mut answers = [alloc::vec![0; len], alloc::vec![0; len], alloc::vec![0; len]];
    let mut ready = select(call, count, &sets, &mut answers, Joining::No)?;
    if ready == 0 && limit != Some(0) {
        ready = select(call, count, &sets, &mut answers, Joining::Yes)?;
    }
    let answer = end(call, (ready > 0).then_some(ready))?;
    for (bytes, nth) in answers.iter().zip(1..) {
        if !call.addr(nth).is_null() {
            call.put_bytes(call.addr(nth), bytes)?;
        }
    }
    tell_rest(call, 4)?;
    Ok(answer)
}

fn has(set: &[u8], fd: usize) -> bool {
    set.get(fd / 8).is_some_and(|byte| byte >> (fd % 8) & 1 != 0)
}

fn select(
    call: &Call<'_>,
    count: usize,
    sets: &[Vec<u8>; 3],
    answers: &mut [Vec<u8>; 3],
    joining: Joining,
) -> Result<u64, Stop> {
    let mut ready = 0;
    for fd in 0..count {
        let asked =
            sets.iter().zip(SETS).filter(|(set, _)| has(set, fd)).fold(0, |all, (_, (events, _))| all | events.0);
        if asked == 0 {
            continue;
        }
        let open = call.open(fd as u64)?;
        let now = ask(call, &open, asked, joining);
        for ((set, answer), (_, counts)) in sets.iter().zip(answers.iter_mut()).zip(SETS) {
            if has(set, fd)
                && now & counts != 0
                && let Some(byte) = answer.get_mut(fd / 8)
            {
                *byte |= 1 << (fd % 8);
                ready += 1;
            }
        }
    }
    Ok(ready)
}
