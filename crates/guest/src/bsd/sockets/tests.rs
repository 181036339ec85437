//! What the socket calls ask Linux for, and what they tell the guest.

use crate::testing::{Fake, Given};
use crate::{Os, dragonfly, freebsd, netbsd};
use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Errno, Sys};

const CONNECT: u16 = 98;
const BIND: u16 = 104;
const SETSOCKOPT: u16 = 105;
const GETSOCKOPT: u16 = 118;
const GETSOCKNAME: u16 = 32;
const SENDMSG: u16 = 28;
const RECVMSG: u16 = 27;

fn each() -> [(&'static Os, &'static crate::bsd::Family); 3] {
    [(&dragonfly::OS, &dragonfly::FAMILY), (&freebsd::OS, &freebsd::FAMILY), (&netbsd::OS, &netbsd::FAMILY)]
}

fn socket_number(os: &Os) -> u16 {
    if os.name == "netbsd" { 394 } else { 97 }
}

#[test]
fn no_option_is_twice_in_one_table() {
    for (os, family) in each() {
        for table in family.sockets.options {
            let mut seen = BTreeSet::new();
            for row in *table {
                assert!(seen.insert((row.level, row.name)), "{}: {:#x} {:#x}", os.name, row.level, row.name);
            }
        }
    }
}

#[test]
fn message_flags_have_one_bit_each() {
    for (os, family) in each() {
        let mut seen = BTreeSet::new();
        for (guest, linux) in family.sockets.msg {
            assert!(guest.is_power_of_two() && linux.is_power_of_two(), "{}", os.name);
            assert!(seen.insert(guest), "{}: {guest:#x}", os.name);
        }
    }
}

#[test]
fn a_new_ipv6_socket_takes_only_ipv6() {
    for (os, family) in each() {
        let mut fake = Fake::new(os);
        fake.reply(Ok(5), &[]);
        let made = fake.call(socket_number(os), &[u64::from(family.sockets.inet6), 0x3000_0001, 0]);
        assert_eq!(made, Ok(5.into()));
        let calls = fake.made();
        assert_eq!((calls[0].sys, calls[0].word(0), calls[0].word(1)), (Sys::SOCKET, 10, 0x8_0801));
        assert_eq!((calls[1].sys, calls[1].word(1), calls[1].word(2)), (Sys::SETSOCKOPT, 41, 26));
        assert_eq!(calls[1].bytes(3), 1i32.to_le_bytes());
    }
}

#[test]
fn dragonfly_never_turns_v6only_off() {
    let mut fake = Fake::new(&dragonfly::OS);
    let zero = fake.put(&[0; 4]);
    assert_eq!(fake.call(SETSOCKOPT, &[3, 41, 27, zero.0, 4]), Err(Errno::EOPNOTSUPP.into()));
    let mut fake = Fake::new(&freebsd::OS);
    let zero = fake.put(&[0; 4]);
    assert_eq!(fake.call(SETSOCKOPT, &[3, 41, 27, zero.0, 4]), Ok(0.into()));
}

#[test]
fn unknown_families_reach_no_linux_family() {
    for (os, _) in each() {
        for family in [0u64, 10, 16, 17, 34, 38] {
            let mut fake = Fake::new(os);
            assert_eq!(fake.call(socket_number(os), &[family, 1, 0]), Err(Errno::EAFNOSUPPORT.into()));
            assert!(fake.made().is_empty());
        }
    }
}

#[test]
fn an_address_loses_its_length_byte_and_gets_it_back() {
    for (os, family) in each() {
        let inet6 = family.sockets.inet6;
        let mut guest = vec![28, inet6, 0x1f, 0x90];
        guest.resize(28, 7);
        let mut fake = Fake::new(os);
        let at = fake.put(&guest);
        assert_eq!(fake.call(BIND, &[3, at.0, 28]), Ok(0.into()));
        let linux = fake.one().bytes(1).to_vec();
        assert_eq!(linux[..4], [10, 0, 0x1f, 0x90]);
        let (name, len) = (fake.alloc(108), fake.put(&108u32.to_le_bytes()));
        fake.reply(Ok(0), &[&linux, &28u32.to_le_bytes()]);
        assert_eq!(fake.call(GETSOCKNAME, &[3, name.0, len.0]), Ok(0.into()));
        assert_eq!((fake.get(name, 28), fake.u32(len)), (guest, 28));
    }
}

#[test]
fn a_short_buffer_gets_the_head_of_an_address() {
    let mut fake = Fake::new(&freebsd::OS);
    let (name, len) = (fake.alloc(16), fake.put(&4u32.to_le_bytes()));
    fake.reply(Ok(0), &[&[2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], &16u32.to_le_bytes()]);
    assert_eq!(fake.call(GETSOCKNAME, &[3, name.0, len.0]), Ok(0.into()));
    assert_eq!((fake.get(name, 6), fake.u32(len)), (vec![16, 2, 0, 80, 0, 0], 4));
}

