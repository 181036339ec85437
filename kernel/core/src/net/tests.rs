//! Sockets on the simulated machine.

use super::*;
use crate::call::{Call, Own, Progress, Stop, Why};
use crate::file::{Bytes, Events, File, O_NONBLOCK, Open};
use crate::kernel::Kernel;
use crate::machine::Context;
use crate::process::{Inner, Parts, Process};
use crate::testing::{machine, physical};
use crate::thread::Thread;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use ashore_pivot::Errno;
use ashore_pivot::layout::sockaddr::{SockAddr, UnixName};
use ashore_pivot::layout::socket::{MSG_PEEK, SHUT_WR};

/// Bytes of the test's own.
struct Plain<'a> {
    into: &'a mut [u8],
    at: usize,
}

impl Bytes for Plain<'_> {
    fn left(&self) -> usize {
        self.into.len() - self.at
    }

    fn put(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let len = bytes.len().min(self.left());
        self.into[self.at..self.at + len].copy_from_slice(&bytes[..len]);
        self.at += len;
        Ok(len)
    }

    fn take(&mut self, into: &mut [u8]) -> Result<usize, Errno> {
        let len = into.len().min(self.left());
        into[..len].copy_from_slice(&self.into[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}

struct World {
    kernel: Kernel,
    thread: Arc<Thread>,
}

fn world() -> World {
    let kernel = Kernel::new(physical(machine(512))).unwrap();
    let parts = kernel.nothing.clone();
    let process = Process::new(2, Inner::default(), 2, 2);
    let thread = Thread::new(2, process, Parts { ..parts }, Own::default());
    thread.process.inner.lock().threads.push(thread.clone());
    World { kernel, thread }
}

impl World {
    fn call<T>(&self, seen: impl FnOnce(&mut Call<'_>) -> T) -> T {
        let (mut context, mut progress) = (Context::default(), Progress::default());
        seen(&mut Call {
            kernel: &self.kernel,
            thread: &self.thread,
            context: &mut context,
            args: [0; 6],
            why: Why::First,
            progress: &mut progress,
        })
    }

    fn send(&self, socket: &Arc<Socket>, bytes: &[u8]) -> Result<u64, Stop> {
        let mut copy = bytes.to_vec();
        let mut bytes = Plain { into: &mut copy, at: 0 };
        let open = opened(socket);
        self.call(|call| socket.send(call, &open, Sending { bytes: &mut bytes, to: None, parcel: None, flags: 0 }))
    }

    fn receive(&self, socket: &Arc<Socket>, flags: u32) -> Result<Vec<u8>, Stop> {
        let mut into = [0; 64];
        let mut bytes = Plain { into: &mut into, at: 0 };
        let open = opened(socket);
        let received = self.call(|call| socket.receive(call, &open, &mut bytes, flags))?;
        Ok(into[..received.len].to_vec())
    }

    fn close(&self, socket: &Arc<Socket>) {
        socket.closed(&self.kernel, &opened(socket));
    }

    /// A listening socket and its address.
    fn listening(&self, family: Family) -> (Arc<Socket>, SockAddr) {
        let socket = Socket::new(family, Kind::Stream, 6);
        self.call(|call| listen(call, &socket, 4)).unwrap();
        let port = socket.endpoint().unwrap().port;
        (socket, SockAddr::In { ip: [127, 0, 0, 1], port })
    }

    fn connected(&self, to: &SockAddr) -> Result<Arc<Socket>, Stop> {
        let socket = Socket::new(Family::V4, Kind::Stream, 6);
        let open = Open::new(socket.clone(), 2);
        self.call(|call| connect(call, &open, &socket, to))?;
        Ok(socket)
    }

    fn accepted(&self, socket: &Arc<Socket>) -> Result<Arc<Socket>, Stop> {
        let open = opened(socket);
        self.call(|call| accept(call, &open, socket))
    }
}

/// Does not wait.
fn opened(socket: &Arc<Socket>) -> Arc<Open> {
    Open::new(socket.clone(), 2 | O_NONBLOCK)
}

const AGAIN: Stop = Stop::Errno(Errno::EAGAIN);

#[test]
fn a_connection_carries_bytes_both_ways_and_ends() {
    let world = world();
    for family in [Family::V4, Family::V6] {
        let (listening, address) = world.listening(family);
        assert_eq!(world.accepted(&listening).err(), Some(AGAIN));
        let mine = world.connected(&address).unwrap();
        assert!(listening.ready().intersects(Events::IN));
        let theirs = world.accepted(&listening).unwrap();
        assert_eq!(world.receive(&theirs, 0), Err(AGAIN));
        world.send(&mine, b"question").unwrap();
        assert_eq!(world.receive(&theirs, MSG_PEEK).unwrap(), b"question");
        assert_eq!(world.receive(&theirs, 0).unwrap(), b"question");
        world.send(&theirs, b"answer").unwrap();
        mine.shut(&world.kernel, SHUT_WR).unwrap();
        assert_eq!(world.receive(&theirs, 0).unwrap(), b"");
        assert_eq!(world.receive(&mine, 0).unwrap(), b"answer");
        assert_eq!(mine.peer().unwrap(), address);
        assert_eq!(theirs.endpoint().unwrap().port, listening.endpoint().unwrap().port);
        world.close(&theirs);
        assert_eq!(world.receive(&mine, 0).unwrap(), b"");
        assert_eq!(world.send(&mine, b"x"), Err(Errno::EPIPE.into()));
        world.close(&listening);
        assert_eq!(world.connected(&address).err(), Some(Errno::ECONNREFUSED.into()));
    }
}

#[test]
fn bytes_left_unread_break_the_connection() {
    let world = world();
    let (a, b) = Socket::pair(Kind::Stream);
    world.send(&a, b"unread").unwrap();
    world.send(&b, b"answer").unwrap();
    world.close(&b);
    assert_eq!(world.receive(&a, 0).unwrap(), b"answer");
    assert_eq!(world.receive(&a, 0), Err(Errno::ECONNRESET.into()));
    assert_eq!(world.receive(&a, 0).unwrap(), b"");
}

#[test]
fn a_full_connection_takes_no_more_and_tells_when_it_does() {
    let world = world();
    let (a, b) = Socket::pair(Kind::Stream);
    let mut sent = 0;
    while let Ok(len) = world.send(&a, &[7; 10_000]) {
        sent += len;
    }
    assert_eq!(sent, channel::ROOM as u64);
    assert!(!a.ready().intersects(Events::OUT));
    while world.receive(&b, 0).is_ok() {}
    assert!(a.ready().intersects(Events::OUT));
}

#[test]
fn a_port_is_one_socket_s_and_free_again_when_it_is_closed() {
    let world = world();
    let (listening, _) = world.listening(Family::V4);
    let at = listening.endpoint().unwrap();
    let other = Socket::new(Family::V4, Kind::Stream, 6);
    assert_eq!(world.kernel.names.bind(other.me(), &other, at).err(), Some(Errno::EADDRINUSE));
    let message = Socket::new(Family::V4, Kind::Datagram, 17);
    assert!(world.kernel.names.bind(message.me(), &message, at).is_ok());
    world.close(&listening);
    assert!(world.kernel.names.bind(other.me(), &other, at).is_ok());
}

#[test]
fn messages_keep_their_ends_and_their_sender() {
    let world = world();
    let (a, b) = [(); 2].map(|()| Socket::new(Family::V4, Kind::Datagram, 17)).into();
    world.kernel.names.bind(b.me(), &b, Endpoint::any(Family::V4)).unwrap();
    let to = SockAddr::In { ip: [127, 0, 0, 1], port: b.endpoint().unwrap().port };
    let open = opened(&a);
    world.call(|call| connect(call, &open, &a, &to)).unwrap();
    world.send(&a, b"one").unwrap();
    world.send(&a, b"").unwrap();
    world.send(&a, b"three").unwrap();
    assert_eq!(
        [world.receive(&b, 0), world.receive(&b, 0), world.receive(&b, 0)].map(Result::unwrap),
        [&b"one"[..], b"", b"three"]
    );
    assert_eq!(world.receive(&b, 0), Err(AGAIN));
    world.close(&b);
    world.send(&a, b"lost").unwrap();
    assert_eq!(world.send(&a, b"refused"), Err(Errno::ECONNREFUSED.into()));
}

#[test]
fn who_lingers_for_no_time_breaks_the_connection() {
    let world = world();
    let (listening, address) = world.listening(Family::V4);
    let mine = world.connected(&address).unwrap();
    let theirs = world.accepted(&listening).unwrap();
    world.send(&theirs, b"last").unwrap();
    theirs.options.lock().linger.onoff = 1;
    world.close(&theirs);
    assert_eq!(world.receive(&mine, 0).unwrap(), b"last");
    assert_eq!(world.receive(&mine, 0), Err(Errno::ECONNRESET.into()));
}

#[test]
fn a_local_socket_without_a_name_says_nothing_of_itself() {
    let world = world();
    let (a, b) = Socket::pair(Kind::Datagram);
    world.send(&a, b"x").unwrap();
    let (mut into, open) = ([0; 8], opened(&b));
    let mut bytes = Plain { into: &mut into, at: 0 };
    let received = world.call(|call| b.receive(call, &open, &mut bytes, 0)).unwrap();
    assert_eq!((received.len, received.from), (1, None));
}

/// The types and bodies of the answers to one request.
fn told(world: &World, kind: u16, flags: u16, body: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let socket = Socket::new(Family::Netlink, Kind::Datagram, 0);
    let mut request = (16 + body.len() as u32).to_le_bytes().to_vec();
    [kind, flags].iter().for_each(|word| request.extend(word.to_le_bytes()));
    request.extend([7, 0, 0, 0, 0, 0, 0, 0]);
    request.extend(body);
    world.send(&socket, &request).unwrap();
    let (mut into, open) = ([0; 4096], opened(&socket));
    let mut bytes = Plain { into: &mut into, at: 0 };
    let received = world.call(|call| socket.receive(call, &open, &mut bytes, 0)).unwrap();
    assert_eq!(received.from, Some(SockAddr::Netlink { port: 0, groups: 0 }));
    let mut rest = &into[..received.len];
    let mut answers = Vec::new();
    while !rest.is_empty() {
        let len = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
        assert_eq!(rest[8..16], [7, 0, 0, 0, 2, 0, 0, 0], "number and port");
        answers.push((u16::from_le_bytes([rest[4], rest[5]]), rest[16..len].to_vec()));
        rest = &rest[len.next_multiple_of(4)..];
    }
    answers
}

#[test]
fn interfaces_and_addresses_are_listed() {
    let world = world();
    let links = told(&world, 18, 0x301, &[0; 16]);
    assert_eq!(links.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [16, 3]);
    assert!(links[0].1.windows(7).any(|bytes| bytes == b"\x07\0\x03\0lo\0"));
    let addresses = told(&world, 22, 0x301, &[0; 8]);
    assert_eq!(addresses.iter().map(|(kind, body)| (*kind, body[0])).collect::<Vec<_>>(), [(20, 2), (20, 10), (3, 0)]);
    assert!(addresses[0].1.windows(8).any(|bytes| bytes == [8, 0, 2, 0, 127, 0, 0, 1]));
    assert_eq!(told(&world, 22, 0x301, &[10, 0, 0, 0, 0, 0, 0, 0]).len(), 2);
    assert_eq!(told(&world, 26, 0x301, &[0; 12]), [(3, vec![0; 4])]);
}

#[test]
fn one_interface_is_asked_for_and_changes_are_refused() {
    let world = world();
    let by_index = |index: u8| [&[0, 0, 0, 0, index][..], &[0; 11]].concat();
    assert_eq!(told(&world, 18, 1, &by_index(1))[0].0, 16);
    let error = |answers: Vec<(u16, Vec<u8>)>| {
        assert_eq!(answers[0].0, 2);
        -i32::from_le_bytes(answers[0].1[..4].try_into().unwrap()) as u16
    };
    assert_eq!(error(told(&world, 18, 1, &by_index(9))), Errno::ENODEV.0);
    assert_eq!(error(told(&world, 16, 1, &by_index(1))), Errno::EPERM.0);
    assert_eq!(error(told(&world, 46, 1, &[])), Errno::EOPNOTSUPP.0);
    let by_name = [&[0; 16][..], b"\x07\0\x03\0lo\0\0"].concat();
    assert_eq!(told(&world, 18, 1, &by_name)[0].0, 16);
}

#[test]
fn an_abstract_name_finds_its_socket() {
    let world = world();
    let name = UnixName::Abstract(b"somewhere".to_vec());
    let listening = Socket::new(Family::Unix, Kind::Packet, 0);
    world.call(|call| world.kernel.names.bind_local(call, &listening, &name)).unwrap();
    world.call(|call| listen(call, &listening, 1)).unwrap();
    let mine = Socket::new(Family::Unix, Kind::Packet, 0);
    let open = opened(&mine);
    world.call(|call| connect(call, &open, &mine, &SockAddr::Unix(name.clone()))).unwrap();
    let theirs = world.accepted(&listening).unwrap();
    world.send(&mine, b"a").unwrap();
    world.send(&mine, b"b").unwrap();
    assert_eq!(world.receive(&theirs, 0).unwrap(), b"a");
    world.close(&mine);
    assert_eq!(world.receive(&theirs, 0).unwrap(), b"b");
    assert_eq!(world.receive(&theirs, 0).unwrap(), b"");
}
