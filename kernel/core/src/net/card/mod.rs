//! The world outside: connections and messages over the network card.
//!
//! The stack keeps its own sockets. For each connection a pump moves bytes between one of them and the two channels that
//! the program's socket has: the program's socket does not know the difference. The stack is looked at when the card
//! interrupts, when its time comes, and when a program has put something into a channel.

mod pump;
mod wire;

use super::address::{Endpoint, Ip};
use super::channel::Channel;
use super::listen::Listener;
use super::mail::Letter;
use super::socket::{Family, Kind, Link, Socket, State};
use crate::file::Events;
use crate::kernel::{Device, Kernel};
use crate::lock::Lock;
use crate::machine::Nanos;
use crate::timers::{Expire, TimerId};
use crate::wait::{WaitQueue, Watcher};
use alloc::collections::BTreeMap;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_pivot::Errno;
use core::net::Ipv4Addr;
use pump::Pump;
use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::socket::{dhcpv4, tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpAddress, IpCidr, IpEndpoint, Ipv4Cidr};
use wire::Wire;

/// Bytes of each direction's window of a connection.
const WINDOW: usize = 65536;
/// Connections to a listening port that may begin at once.
const BEGINNING: usize = 8;
/// Messages that wait in the stack for each port, and their bytes.
const MESSAGES: (usize, usize) = (64, 65536);
/// The network of QEMU's user mode, until somebody says otherwise: address, prefix, router.
const USUAL: (Ipv4Addr, u8, Ipv4Addr) = (Ipv4Addr::new(10, 0, 2, 15), 24, Ipv4Addr::new(10, 0, 2, 2));

/// The card with its stack.
pub(crate) struct Card {
    inner: Lock<Inner>,
    me: Weak<Card>,
    hardware: [u8; 6],
}

struct Inner {
    wire: Wire,
    interface: Interface,
    sockets: SocketSet<'static>,
    address: SocketHandle,
    own: Ipv4Addr,
    prefix: u8,
    router: Option<Ipv4Addr>,
    listening: Vec<Listening>,
    pumps: BTreeMap<u64, Pump>,
    messages: BTreeMap<u16, SocketHandle>,
    next: u64,
    timer: Option<(Nanos, TimerId)>,
}

struct Listening {
    port: u16,
    handles: Vec<SocketHandle>,
    socket: Weak<Socket>,
}

fn instant(now: Nanos) -> Instant {
    Instant::from_micros((now / 1000) as i64)
}

fn outside(endpoint: Endpoint) -> IpEndpoint {
    IpEndpoint::new(IpAddress::Ipv4(Ipv4Addr::from(endpoint.ip.0 as u32)), endpoint.port)
}

fn inside(endpoint: IpEndpoint) -> Option<Endpoint> {
    let IpAddress::Ipv4(address) = endpoint.addr;
    Some(Endpoint { ip: Ip::v4(address.octets()), port: endpoint.port })
}

fn stream_socket() -> tcp::Socket<'static> {
    let buffer = || tcp::SocketBuffer::new(alloc::vec![0; WINDOW]);
    let mut socket = tcp::Socket::new(buffer(), buffer());
    // Programs decide themselves what is worth a packet; most turn this off anyway.
    socket.set_nagle_enabled(false);
    socket
}

impl Kernel {
    /// Begins to use the network card, if there is one.
    pub(crate) fn use_card(&self) {
        if let Some(card) = Card::new(self) {
            self.devices.lock().push(card.clone());
            self.card.call_once(|| card).poll(self);
        }
    }

    /// Whether packets to an address stay on this machine.
    pub(crate) fn is_here(&self, ip: Ip) -> bool {
        ip.is_here() || self.card.get().is_some_and(|card| card.own() == ip)
    }
}