#[test]
fn there_are_no_abstract_names() {
    for (os, _) in each() {
        let mut fake = Fake::new(os);
        let at = fake.put(b"\x05\x01\0ab");
        assert_eq!(fake.call(BIND, &[3, at.0, 5]), Err(Errno::ENOENT.into()));
        assert_eq!(fake.call(BIND, &[3, at.0, 2]), Err(Errno::EINVAL.into()));
        assert!(fake.made().is_empty());
    }
}

#[test]
fn a_unix_path_ends_at_its_zero() {
    for (os, _) in each() {
        let mut fake = Fake::new(os);
        let mut guest = vec![106, 1];
        guest.extend_from_slice(b"/tmp/s");
        guest.resize(106, 0);
        let at = fake.put(&guest);
        assert_eq!(fake.call(BIND, &[3, at.0, 106]), Ok(0.into()));
        assert_eq!(fake.one().bytes(1), b"\x01\0/tmp/s\0");
    }
}

#[test]
fn a_long_unix_path_goes_through_its_directory() {
    let mut fake = Fake::new(&freebsd::OS);
    let mut guest = vec![0, 1];
    guest.extend_from_slice(b"/");
    guest.extend_from_slice(&[b'd'; 120]);
    guest.extend_from_slice(b"/s");
    let at = fake.put(&guest);
    fake.reply(Ok(9), &[]);
    assert_eq!(fake.call(BIND, &[3, at.0, guest.len() as u64]), Ok(0.into()));
    let calls = fake.made();
    let order: Vec<Sys> = calls.iter().map(|call| call.sys).collect();
    assert_eq!(order, [Sys::OPENAT, Sys::BIND, Sys::CLOSE]);
    assert_eq!(calls[1].bytes(1), b"\x01\0/proc/self/fd/9/s\0");
    // The guest hears its own name.
    let (name, len) = (fake.alloc(256), fake.put(&255u32.to_le_bytes()));
    fake.reply(Ok(0), &[b"\x01\0/proc/self/fd/9/s\0", &20u32.to_le_bytes()]);
    assert_eq!(fake.call(GETSOCKNAME, &[3, name.0, len.0]), Ok(0.into()));
    assert_eq!(fake.get(name, guest.len())[2..], guest[2..]);
}

#[test]
fn a_nameless_unix_socket_looks_as_on_each_system() {
    for ((os, _), want) in each().into_iter().zip([vec![], vec![16, 1], vec![2, 1]]) {
        let mut fake = Fake::new(os);
        let (name, len) = (fake.alloc(108), fake.put(&108u32.to_le_bytes()));
        fake.reply(Ok(0), &[&[1, 0], &2u32.to_le_bytes()]);
        assert_eq!(fake.call(GETSOCKNAME, &[3, name.0, len.0]), Ok(0.into()));
        assert_eq!(fake.u32(len), if want.first() == Some(&16) { 16 } else { want.len() as u32 }, "{}", os.name);
        assert_eq!(fake.get(name, want.len()), want);
    }
}

#[test]
fn accept_blocks_as_its_listener_does() {
    for (flags, want) in [(0x802, 0x800), (2, 0)] {
        let mut fake = Fake::new(&netbsd::OS);
        fake.reply(Ok(flags), &[]);
        fake.reply(Ok(7), &[]);
        assert_eq!(fake.call(30, &[3, 0, 0]), Ok(7.into()));
        let calls = fake.made();
        assert_eq!((calls[1].sys, calls[1].word(3), calls[1].waits), (Sys::ACCEPT4, want, true));
    }
}

