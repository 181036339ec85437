//! The state of a kqueue, against a recorded Linux.

use super::queue::ev;
use super::record::{Event, Layout};
use crate::testing::{Fake, Given};
use crate::{Answer, Fail, Value};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Errno, Sys};

const KQ: u64 = 5;
const READ: i32 = -1;
const WRITE: i32 = -2;
const USER: i32 = -11;
const TRIGGER: u32 = 0x0100_0000;

/// FreeBSD with a kqueue of descriptor 5.
fn fake() -> Fake {
    let mut fake = Fake::new(&crate::freebsd::OS);
    fake.reply(Ok(KQ), &[]);
    assert_eq!(fake.call(362, &[]), Ok(Value::One(KQ)));
    assert_eq!(fake.one().sys, Sys::EPOLL_CREATE1);
    fake
}

fn event(ident: u64, filter: i32, flags: u32) -> Event {
    Event { ident, filter, flags, udata: 0xfeed_0000 + ident, ..Event::default() }
}

fn bytes(events: &[Event]) -> Vec<u8> {
    let mut bytes = Vec::new();
    events.iter().for_each(|event| Layout::EXTENDED.encode(event, &mut bytes));
    bytes
}

/// Makes changes and asks for `room` events without waiting.
fn kevent(fake: &mut Fake, changes: &[Event], room: u64) -> (Answer, Vec<Event>) {
    let list = fake.put(&bytes(changes));
    let into = fake.alloc(64 * room.max(1));
    let zero = fake.put(&[0; 16]);
    let answer = fake.call(560, &[KQ, list.0, changes.len() as u64, into.0, room, zero.0]);
    let count = if let Ok(Value::One(count)) = answer { count as usize } else { 0 };
    let found = fake.get(into, 64 * count);
    (answer, found.chunks(64).filter_map(|bytes| Layout::EXTENDED.decode(bytes)).collect())
}

/// Makes changes that succeed.
fn change(fake: &mut Fake, changes: &[Event]) {
    assert_eq!(kevent(fake, changes, 0).0, Ok(Value::One(0)));
}

/// Records of an epoll set.
fn told(records: &[(u32, u64)]) -> Vec<u8> {
    let one = |(bits, word): &(u32, u64)| [&bits.to_le_bytes()[..], &word.to_le_bytes()[..]].concat();
    records.iter().flat_map(one).collect()
}

fn sys(fake: &mut Fake) -> Vec<Sys> {
    fake.made().iter().map(|made| made.sys).collect()
}

#[test]
fn a_connection_of_gos_is_one_call() {
    let mut fake = fake();
    let flags = ev::ADD | ev::CLEAR;
    let (answer, _) = kevent(&mut fake, &[event(9, READ, flags), event(9, WRITE, flags)], 0);
    assert_eq!(answer, Ok(Value::One(0)));
    let made = fake.one();
    assert_eq!((made.sys, made.word(0), made.word(1), made.word(2)), (Sys::EPOLL_CTL, KQ, 1, 9));
    // IN, RDHUP, OUT and ET; slot 0 of generation 0.
    assert_eq!(made.bytes(3), told(&[(0x8000_2005, 0)]));

    // Both directions are told with the program's word, and edges are not told again by us.
    fake.reply(Ok(1), &[&told(&[(0x2011, 0)])]);
    fake.reply(Ok(0), &[&42u32.to_le_bytes()]);
    let (answer, events) = kevent(&mut fake, &[], 8);
    assert_eq!(answer, Ok(Value::One(2)));
    assert_eq!((events[0].flags, events[0].data), (ev::CLEAR | ev::EOF, 42));
    assert_eq!((events[0].filter, events[1].filter), (READ, WRITE));
    assert_eq!((events[0].udata, events[1].udata), (0xfeed_0009, 0xfeed_0009));
    fake.made();
    assert_eq!(kevent(&mut fake, &[], 8).0, Ok(Value::One(0)));
    assert_eq!(sys(&mut fake), [Sys::EPOLL_PWAIT2]);
}

#[test]
fn an_event_of_a_closed_descriptor_is_dropped() {
    let mut fake = fake();
    let flags = ev::ADD | ev::CLEAR;
    change(&mut fake, &[event(9, READ, flags)]);
    fake.with(|ctx| super::closed(ctx, 9));
    change(&mut fake, &[event(9, READ, flags)]);
    let made = fake.made();
    assert_eq!(made.len(), 2, "{made:?}");
    assert_eq!(made[1].bytes(3), told(&[(0x8000_2001, 1 << 32)]));
    fake.reply(Ok(1), &[&told(&[(1, 0)])]);
    assert_eq!(kevent(&mut fake, &[], 8).0, Ok(Value::One(0)));
}

#[test]
fn unlike_filters_get_a_descriptor_each() {
    let mut fake = fake();
    change(&mut fake, &[event(9, READ, ev::ADD)]);
    fake.made();
    fake.reply(Ok(600), &[]);
    change(&mut fake, &[event(9, WRITE, ev::ADD | ev::CLEAR)]);
    let made = fake.made();
    assert_eq!((made[0].sys, made[1].word(1), made[1].word(2)), (Sys::FCNTL, 1, 600));
    fake.with(|ctx| super::closed(ctx, 9));
    // The level-triggered one and the second descriptor are taken out.
    assert_eq!(sys(&mut fake), [Sys::EPOLL_CTL, Sys::EPOLL_CTL, Sys::CLOSE]);
}