impl Card {
    /// The machine's card with the usual address, if there is a card. It asks for another address at once.
    pub(crate) fn new(kernel: &Kernel) -> Option<Arc<Card>> {
        let machine = kernel.machine();
        let card = machine.network()?;
        let hardware = card.address();
        let mut config = Config::new(HardwareAddress::Ethernet(EthernetAddress(hardware)));
        let mut seed = [0; 8];
        machine.random(&mut seed);
        config.random_seed = u64::from_le_bytes(seed);
        let mut wire = Wire::new(machine);
        let mut interface = Interface::new(config, &mut wire, instant(kernel.now()));
        settle(&mut interface, Ipv4Cidr::new(USUAL.0, USUAL.1), Some(USUAL.2));
        let mut sockets = SocketSet::new(Vec::new());
        let address = sockets.add(dhcpv4::Socket::new());
        let inner = Inner {
            wire,
            interface,
            sockets,
            address,
            own: USUAL.0,
            prefix: USUAL.1,
            router: Some(USUAL.2),
            listening: Vec::new(),
            pumps: BTreeMap::new(),
            messages: BTreeMap::new(),
            next: 0,
            timer: None,
        };
        Some(Arc::new_cyclic(|me| Card { inner: Lock::new(inner), me: me.clone(), hardware }))
    }

    /// This machine's own address.
    pub(crate) fn own(&self) -> Ip {
        Ip::v4(self.inner.lock().own.octets())
    }

    /// This machine's own address, how much of it is the network's, and where everywhere else is.
    pub(super) fn place(&self) -> (Ip, u8, Option<Ip>) {
        let inner = self.inner.lock();
        (Ip::v4(inner.own.octets()), inner.prefix, inner.router.map(|router| Ip::v4(router.octets())))
    }

    /// The card's own address.
    pub(super) fn hardware(&self) -> [u8; 6] {
        self.hardware
    }

    /// Takes connections from outside for a socket that listens at any address.
    pub(crate) fn listen(&self, kernel: &Kernel, socket: &Socket) {
        let Some(at) = socket.endpoint().filter(|at| at.ip.is_any() || at.ip == self.own()) else { return };
        if socket.kind == Kind::Stream && socket.family != Family::Unix {
            let mut inner = self.inner.lock();
            let listening = Listening { port: at.port, handles: Vec::new(), socket: socket.me().clone() };
            inner.listening.push(listening);
            drop(inner);
            self.poll(kernel);
        }
    }

    /// Begins a connection to somewhere outside. The socket hears of its end.
    pub(crate) fn connect(&self, kernel: &Kernel, socket: &Arc<Socket>, from: u16, to: Endpoint) -> Result<(), Errno> {
        if !to.ip.is_v4() {
            return Err(Errno::ENETUNREACH);
        }
        let (near, far) = self.link(&socket.queue);
        {
            let inner = &mut *self.inner.lock();
            let handle = inner.sockets.add(stream_socket());
            let tcp = inner.sockets.get_mut::<tcp::Socket<'_>>(handle);
            if tcp.connect(inner.interface.context(), outside(to), from).is_err() {
                inner.sockets.remove(handle);
                return Err(Errno::EADDRNOTAVAIL);
            }
            let own = Ip::v4(inner.own.octets());
            {
                let mut of = socket.inner.lock();
                of.state = State::Pending;
                of.local = Some(Endpoint { ip: own, port: from }.told(socket.family));
                of.peer = Some(to.told(socket.family));
            }
            let opening = Some((Arc::downgrade(socket), near));
            let token = inner.token();
            inner.pumps.insert(token, Pump { handle, link: far.0.clone(), opening, has_ended: false });
            far.1.watch(self.watcher(), token, Events::ANY);
        }
        self.poll(kernel);
        Ok(())
    }

