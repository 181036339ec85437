//! Encoding and decoding, against the places the headers name.

use super::*;

/// The bytes that the field of this name takes, by the golden text.
fn place<'a>(bytes: &'a [u8], field: &str) -> &'a [u8] {
    let place = &golden(AARCH64)[&("field", field)];
    &bytes[place[0] as usize..][..place[1] as usize]
}

#[test]
fn a_record_survives_encoding_and_puts_each_field_in_its_place() {
    let stat = stat::Stat {
        dev: 1,
        ino: 2,
        mode: 0o100_644,
        nlink: 4,
        uid: 5,
        gid: 6,
        rdev: 7,
        size: -8,
        blksize: 9,
        blocks: 10,
        atime: time::Timespec { sec: 11, nsec: 12 },
        mtime: time::Timespec { sec: 13, nsec: 14 },
        ctime: time::Timespec { sec: 15, nsec: 16 },
    };
    let bytes = stat.encode();
    assert_eq!(stat::Stat::decode(&bytes), stat);
    assert_eq!(place(&bytes, "Stat.mode"), 0o100_644u32.to_le_bytes());
    assert_eq!(place(&bytes, "Stat.size"), (-8i64).to_le_bytes());
    assert_eq!(bytes[88..96], 13i64.to_le_bytes());
    let other = stat::StatX86_64::from(stat);
    assert_eq!(stat::Stat::from(stat::StatX86_64::decode(&other.encode())), stat);
}

#[test]
fn records_within_records_and_lists_are_coded_too() {
    let timer = time::Itimerspec { value: time::Timespec { sec: 3, nsec: 4 }, ..Default::default() };
    assert_eq!(time::Itimerspec::decode(&timer.encode()), timer);
    assert_eq!(timer.encode()[16..24], 3i64.to_le_bytes());
    let info = system::Sysinfo { loads: [1, 2, 3], mem_unit: 1, ..Default::default() };
    assert_eq!(system::Sysinfo::decode(&info.encode()), info);
    let names = system::Utsname { machine: system::name("aarch64"), ..Default::default() };
    assert_eq!(&place(&names.encode(), "Utsname.machine")[..8], b"aarch64\0");
    let piece = IoVec { base: 1, len: 2 };
    assert_eq!((IoVec::decode(&piece.encode()), IoVec::LEN), (piece, 16));
    assert_eq!(termios::Termios::NEW.encode()[17], 3);
}

#[test]
fn devices_and_open_flags_are_numbered_both_ways() {
    assert_eq!(stat::device(1, 3), 0x103);
    for parts in [(0, 0), (5, 1), (0xabcd_e123, 0x1234_5678), (u32::MAX, u32::MAX)] {
        assert_eq!(stat::device_parts(stat::device(parts.0, parts.1)), parts);
    }
    let both = open::O_CREAT | open::O_CLOEXEC;
    assert_eq!(open::aarch64_to_x86_64(open::aarch64::O_TMPFILE | both), open::x86_64::O_TMPFILE | both);
    for bit in 0..32 {
        let flags = open::x86_64_to_aarch64(1 << bit);
        assert_eq!((flags.count_ones(), open::aarch64_to_x86_64(flags)), (1, 1 << bit));
    }
}

#[test]
fn times_that_a_kernel_refuses_have_no_nanoseconds() {
    let time = |sec, nsec| time::Timespec { sec, nsec }.nanos();
    assert_eq!(time(1, 2), Some(1_000_000_002));
    assert_eq!((time(-1, 0), time(0, -1), time(0, 1_000_000_000)), (None, None, None));
    assert_eq!(time(i64::MAX, 5), Some(u64::MAX));
    assert_eq!(time::Timespec::from_nanos(1_500_000_000), time::Timespec { sec: 1, nsec: 500_000_000 });
    assert_eq!(time::Timeval { sec: 2, usec: 3 }.nanos(), Some(2_000_003_000));
    assert_eq!(time::Timeval { sec: 2, usec: 1_000_000 }.nanos(), None);
}

