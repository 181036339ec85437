//! Routing messages.

use crate::bsd::route::message::{address_len, counters, header_len, kind, link_state, words};
use crate::bsd::route::netlink::Link;
use crate::bsd::route::{AddressHead, Facility, Words};
use alloc::vec::Vec;

/// The values of this system.
pub static WORDS: Words = Words {
    version: 5,
    facilities: &[
        (1, Facility::Routes { by_flags: false }),
        (2, Facility::Routes { by_flags: true }),
        (3, Facility::Interfaces { header: |data| data, newaddr: 0xc, address }),
        (4, Facility::Groups { newmaddr: 0xf }),
        (5, Facility::Interfaces { header: with_length, newaddr: 0xc, address: address_with_length }),
    ],
    ifinfo: 0xe,
    if_data,
    route_len: 152,
    link_len: 54,
};

/// The size of `struct if_data`.
const DATA_LEN: u16 = 152;
/// Where the data stands in the headers that say so.
const DATA_AT: u16 = 24;

fn if_data(link: &Link) -> Vec<u8> {
    let mut data = [kind(link), 0, address_len(link), header_len(link), link_state(link), 0].to_vec();
    data.extend_from_slice(&DATA_LEN.to_le_bytes());
    data.extend_from_slice(&link.mtu.to_le_bytes());
    data.extend_from_slice(&[0; 4]); // metric
    data.extend(words(&[0])); // baudrate
    data.extend(words(&counters(link)));
    data.extend(words(&[0; 6])); // oqdrops, noproto, hwassist, epoch, lastchange
    data
}

/// The header's whole length and where its data stands.
fn length() -> Vec<u8> {
    [(DATA_AT + DATA_LEN).to_le_bytes(), DATA_AT.to_le_bytes()].concat()
}

/// `struct if_msghdrl`.
fn with_length(data: Vec<u8>) -> Vec<u8> {
    let mut rest = length();
    rest.extend_from_slice(&[0; 4]);
    rest.extend(data);
    rest
}

/// `struct ifa_msghdr`.
fn address(head: &AddressHead, _: &dyn Fn() -> Vec<u8>) -> Vec<u8> {
    let parts = [head.addrs, head.flags, u32::from(head.index), 0];
    parts.iter().flat_map(|part| part.to_le_bytes()).collect()
}

/// `struct ifa_msghdrl`.
fn address_with_length(head: &AddressHead, data: &dyn Fn() -> Vec<u8>) -> Vec<u8> {
    let parts = [head.addrs, head.flags, u32::from(head.index)];
    let mut rest: Vec<u8> = parts.iter().flat_map(|part| part.to_le_bytes()).collect();
    rest.extend(length());
    rest.extend_from_slice(&[0; 4]); // metric
    rest.extend(data());
    rest
}