    /// Sends a message to somewhere outside.
    pub(crate) fn send(&self, kernel: &Kernel, from: u16, to: Endpoint, bytes: &[u8]) -> Result<(), Errno> {
        if !to.ip.is_v4() {
            return Err(Errno::ENETUNREACH);
        }
        {
            let inner = &mut *self.inner.lock();
            let handle = match inner.messages.get(&from) {
                Some(handle) => *handle,
                None => {
                    let buffer = || {
                        let slots = alloc::vec![udp::PacketMetadata::EMPTY; MESSAGES.0];
                        udp::PacketBuffer::new(slots, alloc::vec![0; MESSAGES.1])
                    };
                    let mut socket = udp::Socket::new(buffer(), buffer());
                    socket.bind(from).map_err(|_| Errno::EADDRNOTAVAIL)?;
                    let handle = inner.sockets.add(socket);
                    inner.messages.insert(from, handle);
                    handle
                }
            };
            let udp = inner.sockets.get_mut::<udp::Socket<'_>>(handle);
            // What finds no room is lost, as on any wire.
            let _ = udp.send_slice(bytes, outside(to));
        }
        self.poll(kernel);
        Ok(())
    }

    /// Two directions: the program's end, and the card's with the queue it hears through.
    #[allow(clippy::type_complexity)]
    fn link(&self, program: &Arc<WaitQueue>) -> (Link<Channel>, (Link<Channel>, Arc<WaitQueue>)) {
        let mine = Arc::new(WaitQueue::new());
        let (out, back) = (Channel::new(&mine, program), Channel::new(program, &mine));
        let near = Link { incoming: back.clone(), outgoing: out.clone() };
        (near, (Link { incoming: out, outgoing: back }, mine))
    }

    fn watcher(&self) -> Weak<dyn Watcher> {
        self.me.clone()
    }

    /// Has the stack do all it can do now.
    pub(crate) fn poll(&self, kernel: &Kernel) {
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        loop {
            let now = instant(kernel.now());
            inner.interface.poll(now, &mut inner.wire, &mut inner.sockets);
            inner.take_address();
            let mut goes_on = self.accept(kernel, inner);
            goes_on |= inner.pump(kernel);
            inner.deliver(kernel);
            if !goes_on {
                break;
            }
        }
        let next = inner.interface.poll_at(instant(kernel.now()), &inner.sockets);
        let next = next.map(|at| at.total_micros() as u64 * 1000);
        if inner.timer.map(|(at, _)| at) != next {
            if let Some((_, id)) = inner.timer.take() {
                kernel.timers.remove(id);
            }
            let who: Weak<dyn Expire> = self.me.clone();
            inner.timer = next.map(|at| (at, kernel.timers.add_other(at, who)));
        }
    }

    /// Connections that are complete go to whoever listens; ports somebody listens on take new ones. Whether any came.
    fn accept(&self, kernel: &Kernel, inner: &mut Inner) -> bool {
        let mut came = Vec::new();
        let sockets = &mut inner.sockets;
        inner.listening.retain_mut(|listening| {
            let listener = listening.socket.upgrade().and_then(|socket| match socket.state() {
                State::Listening(listener) => Some((listener, socket)),
                _ => None,
            });
            let Some((listener, socket)) = listener else {
                listening.handles.drain(..).for_each(|handle| {
                    sockets.remove(handle);
                });
                return false;
            };
            listening.handles.retain(|handle| {
                let tcp = sockets.get::<tcp::Socket<'_>>(*handle);
                let is_complete = !tcp.is_listening() && tcp.state() != tcp::State::SynReceived;
                if is_complete {
                    came.push((*handle, listener.clone(), socket.clone()));
                }
                !is_complete
            });
            while listening.handles.len() < BEGINNING {
                let mut tcp = stream_socket();
                if tcp.listen(listening.port).is_err() {
                    break;
                }
                listening.handles.push(sockets.add(tcp));
            }
            true
        });
        let any = !came.is_empty();
        for (handle, listener, socket) in came {
            self.enter(kernel, inner, handle, &listener, &socket);
        }
        any
    }