#[test]
fn connecting_again_says_it_is_connected() {
    let mut fake = Fake::new(&freebsd::OS);
    let at = fake.put(&[16, 2, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
    fake.reply(Ok(0x802), &[]);
    fake.reply(Ok(0), &[]);
    fake.reply(Ok(0), &[&1u32.to_le_bytes(), &4u32.to_le_bytes()]);
    assert_eq!(fake.call(CONNECT, &[3, at.0, 16]), Err(Errno::EISCONN.into()));
}

#[test]
fn connecting_is_restarted_only_before_it_has_begun() {
    const SYN_SENT: u8 = 2;
    const CLOSE: u8 = 7;
    for (state, want) in [(SYN_SENT, Errno::EINTR), (CLOSE, Errno::RESTART)] {
        let mut fake = Fake::new(&freebsd::OS);
        let at = fake.put(&[16, 2, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        fake.reply(Ok(2), &[]);
        fake.reply(Err(Errno::RESTART), &[]);
        fake.reply(Ok(0), &[&[state], &1u32.to_le_bytes()]);
        assert_eq!(fake.call(CONNECT, &[3, at.0, 16]), Err(want.into()));
    }
}

#[test]
fn options_go_by_their_own_names() {
    for (os, level, name, linux) in [
        (&dragonfly::OS, 0xffff, 0x8, (1, 9)),     // SO_KEEPALIVE
        (&freebsd::OS, 6, 256, (6, 4)),            // TCP_KEEPIDLE
        (&netbsd::OS, 6, 3, (6, 4)),               // TCP_KEEPIDLE
        (&netbsd::OS, 41, 27, (41, 26)),           // IPV6_V6ONLY
        (&freebsd::OS, 0xffff, 0x1_0000, (1, 15)), // SO_REUSEPORT_LB
    ] {
        let mut fake = Fake::new(os);
        let one = fake.put(&1u32.to_le_bytes());
        assert_eq!(fake.call(SETSOCKOPT, &[3, level, name, one.0, 4]), Ok(0.into()));
        let made = fake.one();
        assert_eq!((made.word(1), made.word(2)), linux);
    }
}

#[test]
fn reads_of_options_are_translated() {
    let read = |os: &'static Os, level: u64, name: u64, linux: u32| {
        let mut fake = Fake::new(os);
        let (value, len) = (fake.alloc(4), fake.put(&4u32.to_le_bytes()));
        fake.reply(Ok(0), &[&linux.to_le_bytes(), &4u32.to_le_bytes()]);
        assert_eq!(fake.call(GETSOCKOPT, &[3, level, name, value.0, len.0]), Ok(0.into()));
        (fake.u32(value), fake.u32(len))
    };
    // SO_ERROR, SO_SNDBUF, SO_KEEPALIVE.
    assert_eq!(read(&freebsd::OS, 0xffff, 0x1007, 111).0, u32::from((freebsd::OS.errno)(Errno::ECONNREFUSED)));
    assert_eq!(read(&freebsd::OS, 0xffff, 0x1007, 0), (0, 4));
    assert_eq!(read(&dragonfly::OS, 0xffff, 0x1001, 65536), (32768, 4));
    assert_eq!(read(&freebsd::OS, 0xffff, 0x8, 1), (8, 4));
    assert_eq!(read(&netbsd::OS, 0xffff, 0x8, 1), (1, 4));
}

#[test]
fn netbsd_times_have_padding() {
    let mut fake = Fake::new(&netbsd::OS);
    let mut time = 3u64.to_le_bytes().to_vec();
    time.extend_from_slice(&500_000u32.to_le_bytes());
    time.extend_from_slice(&[0xff; 4]);
    let at = fake.put(&time);
    assert_eq!(fake.call(SETSOCKOPT, &[3, 0xffff, 0x100c, at.0, 16]), Ok(0.into()));
    let made = fake.one();
    assert_eq!(made.word(2), 20);
    assert_eq!(made.bytes(3)[8..], 500_000u64.to_le_bytes());
}

/// A `struct msghdr` with one piece of one byte and this control.
fn msghdr(fake: &mut Fake, control: &[u8]) -> (Addr, Addr) {
    let data = fake.alloc(1);
    let iov = fake.put(&[data.0.to_le_bytes(), 1u64.to_le_bytes()].concat());
    let control_at = fake.put(control);
    let words = [0, 0, iov.0, 1, control_at.0, control.len() as u64];
    let bytes: Vec<u8> = words.iter().flat_map(|word: &u64| word.to_le_bytes()).collect();
    (fake.put(&bytes), control_at)
}

fn guest_cmsg(level: u32, kind: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        [16 + data.len() as u32, level, kind, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

fn linux_cmsg(level: u32, kind: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = (16 + data.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(&level.to_le_bytes());
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(data);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

#[test]
fn descriptors_travel_in_control_messages() {
    for (os, _) in each() {
        let mut fake = Fake::new(os);
        let rights = guest_cmsg(0xffff, 1, &7u32.to_le_bytes());
        let (header, _) = msghdr(&mut fake, &rights);
        fake.reply(Ok(1), &[]);
        assert_eq!(fake.call(SENDMSG, &[3, header.0, 0]), Ok(1.into()));
        assert_eq!(fake.one().bytes(2), linux_cmsg(1, 1, &7u32.to_le_bytes()));
        // And back, with Linux given no more room than the guest has.
        let (header, control) = msghdr(&mut fake, &vec![0; rights.len()]);
        fake.reply(Ok(0), &[&1u32.to_le_bytes(), &4u32.to_le_bytes()]); // SO_DOMAIN
        fake.reply(Ok(1), &[&[], &linux_cmsg(1, 1, &7u32.to_le_bytes())]);
        assert_eq!(fake.call(RECVMSG, &[3, header.0, 0]), Ok(1.into()));
        assert_eq!(fake.made()[1].args[2], Given::Out(rights.len()));
        assert_eq!(fake.get(control, rights.len()), rights);
        assert_eq!(fake.u32(header.plus(40)), rights.len() as u32);
    }
}

#[test]
fn packet_information_is_what_was_asked_for() {
    let mut fake = Fake::new(&netbsd::OS);
    let one = fake.put(&1u32.to_le_bytes());
    fake.reply(Ok(0), &[]); // IP_PKTINFO
    fake.reply(Ok(0), &[&99u64.to_le_bytes(), &8u32.to_le_bytes()]); // SO_COOKIE
    assert_eq!(fake.call(SETSOCKOPT, &[3, 0, 26, one.0, 4]), Ok(0.into()));
    fake.made();
    let (header, control) = msghdr(&mut fake, &[0; 48]);
    fake.reply(Ok(0), &[&2u32.to_le_bytes(), &4u32.to_le_bytes()]); // SO_DOMAIN
    fake.reply(Ok(1), &[&[], &linux_cmsg(0, 8, &[2, 0, 0, 0, 1, 1, 1, 1, 127, 0, 0, 1])]);
    fake.reply(Ok(0), &[&99u64.to_le_bytes(), &8u32.to_le_bytes()]);
    assert_eq!(fake.call(RECVMSG, &[3, header.0, 0]), Ok(1.into()));
    assert_eq!(fake.get(control, 24), guest_cmsg(0, 25, &[127, 0, 0, 1, 2, 0, 0, 0]));
}

#[test]
fn hostile_control_messages_are_refused() {
    for control in [&[0xff; 40][..], &[0; 24], &[8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]] {
        let mut fake = Fake::new(&freebsd::OS);
        let (header, _) = msghdr(&mut fake, control);
        assert_eq!(fake.call(SENDMSG, &[3, header.0, 0]), Err(Errno::EINVAL.into()));
    }
}

#[test]
fn a_quiet_socket_sends_quietly() {
    let mut fake = Fake::new(&freebsd::OS);
    let one = fake.put(&1u32.to_le_bytes());
    fake.reply(Ok(0), &[&42u64.to_le_bytes(), &8u32.to_le_bytes()]);
    assert_eq!(fake.call(SETSOCKOPT, &[3, 0xffff, 0x800, one.0, 4]), Ok(0.into()));
    fake.made();
    fake.reply(Ok(0), &[&42u64.to_le_bytes(), &8u32.to_le_bytes()]);
    fake.reply(Ok(1), &[]);
    assert_eq!(fake.call(133, &[4, one.0, 1, 0, 0, 0]), Ok(1.into()));
    assert_eq!(fake.made()[1].word(3), 0x4000);
}

#[test]
fn sendfile_tells_what_went_before_an_error() {
    let mut fake = Fake::new(&dragonfly::OS);
    let sent = fake.alloc(8);
    let mut stat = vec![0; 144];
    stat[24..28].copy_from_slice(&0o100_644u32.to_le_bytes());
    fake.reply(Ok(0), &[&stat]);
    fake.reply(Ok(0), &[&1u32.to_le_bytes(), &4u32.to_le_bytes()]);
    fake.reply(Ok(100), &[]);
    fake.reply(Err(Errno::EAGAIN), &[]);
    assert_eq!(fake.call(393, &[3, 4, 0, 500, 0, sent.0, 0]), Err(Errno::EAGAIN.into()));
    assert_eq!(fake.u64(sent), 100);
}

#[test]
fn wild_words_are_answered() {
    let words =
        [0, 1, 2, 28, 0xffff, 0x10_0000, 0x7fff_ffff, 0x8000_0000, u64::MAX, 0xffff_ffff, 0x7fff_ffff_ffff_ffff];
    for (os, _) in each() {
        let mut fake = Fake::new(os);
        fake.put(&[0x11; 4096]);
        let calls: Vec<u16> =
            os.calls.iter().filter(|row| row.signature.contains("(s: fd")).map(|row| row.number).collect();
        assert!(calls.len() > 10);
        let mut seed = 1usize;
        for number in calls {
            for _ in 0..300 {
                let args: Vec<u64> = (0..8)
                    .map(|_| {
                        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                        words[(seed >> 33) % words.len()]
                    })
                    .collect();
                let _ = fake.call(number, &args);
                fake.made();
            }
        }
    }
}