#[test]
fn what_a_signal_tells_lies_where_its_kind_says_and_comes_back() {
    use siginfo::{Detail, SigInfo};
    let child = Detail::Child { pid: 7, uid: 8, status: 9, utime: 10, stime: 11 };
    let (pid, uid, value) = (7, 8, 0x0102_0304_0506_0708);
    let with = |signal, code, detail| SigInfo { signal, errno: 0, code, detail };
    let infos = [
        (SigInfo::kill(Signal::TERM, pid, uid), "pid", 7),
        (SigInfo::kernel(Signal::SEGV), "uid", 0),
        (with(Signal::USR1, siginfo::SI_QUEUE, Detail::Queue { pid, uid, value }), "value", value),
        (SigInfo::timer(Signal::ALRM, 5, 6, value), "overrun", 6),
        (with(Signal::CHLD, siginfo::CLD_EXITED, child), "status", 9),
        (SigInfo::fault(Signal::SEGV, siginfo::SEGV_MAPERR, 0xffff_0000_1234), "addr", 0xffff_0000_1234),
        (with(Signal::IO, 1, Detail::Poll { band: 4, fd: 12 }), "fd", 12),
        (
            with(Signal::SYS, siginfo::SYS_SECCOMP, Detail::Sys { addr: 1, call: 2, arch: 0xc000_00b7 }),
            "arch",
            0xc000_00b7,
        ),
    ];
    for (info, field, value) in infos {
        let bytes = info.encode();
        assert_eq!(SigInfo::decode(&bytes), Some(info));
        let place = place(&bytes, &format!("SigInfo.{field}"));
        assert_eq!(place, &value.to_le_bytes()[..place.len()], "{field}");
    }
    let sent = SigInfo::tkill(Signal::URG, pid, uid).encode();
    let read = SigInfo::decode(&sent).unwrap();
    assert_eq!((read.detail, read.encode()), (Detail::Queue { pid, uid, value: 0 }, sent));
    assert_eq!(SigInfo::decode(&[0; 128]), None);
    assert_eq!(SigInfo::decode(&[0xff; 128]), None);
}

#[test]
fn names_in_a_directory_fill_the_room_and_are_read_again() {
    let entries = [
        dirent::Dirent { ino: 1, next: 1, kind: dirent::DT_DIR, name: b"." },
        dirent::Dirent { ino: 9, next: i64::MAX, kind: dirent::DT_REG, name: b"a-longer-name" },
    ];
    let mut bytes = Vec::new();
    assert!(entries.iter().all(|entry| entry.append(&mut bytes, 64)));
    assert_eq!(bytes.len(), 24 + 40);
    assert!(!entries[0].append(&mut bytes, 87));
    assert_eq!(place(&bytes, "Dirent.reclen"), [24, 0]);
    assert_eq!(place(&bytes, "Dirent.kind"), [dirent::DT_DIR]);
    assert_eq!(dirent::Dirent::all(&bytes).collect::<Vec<_>>(), entries);
    assert_eq!(dirent::Dirent::all(&bytes[..63]).count(), 1);
    assert_eq!(dirent::Dirent::all(&[0; 24]).count(), 0);
    assert_eq!(dirent::kind_of(stat::S_IFLNK | 0o777), dirent::DT_LNK);
}

#[test]
fn addresses_are_read_as_long_as_the_program_says() {
    use crate::Errno;
    use sockaddr::{SockAddr, UnixName};
    let v6 = SockAddr::In6 { ip: core::array::from_fn(|at| at as u8), port: 8080, flow: 1, scope: 2 };
    let path = SockAddr::Unix(UnixName::Path(b"/tmp/socket".into()));
    let all = [
        SockAddr::Unspec,
        SockAddr::In { ip: [127, 0, 0, 1], port: 80 },
        v6.clone(),
        path.clone(),
        SockAddr::Unix(UnixName::Abstract(b"a\0b".into())),
        SockAddr::Unix(UnixName::Unnamed),
        SockAddr::Netlink { port: 5, groups: 6 },
        SockAddr::Other { family: 40, bytes: vec![1, 2, 3] },
    ];
    for address in all {
        let bytes = address.encode();
        assert_eq!(SockAddr::decode(&bytes), Ok(address));
        for len in 0..bytes.len() {
            let _ = SockAddr::decode(&bytes[..len]);
        }
    }
    let v6 = v6.encode();
    assert_eq!(place(&v6, "SockAddrIn6.port"), 8080u16.to_be_bytes());
    assert_eq!(place(&v6, "SockAddrIn6.scope"), [2, 0, 0, 0]);
    assert_eq!(&path.encode()[2..], b"/tmp/socket\0");
    assert_eq!(SockAddr::decode(&v6[..27]).map(|address| address.family()), Ok(10));
    let long = [&[1, 0][..], &[b'x'; 109]].concat();
    for bytes in [&[][..], &[2], &[2, 0, 0, 80], &v6[..23], &long, &[16, 0, 0, 0], &[0; 129]] {
        assert_eq!(SockAddr::decode(bytes), Err(Errno::EINVAL), "{bytes:?}");
    }
    let unended: String = "x".repeat(108);
    let bytes = [&[1, 0], unended.as_bytes()].concat();
    assert_eq!(SockAddr::decode(&bytes), Ok(SockAddr::Unix(UnixName::Path(unended.into_bytes()))));
}