    /// Makes the program's end of a connection that came.
    fn enter(&self, kernel: &Kernel, inner: &mut Inner, handle: SocketHandle, listener: &Listener, socket: &Socket) {
        let tcp = inner.sockets.get::<tcp::Socket<'_>>(handle);
        let ends = tcp.local_endpoint().and_then(inside).zip(tcp.remote_endpoint().and_then(inside));
        let Some((local, peer)) = ends else {
            inner.sockets.remove(handle);
            return;
        };
        let queue = Arc::new(WaitQueue::new());
        let (near, (far, mine)) = self.link(&queue);
        let end = Socket::with(socket.family, Kind::Stream, queue, State::Stream(near), socket.protocol);
        {
            let mut of = end.inner.lock();
            of.local = Some(local.told(socket.family));
            of.peer = Some(peer.told(socket.family));
        }
        if listener.offer(kernel, end).is_err() {
            inner.sockets.get_mut::<tcp::Socket<'_>>(handle).abort();
        }
        let token = inner.token();
        inner.pumps.insert(token, Pump { handle, link: far, opening: None, has_ended: false });
        mine.watch(self.watcher(), token, Events::ANY);
    }
}

impl Inner {
    fn token(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Uses the address somebody gave, if somebody did.
    fn take_address(&mut self) {
        let event = self.sockets.get_mut::<dhcpv4::Socket<'_>>(self.address).poll();
        if let Some(dhcpv4::Event::Configured(given)) = event {
            self.own = given.address.address();
            self.prefix = given.address.prefix_len();
            self.router = given.router.or(self.router);
            settle(&mut self.interface, given.address, given.router);
        }
    }

    /// Moves bytes; whether the stack has something new to do.
    fn pump(&mut self, kernel: &Kernel) -> bool {
        let mut goes_on = false;
        let sockets = &mut self.sockets;
        self.pumps.retain(|_, pump| {
            let done = pump.run(kernel, sockets.get_mut(pump.handle));
            goes_on |= done.moved;
            if done.is_over {
                sockets.remove(pump.handle);
            }
            !done.is_over
        });
        goes_on
    }

    /// Messages that came go to the sockets they are for.
    fn deliver(&mut self, kernel: &Kernel) {
        let own = Ip::v4(self.own.octets());
        let sockets = &mut self.sockets;
        self.messages.retain(|port, handle| {
            let udp = sockets.get_mut::<udp::Socket<'_>>(*handle);
            let to = Endpoint { ip: own, port: *port };
            let mut is_wanted = true;
            while let Ok((bytes, meta)) = udp.recv() {
                let Some(from) = inside(meta.endpoint) else { continue };
                let found = kernel.names.message_at(to, from);
                is_wanted = found.is_some();
                let Some(socket) = found else { continue };
                if let State::Messages { inbox, .. } = socket.state() {
                    let from = Some(from.told(socket.family));
                    inbox.post(kernel, Letter { bytes: bytes.to_vec(), from, parcel: None });
                }
            }
            if !is_wanted {
                sockets.remove(*handle);
            }
            is_wanted
        });
    }
}

/// Gives the interface its address and its router.
fn settle(interface: &mut Interface, address: Ipv4Cidr, router: Option<Ipv4Addr>) {
    interface.update_ip_addrs(|all| {
        all.clear();
        // There is room for one: it was just emptied.
        let _ = all.push(IpCidr::Ipv4(address));
    });
    if let Some(router) = router {
        let _ = interface.routes_mut().add_default_ipv4_route(router);
    }
}

impl Device for Card {
    fn interrupt(&self, kernel: &Kernel) {
        self.poll(kernel);
    }
}

impl Expire for Card {
    fn expired(self: Arc<Self>, kernel: &Kernel, _now: Nanos) {
        self.inner.lock().timer = None;
        self.poll(kernel);
    }
}

impl Watcher for Card {
    fn changed(&self, kernel: &Kernel, _token: u64, _events: Events) {
        self.poll(kernel);
    }
}
