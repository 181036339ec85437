//! Routing messages.
//!
//! Version 7, since 5.0.7: addresses' headers grew by a word. Everything else is as in version 6, which Go's
//! `syscall` package describes.

use crate::bsd::route::message::{address_len, counters, header_len, kind, link_state, words};
use crate::bsd::route::netlink::Link;
use crate::bsd::route::{AddressHead, Facility, Words};
use alloc::vec::Vec;

/// The values of this system.
pub static WORDS: Words = Words {
    version: 7,
    facilities: &[
        (1, Facility::Routes { by_flags: false }),
        (2, Facility::Routes { by_flags: true }),
        (3, Facility::Interfaces { header: |data| data, newaddr: 0xc, address }),
    ],
    ifinfo: 0xe,
    if_data,
    route_len: 152,
    link_len: 54,
};

fn if_data(link: &Link) -> Vec<u8> {
    let mut data = [kind(link), 0, address_len(link), header_len(link), 0, 0, 0, 0].to_vec();
    data.extend(words(&[u64::from(link.mtu), 0, u64::from(link_state(link)), 0]));
    data.extend(words(&counters(link)));
    data.extend(words(&[0; 5])); // noproto, hwassist, unused, lastchange
    data
}

fn address(head: &AddressHead, _: &dyn Fn() -> Vec<u8>) -> Vec<u8> {
    // Addresses, flags, index, metric, the address's own flags.
    let parts = [head.addrs, head.flags, u32::from(head.index), 0, 0];
    parts.iter().flat_map(|part| part.to_le_bytes()).collect()
}
