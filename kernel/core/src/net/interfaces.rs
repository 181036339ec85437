//! The machine's network interfaces, as programs are told of them.

use super::address::Ip;
use crate::call::{Call, Stop};
use crate::kernel::Kernel;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::layout::ioctl::{
    SIOCATMARK, SIOCGIFADDR, SIOCGIFBRDADDR, SIOCGIFCONF, SIOCGIFFLAGS, SIOCGIFHWADDR, SIOCGIFINDEX, SIOCGIFMTU,
    SIOCGIFNAME, SIOCGIFNETMASK, SIOCGIFTXQLEN, SIOCSIFADDR, SIOCSIFFLAGS, SIOCSIFMTU, SIOCSIFNETMASK,
};
use ashore_pivot::layout::sockaddr::SockAddr;
use ashore_pivot::{Errno, Memory};

/// How many packets wait to be sent, as far as anybody asks.
pub(super) const QUEUE_LEN: u32 = 1000;
/// How long a name can be in a record, with the zero behind it.
const NAME_LEN: usize = 16;
/// `struct ifreq`: a name and what is told of it.
const RECORD_LEN: usize = 40;

/// An address with the length of its network's part.
#[derive(Clone, Debug)]
pub(super) struct Assigned {
    pub(super) ip: Ip,
    pub(super) prefix: u8,
    /// How far it is known: the machine (254) or everywhere (0).
    pub(super) scope: u8,
}

/// One interface.
#[derive(Clone, Debug)]
pub(super) struct Interface {
    pub(super) index: u32,
    pub(super) name: &'static str,
    /// What its hardware is, by `ARPHRD_*`.
    pub(super) hardware: u16,
    pub(super) flags: u32,
    pub(super) mtu: u32,
    pub(super) mac: [u8; 6],
    pub(super) addresses: Vec<Assigned>,
    /// Where packets for everywhere else go.
    pub(super) router: Option<Ip>,
}

const HOST: u8 = 254;

/// All of them: the loopback, and the card when the machine has one.
pub(super) fn all(kernel: &Kernel) -> Vec<Interface> {
    let at = |ip, prefix, scope| Assigned { ip, prefix, scope };
    let loopback = Interface {
        index: 1,
        name: "lo",
        hardware: 772,
        // Up, loopback, running, and its wire is there.
        flags: 0x1_0049,
        mtu: 65536,
        mac: [0; 6],
        addresses: [at(Ip::LOOPBACK4, 8, HOST), at(Ip::LOOPBACK6, 128, HOST)].into(),
        router: None,
    };
    let card = kernel.card.get().map(|card| {
        let (ip, prefix, router) = card.place();
        Interface {
            index: 2,
            name: "eth0",
            hardware: 1,
            // Up, broadcast, running, multicast, and its wire is there.
            flags: 0x1_1043,
            mtu: 1500,
            mac: card.hardware(),
            addresses: [at(ip, prefix, 0)].into(),
            router,
        }
    });
    [loopback].into_iter().chain(card).collect()
}

impl Interface {
    /// Its address of version 4.
    fn four(&self) -> Option<([u8; 4], u8)> {
        self.addresses.iter().find_map(|at| Some((at.ip.four()?, at.prefix)))
    }
}

/// The mask of a network of version 4.
pub(super) fn mask(prefix: u8) -> [u8; 4] {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0).to_be_bytes()
}

/// The address of everybody in a network of version 4.
pub(super) fn broadcast((ip, prefix): ([u8; 4], u8)) -> [u8; 4] {
    (u32::from_be_bytes(ip) | !u32::from_be_bytes(mask(prefix))).to_be_bytes()
}

/// An address in a record, as `ioctl` tells it.
fn told(ip: [u8; 4]) -> Vec<u8> {
    SockAddr::In { ip, port: 0 }.encode()
}

/// `ioctl` of a socket about interfaces.
pub(crate) fn ioctl(call: &Call<'_>, request: u32, arg: u64) -> Result<u64, Stop> {
    let all = all(call.kernel);
    match request {
        SIOCATMARK => call.write(Addr(arg), &0u32)?,
        SIOCGIFCONF => list(call, &all, Addr(arg))?,
        SIOCGIFNAME => {
            let index: u32 = call.read(Addr(arg).plus(NAME_LEN as u64))?;
            let found = all.iter().find(|interface| interface.index == index).ok_or(Errno::ENODEV)?;
            call.thread.space().write(Addr(arg), &name(found))?;
        }
        // What a machine's interfaces are is settled when it starts.
        SIOCSIFFLAGS | SIOCSIFADDR | SIOCSIFNETMASK | SIOCSIFMTU => return Err(Errno::EPERM.into()),
        SIOCGIFFLAGS | SIOCGIFINDEX | SIOCGIFMTU | SIOCGIFTXQLEN | SIOCGIFADDR | SIOCGIFBRDADDR | SIOCGIFNETMASK
        | SIOCGIFHWADDR => {
            let asked: [u8; NAME_LEN] = call.read(Addr(arg))?;
            let is_it =
                |interface: &&Interface| asked.split(|byte| *byte == 0).next() == Some(interface.name.as_bytes());
            let found = all.iter().find(is_it).ok_or(Errno::ENODEV)?;
            let four = found.four().ok_or(Errno::EADDRNOTAVAIL);
            let value = match request {
                SIOCGIFFLAGS => (found.flags as u16).to_le_bytes().to_vec(),
                SIOCGIFINDEX => found.index.to_le_bytes().to_vec(),
                SIOCGIFTXQLEN => QUEUE_LEN.to_le_bytes().to_vec(),
                SIOCGIFMTU => found.mtu.to_le_bytes().to_vec(),
                SIOCGIFADDR => told(four?.0),
                SIOCGIFBRDADDR => told(broadcast(four?)),
                SIOCGIFNETMASK => told(mask(four?.1)),
                _ => [&found.hardware.to_le_bytes()[..], &found.mac].concat(),
            };
            call.thread.space().write(Addr(arg).plus(NAME_LEN as u64), &value)?;
        }
        _ => return Err(Errno::ENOTTY.into()),
    }
    Ok(0)
}

fn name(interface: &Interface) -> [u8; NAME_LEN] {
    let mut name = [0; NAME_LEN];
    name.iter_mut().zip(interface.name.bytes()).for_each(|(to, byte)| *to = byte);
    name
}

/// `SIOCGIFCONF`: a record for each with an address of version 4, or how many bytes they take.
fn list(call: &Call<'_>, all: &[Interface], at: Addr) -> Result<(), Errno> {
    let (room, into): (u32, u64) = (call.read(at)?, call.read(at.plus(8))?);
    let mut bytes = Vec::new();
    for interface in all {
        let Some((ip, _)) = interface.four() else { continue };
        let end = bytes.len() + RECORD_LEN;
        bytes.extend(name(interface));
        bytes.extend(told(ip));
        bytes.resize(end, 0);
    }
    if into != 0 {
        bytes.truncate(room as usize / RECORD_LEN * RECORD_LEN);
        call.thread.space().write(Addr(into), &bytes)?;
    }
    call.write(at, &(bytes.len() as u32))
}