#[test]
fn a_trigger_rings_the_bell_and_is_told_once() {
    let mut fake = fake();
    change(&mut fake, &[event(77, USER, ev::ADD | ev::CLEAR)]);
    assert_eq!(fake.made(), []);
    let trigger = Event { fflags: TRIGGER, ..event(77, USER, 0) };
    fake.reply(Ok(6), &[]);
    fake.reply(Ok(513), &[]);
    change(&mut fake, &[trigger]);
    let made = fake.made();
    let calls: Vec<Sys> = made.iter().map(|made| made.sys).collect();
    assert_eq!(calls, [Sys::EVENTFD2, Sys::FCNTL, Sys::CLOSE, Sys::EPOLL_CTL, Sys::WRITE]);
    assert_eq!((made[3].word(2), made[4].word(0)), (513, 513));
    let (answer, events) = kevent(&mut fake, &[], 4);
    assert_eq!(answer, Ok(Value::One(1)));
    assert_eq!((events[0].ident, events[0].filter, events[0].fflags), (77, USER, 0));
    assert_eq!(kevent(&mut fake, &[], 4).0, Ok(Value::One(0)));
    // From now on a trigger is one write.
    fake.made();
    change(&mut fake, &[trigger]);
    assert_eq!(sys(&mut fake), [Sys::WRITE]);
}

#[test]
fn failures_are_events_when_there_is_room() {
    let mut fake = fake();
    let unknown = [event(77, USER, ev::DELETE), event(3, -9, ev::ADD)];
    let (answer, events) = kevent(&mut fake, &unknown, 2);
    assert_eq!(answer, Ok(Value::One(2)));
    assert_eq!((events[0].flags, events[0].data), (ev::ERROR, 2));
    assert_eq!((events[1].flags, events[1].data), (ev::ERROR, 22));
    assert_eq!(kevent(&mut fake, &unknown, 0).0, Err(Fail::Linux(Errno::ENOENT)));
    let (_, events) = kevent(&mut fake, &[event(77, USER, ev::ADD | ev::RECEIPT)], 1);
    assert_eq!((events[0].flags, events[0].data), (ev::ERROR, 0));
}

#[test]
fn a_descriptor_that_is_no_kqueue_is_refused() {
    let mut fake = fake();
    fake.reply(Ok(1000), &[]);
    fake.reply(Ok(1), &[]);
    assert_eq!(fake.call(560, &[8, 0, 0, 0, 0, 0]), Err(Fail::Linux(Errno::EBADF)));
}

#[test]
fn a_oneshot_is_removed_when_told() {
    let mut fake = fake();
    change(&mut fake, &[event(9, READ, ev::ADD | ev::ONESHOT)]);
    fake.made();
    fake.reply(Ok(1), &[&told(&[(1, 0)])]);
    assert_eq!(kevent(&mut fake, &[], 4).0, Ok(Value::One(1)));
    assert_eq!(sys(&mut fake)[..2], [Sys::EPOLL_PWAIT2, Sys::EPOLL_CTL]);
    assert_eq!(kevent(&mut fake, &[event(9, READ, ev::DELETE)], 0).0, Err(Fail::Linux(Errno::ENOENT)));
}

#[test]
fn a_descriptor_epoll_refuses_is_always_ready() {
    let mut fake = fake();
    fake.reply(Err(Errno::EPERM), &[]);
    let mut directory = vec![0; 144];
    directory[24..28].copy_from_slice(&0o040_755u32.to_le_bytes());
    change(&mut fake, &[event(9, READ, ev::ADD)]);
    for _ in 0..2 {
        fake.made();
        fake.reply(Ok(0), &[&directory]);
        let (answer, events) = kevent(&mut fake, &[], 1);
        assert_eq!((answer, events.len()), (Ok(Value::One(1)), 1));
    }
}

#[test]
fn what_has_no_room_is_told_next_time() {
    let mut fake = fake();
    let flags = ev::ADD | ev::CLEAR;
    change(&mut fake, &[event(9, READ, flags), event(9, WRITE, flags)]);
    fake.reply(Ok(1), &[&told(&[(5, 0)])]);
    assert_eq!(kevent(&mut fake, &[], 1).1[0].filter, READ);
    let (_, events) = kevent(&mut fake, &[], 1);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].filter, WRITE);
}

#[test]
fn a_child_has_no_kqueues() {
    let mut fake = fake();
    let state = &fake.state;
    assert_eq!(crate::bsd::state::around_fork(state, &mut || Ok(0)), Ok(0));
    fake.with(|ctx| super::closed(ctx, 40));
    let made = fake.one();
    assert_eq!((made.sys, &made.args[0]), (Sys::CLOSE, &Given::Word(KQ)));
    fake.reply(Ok(1000), &[]);
    fake.reply(Ok(1), &[]);
    assert_eq!(fake.call(560, &[KQ, 0, 0, 0, 0, 0]), Err(Fail::Linux(Errno::EBADF)));
}

#[test]
fn times_are_checked_and_kept_in_nanoseconds() {
    let mut fake = fake();
    let into = fake.alloc(64);
    let mut time = |seconds: i64, nanos: i64| {
        let mut bytes = seconds.to_le_bytes().to_vec();
        bytes.extend(nanos.to_le_bytes());
        fake.put(&bytes)
    };
    let (bad, good) = (time(0, 1_000_000_000), time(2, 5));
    let mut call = |at: Addr| fake.call(560, &[KQ, 0, 0, into.0, 1, at.0]);
    assert_eq!(call(bad), Err(Fail::Linux(Errno::EINVAL)));
    assert_eq!(call(good), Ok(Value::One(0)));
    let made = fake.made();
    let wait = made.iter().find(|made| made.sys == Sys::EPOLL_PWAIT2).expect("a wait");
    assert!(wait.waits);
    assert_eq!(wait.bytes(3), [2u64.to_le_bytes(), 5u64.to_le_bytes()].concat());
}
