//! The records against the sizes and places that Go's `syscall` package gives.

use super::multicast::{igmp, igmp6};
use super::{message, sysctl};
use crate::testing::Fake;
use crate::{Os, dragonfly, freebsd, netbsd};
use alloc::vec;
use alloc::vec::Vec;
use ashore_pivot::Errno;

fn attribute(kind: u16, data: &[u8]) -> Vec<u8> {
    let mut bytes = (4 + data.len() as u16).to_le_bytes().to_vec();
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn netlink(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = (16 + body.len() as u32).to_le_bytes().to_vec();
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.resize(16, 0);
    bytes.extend_from_slice(body);
    bytes
}

fn eth0() -> Vec<u8> {
    let mut body = vec![0, 0, 1, 0, 4, 0, 0, 0];
    body.extend_from_slice(&0x11043u32.to_le_bytes());
    body.extend_from_slice(&[0; 4]);
    body.extend(attribute(3, b"eth0\0"));
    body.extend(attribute(1, &[2, 0xfc, 0, 0, 0, 1]));
    body.extend(attribute(4, &1400u32.to_le_bytes()));
    netlink(16, &body)
}

fn address() -> Vec<u8> {
    let mut body = vec![2, 24, 0, 0, 4, 0, 0, 0];
    body.extend(attribute(1, &[192, 0, 2, 2]));
    body.extend(attribute(2, &[192, 0, 2, 2]));
    body.extend(attribute(4, &[192, 0, 2, 255]));
    netlink(20, &body)
}

/// Answers one netlink conversation.
fn converse(fake: &mut Fake, messages: &[u8]) {
    let mut bytes = messages.to_vec();
    bytes.extend(netlink(3, &[0; 4]));
    fake.reply(Ok(8), &[]); // socket
    fake.reply(Ok(32), &[]); // sendto
    fake.reply(Ok(bytes.len() as u64), &[&bytes]);
    fake.reply(Ok(0), &[]); // close
}

fn interfaces(os: &'static Os, what: i32) -> Vec<Vec<u8>> {
    let mut fake = Fake::new(os);
    converse(&mut fake, &eth0());
    converse(&mut fake, &address());
    let bytes = fake.with(|ctx| sysctl(ctx, &[0, 0, what, 0])).expect("answered");
    let mut rest = &bytes[..];
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let (message, next) = rest.split_at(usize::from(u16::from_le_bytes([rest[0], rest[1]])));
        messages.push(message.to_vec());
        rest = next;
    }
    messages
}

#[test]
fn interfaces_have_the_places_that_go_reads() {
    // System, question, version, IFINFO, where the name's address begins, NEWADDR, where the index and addresses stand.
    for (os, what, version, ifinfo, name_at, newaddr, index_at, addrs_at) in [
        (&dragonfly::OS, 3, 7, 0xe, 0xb0, 0xc, 12, 0x18),
        (&freebsd::OS, 3, 5, 0xe, 0xa8, 0xc, 12, 0x14),
        (&freebsd::OS, 5, 5, 0xe, 0xb0, 0xc, 12, 0xb0),
        (&netbsd::OS, 5, 4, 0x14, 0x98, 0xc, 16, 0x18),
        (&netbsd::OS, 6, 4, 0x14, 0x98, 0x16, 4, 0x20),
    ] {
        let messages = interfaces(os, what);
        let [link, address] = &messages[..] else { panic!("{}: {messages:?}", os.name) };
        assert_eq!((link[2], link[3]), (version, ifinfo));
        assert_eq!(link[4..14], [0x10, 0, 0, 0, 0x43, 0x88, 0, 0, 4, 0], "{}", os.name);
        let mtu_at = if what == 5 && os.name == "freebsd" { 32 } else { 24 };
        assert_eq!(link[mtu_at..mtu_at + 4], 1400u32.to_le_bytes(), "{}", os.name);
        assert_eq!(link[name_at + 1..name_at + 8], [18, 4, 0, 6, 4, 6, 0]);
        assert_eq!(link[name_at + 8..name_at + 18], *b"eth0\x02\xfc\0\0\0\x01");
        assert_eq!((address[2], address[3]), (version, newaddr));
        assert_eq!(address[index_at], 4, "{}", os.name);
        let inet = |ip: [u8; 4]| [vec![16, 2, 0, 0], ip.to_vec(), vec![0; 8]].concat();
        let want = [inet([255, 255, 255, 0]), inet([192, 0, 2, 2]), inet([192, 0, 2, 255])].concat();
        assert_eq!(address[addrs_at..], want, "{}", os.name);
    }
}

#[test]
fn routes_are_padded_records() {
    for (os, len) in [(&dragonfly::OS, 0x98), (&freebsd::OS, 0x98), (&netbsd::OS, 0x78)] {
        let mut body = vec![2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
        body.extend(attribute(4, &4u32.to_le_bytes()));
        body.extend(attribute(5, &[192, 0, 2, 1]));
        let mut fake = Fake::new(os);
        converse(&mut fake, &netlink(24, &body));
        let bytes = fake.with(|ctx| sysctl(ctx, &[0, 0, 1, 0])).expect("answered");
        assert_eq!(bytes.len(), len + 3 * 16);
        assert_eq!(bytes[3], 4);
        assert_eq!(bytes[8..16], [3, 8, 0, 0, 7, 0, 0, 0]);
        assert_eq!(bytes[len + 16 + 4..len + 16 + 8], [192, 0, 2, 1]);
    }
}

#[test]
fn a_question_nobody_knows_is_refused() {
    let mut fake = Fake::new(&dragonfly::OS);
    assert_eq!(fake.with(|ctx| sysctl(ctx, &[0, 0, 4, 0])), Err(Errno::EINVAL.into()));
    assert_eq!(fake.with(|ctx| sysctl(ctx, &[0, 0])), Err(Errno::EINVAL.into()));
}

#[test]
fn masks_have_their_bits() {
    assert_eq!(message::mask(&[0; 4], 20), [255, 255, 240, 0]);
    assert_eq!(message::mask(&[0; 4], 0), [0; 4]);
    assert_eq!(message::mask(&[0; 16], 200), [255; 16]);
}

#[test]
fn groups_are_read_from_their_files() {
    let text = b"Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n1\tlo        :     1      V3\n\
        \t\t\t\t010000E0     1 0:00000000\t\t0\n";
    assert_eq!(igmp(text), [(1, vec![224, 0, 0, 1])]);
    let text = b"4    eth0            ff0200000000000000000001ff000002     1 00000004 0\nnonsense\n";
    let mut group = vec![0xff, 2];
    group.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 2]);
    assert_eq!(igmp6(text), [(4, group)]);
}
