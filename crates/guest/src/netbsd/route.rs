//! Routing messages.
//!
//! The list of interfaces was renumbered in 8.0 (6), when addresses' headers changed; Go asks for the older one (5).

use crate::bsd::route::message::{address_len, counters, header_len, kind, link_state, words};
use crate::bsd::route::netlink::Link;
use crate::bsd::route::{AddressHead, Facility, Words};
use alloc::vec::Vec;

/// The values of this system.
pub static WORDS: Words = Words {
    version: 4,
    facilities: &[
        (1, Facility::Routes { by_flags: false }),
        (2, Facility::Routes { by_flags: true }),
        (5, Facility::Interfaces { header: |data| data, newaddr: 0xc, address: old_address }),
        (6, Facility::Interfaces { header: |data| data, newaddr: 0x16, address }),
    ],
    ifinfo: 0x14,
    if_data,
    route_len: 120,
    link_len: 20,
};

fn if_data(link: &Link) -> Vec<u8> {
    let mut data = [kind(link), address_len(link), header_len(link), 0].to_vec();
    data.extend_from_slice(&u32::from(link_state(link)).to_le_bytes());
    data.extend(words(&[u64::from(link.mtu), 0, 0])); // metric, baudrate
    data.extend(words(&counters(link)));
    data.extend(words(&[0; 3])); // noproto, lastchange
    data
}

/// `struct ifa_msghdr` before 8.0: addresses, flags, metric, index.
fn old_address(head: &AddressHead, _: &dyn Fn() -> Vec<u8>) -> Vec<u8> {
    let parts = [head.addrs, head.flags, 0, u32::from(head.index), 0];
    parts.iter().flat_map(|part| part.to_le_bytes()).collect()
}

/// `struct ifa_msghdr`: index, flags, addresses, process, the address's own flags, metric, padding.
fn address(head: &AddressHead, _: &dyn Fn() -> Vec<u8>) -> Vec<u8> {
    let parts = [u32::from(head.index), head.flags, head.addrs, 0, 0, 0, 0];
    parts.iter().flat_map(|part| part.to_le_bytes()).collect()
}
