//! Instances, asked by programs.

use crate::call::Why;
use crate::testing_calls::{Program, program};
use alloc::vec::Vec;
use ashore_pivot::layout::event::*;
use ashore_pivot::layout::time::{Itimerspec, Timespec};
use ashore_pivot::{Errno, Sys};

fn eventfd(program: &Program) -> u64 {
    program.must(Sys::EVENTFD2, &[0, 0o4000])
}

fn control(program: &Program, epoll: u64, how: u32, fd: u64, events: u32) -> Result<u64, Errno> {
    let event = program.record(&EpollEvent { events, data: fd * 100 });
    program.ask(Sys::EPOLL_CTL, &[epoll, u64::from(how), fd, event])
}

fn now(program: &Program, epoll: u64) -> Vec<(u64, u32)> {
    let at = program.room(10 * EpollEvent::LEN);
    let count = program.must(Sys::EPOLL_PWAIT, &[epoll, at, 10, 0, 0, 8]);
    (0..count)
        .map(|nth| program.get::<EpollEvent>(at + nth * EpollEvent::LEN as u64))
        .map(|event| (event.data / 100, event.events))
        .collect()
}

#[test]
fn levels_edges_and_single_shots() {
    let program = program();
    let epoll = program.must(Sys::EPOLL_CREATE1, &[0]);
    let [level, edge, once] = [(); 3].map(|()| eventfd(&program));
    control(&program, epoll, EPOLL_CTL_ADD, level, EPOLLIN).unwrap();
    control(&program, epoll, EPOLL_CTL_ADD, edge, EPOLLIN | EPOLLET).unwrap();
    control(&program, epoll, EPOLL_CTL_ADD, once, EPOLLIN | EPOLLONESHOT).unwrap();
    assert_eq!(control(&program, epoll, EPOLL_CTL_ADD, once, EPOLLIN), Err(Errno::EEXIST));
    assert_eq!(now(&program, epoll), []);
    let one = 1u64.to_le_bytes();
    for fd in [level, edge, once] {
        program.write(fd, &one).unwrap();
    }
    assert_eq!(now(&program, epoll), [(level, EPOLLIN), (edge, EPOLLIN), (once, EPOLLIN)]);
    assert_eq!(now(&program, epoll), [(level, EPOLLIN)]);
    for fd in [level, edge, once] {
        program.write(fd, &one).unwrap();
    }
    assert_eq!(now(&program, epoll), [(level, EPOLLIN), (edge, EPOLLIN)]);
    control(&program, epoll, EPOLL_CTL_MOD, once, EPOLLIN | EPOLLONESHOT).unwrap();
    program.read(level, 8).unwrap();
    assert_eq!(now(&program, epoll), [(once, EPOLLIN)]);
    control(&program, epoll, EPOLL_CTL_DEL, edge, 0).unwrap();
    program.write(edge, &one).unwrap();
    program.must(Sys::CLOSE, &[level]);
    assert_eq!(now(&program, epoll), []);
}

#[test]
fn a_wait_ends_by_an_event_or_its_time_and_instances_nest() {
    let program = program();
    let (outer, inner) = (program.must(Sys::EPOLL_CREATE1, &[0]), program.must(Sys::EPOLL_CREATE1, &[0]));
    let event = eventfd(&program);
    control(&program, outer, EPOLL_CTL_ADD, inner, EPOLLIN).unwrap();
    control(&program, inner, EPOLL_CTL_ADD, event, EPOLLIN).unwrap();
    assert_eq!(control(&program, inner, EPOLL_CTL_ADD, outer, EPOLLIN), Err(Errno::ELOOP));
    let at = program.room(64);
    let Err(waiting) = program.begin(Sys::EPOLL_PWAIT, &[outer, at, 4, 10, 0, 8]) else { panic!("nothing is there") };
    program.machine.pass(10_000_000);
    assert_eq!(program.again(waiting, Why::Time).ok(), Some(Ok(0)));
    let Err(waiting) = program.begin(Sys::EPOLL_PWAIT, &[outer, at, 4, -1i64 as u64, 0, 8]) else { panic!() };
    program.write(event, &1u64.to_le_bytes()).unwrap();
    assert_eq!(program.again(waiting, Why::Woken).ok(), Some(Ok(1)));
    assert_eq!(now(&program, outer), [(inner, EPOLLIN)]);
}

#[test]
fn timers_count_what_has_passed_and_poll_sees_them() {
    let program = program();
    let timer = program.must(Sys::TIMERFD_CREATE, &[1, 0o4000]);
    let (interval, value) = (Timespec::from_nanos(100), Timespec::from_nanos(1000));
    let spec = program.record(&Itimerspec { interval, value });
    program.must(Sys::TIMERFD_SETTIME, &[timer, 0, spec, 0]);
    let polled = program.record(&PollFd { fd: timer as i32, events: POLLIN as u16, revents: 0 });
    let limit = program.record(&Timespec::from_nanos(0));
    assert_eq!(program.must(Sys::PPOLL, &[polled, 1, limit, 0, 8]), 0);
    assert_eq!(program.read(timer, 8), Err(Errno::EAGAIN));
    program.machine.pass(1250);
    program.kernel.timers.expire(program.kernel, program.kernel.now());
    assert_eq!(program.must(Sys::PPOLL, &[polled, 1, limit, 0, 8]), 1);
    assert_eq!(program.read(timer, 8).unwrap(), 3u64.to_le_bytes());
    let sets = program.record(&[1u64 << timer]);
    let empty = program.record(&Timespec::from_nanos(0));
    assert_eq!(program.must(Sys::PSELECT6, &[timer + 1, sets, 0, 0, empty, 0]), 0);
    assert_eq!(program.get::<u64>(sets), 0);
}
