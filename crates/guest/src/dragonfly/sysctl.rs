//! The sysctl tree.

use crate::bsd::sysctl::{self as of, Dialect, Leaf, Value, Words, leaf};
use Value::{Int, IntOf, LongOf, Record, Text, TextOf};

/// The values of this system.
pub static WORDS: Words = Words { leaves: LEAVES, dialect: Dialect::FreeBsd };

/// The names and numbers are those of the system.
static LEAVES: &[Leaf] = &[
    leaf(&[1, 1], "kern.ostype", Text("DragonFly")),
    leaf(&[1, 2], "kern.osrelease", Text("6.4-RELEASE")),
    leaf(&[1, 3], "kern.osrevision", Int(600_400)),
    leaf(&[1, 4], "kern.version", Text("DragonFly v6.4.0-RELEASE X86_64_GENERIC\n")),
    leaf(&[1, 5], "kern.maxvnodes", Int(100_000)),
    leaf(&[1, 6], "kern.maxproc", Int(12_036)),
    leaf(&[1, 7], "kern.maxfiles", Int(1 << 20)),
    leaf(&[1, 8], "kern.argmax", Int(262_144)),
    leaf(&[1, 9], "kern.securelevel", Int(-1)),
    leaf(&[1, 10], "kern.hostname", TextOf(of::host_name)),
    leaf(&[1, 11], "kern.hostid", Int(0)),
    leaf(&[1, 12], "kern.clockrate", Record(of::clock_rate)),
    leaf(&[1, 14, 9], "kern.proc.pathname", Record(of::process_path)),
    leaf(&[1, 17], "kern.posix1version", Int(200_112)),
    leaf(&[1, 18], "kern.ngroups", Int(16)),
    leaf(&[1, 19], "kern.job_control", Int(1)),
    leaf(&[1, 20], "kern.saved_ids", Int(1)),
    leaf(&[1, 21], "kern.boottime", Record(of::boot_time)),
    leaf(&[1, 22], "kern.domainname", TextOf(of::domain_name)),
    leaf(&[1, 24], "kern.osreldate", Int(600_400)),
    leaf(&[1, 26], "kern.bootfile", Text("/boot/kernel/kernel")),
    leaf(&[1, 27], "kern.maxfilesperproc", IntOf(of::open_max)),
    leaf(&[1, 28], "kern.maxprocperuid", Int(12_035)),
    leaf(&[1, 30, 1], "kern.ipc.maxsockbuf", Int(2 << 20)),
    leaf(&[1, 30, 3], "kern.ipc.somaxconn", Int(4096)),
    leaf(&[1, 33], "kern.usrstack", LongOf(of::stack_top)),
    leaf(&[1, 35], "kern.iov_max", Int(1024)),
    leaf(&[1, 256], "kern.random", Record(of::random)),
    leaf(&[2, 2], "vm.loadavg", Record(of::load)),
    leaf(&[2, 256, 1, 1], "vm.stats.vm.v_page_size", Int(4096)),
    leaf(&[2, 256, 1, 2], "vm.stats.vm.v_page_count", IntOf(of::physical_pages)),
    leaf(&[4, 2, 0, 256, 1], "net.inet.ip.portrange.first", Int(1024)),
    leaf(&[4, 2, 0, 256, 2], "net.inet.ip.portrange.last", Int(5000)),
    leaf(&[4, 2, 6, 5], "net.inet.tcp.sendspace", Int(32_768)),
    leaf(&[4, 2, 6, 6], "net.inet.tcp.recvspace", Int(57_344)),
    leaf(&[4, 17], "net.route", Record(of::routes)),
    leaf(&[4, 28, 41, 24], "net.inet6.ip6.v6only", Int(1)),
    leaf(&[6, 1], "hw.machine", TextOf(of::machine)),
    leaf(&[6, 2], "hw.model", TextOf(of::cpu_model)),
    leaf(&[6, 3], "hw.ncpu", IntOf(of::cpus)),
    leaf(&[6, 4], "hw.byteorder", Int(1234)),
    leaf(&[6, 5], "hw.physmem", LongOf(of::physical_long)),
    leaf(&[6, 6], "hw.usermem", LongOf(of::physical_long)),
    leaf(&[6, 7], "hw.pagesize", Int(4096)),
    leaf(&[6, 10], "hw.floatingpoint", Int(1)),
    leaf(&[6, 11], "hw.machine_arch", TextOf(of::machine_arch)),
    leaf(&[6, 256], "hw.availpages", IntOf(of::physical_pages)),
    leaf(&[8, 1], "user.cs_path", Text("/usr/bin:/bin:/usr/sbin:/sbin:")),
];
