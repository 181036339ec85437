//! Every record and constant against the kernel's own headers, as `layout.c` printed them for two CPUs.

extern crate std;

use super::*;
use crate::{IoVec, Signal};
use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;
use std::{format, vec};

mod coding;

const AARCH64: &str = include_str!("tests/aarch64.txt");
const X86_64: &str = include_str!("tests/x86_64.txt");

/// What one CPU's program printed: records with their sizes, fields with offset and size, constants.
fn golden(text: &'static str) -> BTreeMap<(&'static str, &'static str), Vec<u64>> {
    let words = text.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    words.map(|words| ((words[0], words[1]), words[2..].iter().map(|word| word.parse().unwrap()).collect())).collect()
}

macro_rules! records {
    ($($name:ty),* $(,)?) => {
        [$((stringify!($name).split("::").last().unwrap_or_default(), <$name>::LEN, <$name>::FIELDS)),*]
    };
}

fn everywhere() -> Vec<(&'static str, usize, &'static [FieldAt])> {
    records!(
        elfcore::Prpsinfo,
        event::PollFd,
        event::SignalfdSiginfo,
        event::InotifyEvent,
        fcntl::Flock,
        fcntl::OwnerEx,
        futex::RobustListHead,
        futex::FutexWaitv,
        netlink::NlMsgHdr,
        netlink::NlMsgErr,
        netlink::RtAttr,
        netlink::IfInfoMsg,
        netlink::IfAddrMsg,
        netlink::RtMsg,
        netlink::IfReq,
        netlink::IfConf,
        open::OpenHow,
        process::Rusage,
        process::Rlimit,
        process::CloneArgs,
        sched::SchedAttr,
        sched::Rseq,
        sigaction::Sigaction,
        sigaction::SigStack,
        sigaction::Sigevent,
        socket::MsgHdr,
        socket::MMsgHdr,
        socket::CmsgHdr,
        socket::Ucred,
        socket::Linger,
        socket::IpMreqn,
        socket::Ipv6Mreq,
        socket::InPktinfo,
        socket::In6Pktinfo,
        statfs::Statfs,
        statx::StatxTime,
        statx::Statx,
        system::Utsname,
        system::Sysinfo,
        system::CapHeader,
        system::CapData,
        termios::Termios,
        termios::Termios2,
        termios::Winsize,
        time::Timespec,
        time::Timeval,
        time::Itimerval,
        time::Itimerspec,
        time::Timezone,
        time::Tms,
    )
    .into()
}

/// Fields whose type in the C library is narrower than the kernel's, with padding: their lengths are sizes there.
const NARROW: [&str; 3] = ["MsgHdr.iovlen", "MsgHdr.controllen", "CmsgHdr.len"];

/// Records that newer headers have longer: a program tells their length.
const GROWN: [&str; 1] = ["Rseq"];

#[test]
fn records_lie_as_the_kernels_headers_say() {
    for (cpu, text, own) in [
        ("aarch64", AARCH64, records!(stat::Stat, event::EpollEvent, elfcore::Prstatus)),
        ("x86-64", X86_64, records!(stat::StatX86_64, event::EpollEventX86_64, elfcore::PrstatusX86_64)),
    ] {
        let golden = golden(text);
        for (name, len, fields) in everywhere().into_iter().chain(own) {
            let size = golden[&("record", name)][0];
            assert!(size == len as u64 || GROWN.contains(&name) && size > len as u64, "{name} on {cpu}");
            for (field, at, size) in fields {
                let full = format!("{name}.{field}");
                match golden.get(&("field", full.as_str())) {
                    Some(place) => assert_eq!(place, &[*at as u64, *size as u64], "{full} on {cpu}"),
                    None if NARROW.contains(&full.as_str()) || full.ends_with("time") => {}
                    None => panic!("no source for {full} on {cpu}"),
                }
            }
        }
    }
}

/// The constants that are the same on every CPU.
static EVERYWHERE: &[&[(&str, u64)]] = &[
    auxv::KINDS,
    dirent::KINDS,
    elfcore::NOTES,
    event::POLL,
    event::EPOLL,
    event::EPOLL_CTL,
    event::EVENTFD,
    event::INOTIFY,
    fcntl::COMMANDS,
    fcntl::LOCKS,
    fcntl::SEALS,
    fcntl::FLOCK,
    fcntl::SEEK,
    fcntl::FALLOC,
    fcntl::SPLICE,
    fcntl::RWF,
    futex::OPERATIONS,
    futex::FLAGS,
    futex::WORD,
    futex::WAKE_OP,
    ioctl::REQUESTS,
    memory::PROT,
    memory::MAP,
    memory::MREMAP,
    memory::MSYNC,
    memory::MCL,
    memory::MADV,
    memory::MFD,
    memory::MEMBARRIER,
    netlink::PROTOCOLS,
    netlink::FLAGS,
    netlink::MESSAGES,
    netlink::ATTRIBUTES,
    netlink::VALUES,
    netlink::INTERFACE,
    open::FLAGS,
    open::RESOLVE,
    open::AT_FLAGS,
    open::RENAME,
    open::CLOSE_RANGE,
    open::ACCESS,
    prctl::OPERATIONS,
    process::CLONE,
    process::WAIT,
    process::WHO,
    process::USAGE,
    process::LIMITS,
    sched::POLICIES,
    sched::WHOSE,
    sched::RSEQ,
    sigaction::FLAGS,
    sigaction::HANDLERS,
    sigaction::HOW,
    sigaction::STACK,
    sigaction::NOTIFY,
    siginfo::CODES,
    siginfo::CAUSES,
    socket::FAMILIES,
    socket::KINDS,
    socket::MESSAGE,
    socket::SHUTDOWN,
    socket::LEVELS,
    socket::OPTIONS,
    socket::CONTROL,
    socket::TCP,
    socket::IP,
    socket::IPV6,
    stat::MODES,
    statfs::KINDS,
    statx::MASK,
    statx::SYNC,
    statx::ATTRIBUTES,
    system::GRND,
    termios::INPUT,
    termios::OUTPUT,
    termios::LINE,
    termios::LOCAL,
    termios::CHARACTERS,
    time::CLOCKS,
    time::ITIMERS,
    time::TIMER_FLAGS,
    time::UTIMES,
];

#[test]
fn constants_are_those_of_the_kernels_headers() {
    let aarch64 = [open::aarch64::FLAGS, sigaction::aarch64::SIZES, auxv::aarch64::HWCAP, auxv::aarch64::HWCAP2];
    let x86_64 = [open::x86_64::FLAGS, sigaction::x86_64::SIZES, prctl::ARCH];
    let mut seen = 0;
    for (cpu, text, own) in [("aarch64", AARCH64, &aarch64[..]), ("x86-64", X86_64, &x86_64[..])] {
        let golden = golden(text);
        for (name, value) in EVERYWHERE.iter().chain(own).copied().flatten() {
            assert_eq!(golden.get(&("const", *name)), Some(&vec![*value]), "{name} on {cpu}");
            seen += 1;
        }
    }
    assert!(seen > 1000, "the tables hold {seen} constants");
    let golden = golden(AARCH64);
    for (name, value) in [
        ("FD_CLOEXEC", u64::from(fcntl::FD_CLOEXEC)),
        ("AT_FDCWD", open::AT_FDCWD as u64),
        ("RLIM_INFINITY", process::RLIM_INFINITY),
        ("PROT_BTI", u64::from(memory::PROT_BTI)),
        ("PROT_MTE", u64::from(memory::PROT_MTE)),
    ] {
        assert_eq!(golden[&("const", name)], [value], "{name}");
    }
}
