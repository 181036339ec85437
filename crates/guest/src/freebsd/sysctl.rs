//! The sysctl tree.

use crate::bsd::sysctl::{self as of, Dialect, Leaf, Value, Words, leaf};
use Value::{Int, IntOf, Long, LongOf, Record, Text, TextOf};
use alloc::format;
use alloc::vec::Vec;

/// The values of this system.
pub static WORDS: Words = Words { leaves: LEAVES, dialect: Dialect::FreeBsd };

/// The system's version as a number; programs built for a later one are not refused.
pub const RELEASE_NUMBER: i32 = 1_402_000;

/// The names and numbers are those of the system; "14.2-RELEASE" is parsed by programs for what they may use.
static LEAVES: &[Leaf] = &[
    leaf(&[1, 1], "kern.ostype", Text("FreeBSD")),
    leaf(&[1, 2], "kern.osrelease", Text("14.2-RELEASE")),
    leaf(&[1, 3], "kern.osrevision", Int(199_506)),
    leaf(&[1, 4], "kern.version", Text("FreeBSD 14.2-RELEASE releng/14.2 GENERIC\n")),
    leaf(&[1, 5], "kern.maxvnodes", Int(100_000)),
    leaf(&[1, 6], "kern.maxproc", Int(30_000)),
    leaf(&[1, 7], "kern.maxfiles", Int(1 << 20)),
    leaf(&[1, 8], "kern.argmax", Int(524_288)),
    leaf(&[1, 9], "kern.securelevel", Int(-1)),
    leaf(&[1, 10], "kern.hostname", TextOf(of::host_name)),
    leaf(&[1, 11], "kern.hostid", Int(0)),
    leaf(&[1, 12], "kern.clockrate", Record(of::clock_rate)),
    leaf(&[1, 14, 12], "kern.proc.pathname", Record(of::process_path)),
    leaf(&[1, 17], "kern.posix1version", Int(200_112)),
    leaf(&[1, 18], "kern.ngroups", Int(1023)),
    leaf(&[1, 19], "kern.job_control", Int(1)),
    leaf(&[1, 20], "kern.saved_ids", Int(1)),
    leaf(&[1, 21], "kern.boottime", Record(of::boot_time)),
    leaf(&[1, 22], "kern.domainname", TextOf(of::domain_name)),
    leaf(&[1, 24], "kern.osreldate", Int(RELEASE_NUMBER)),
    leaf(&[1, 26], "kern.bootfile", Text("/boot/kernel/kernel")),
    leaf(&[1, 27], "kern.maxfilesperproc", IntOf(of::open_max)),
    leaf(&[1, 28], "kern.maxprocperuid", Int(29_999)),
    leaf(&[1, 30, 1], "kern.ipc.maxsockbuf", Long(2 << 20)),
    leaf(&[1, 30, 3], "kern.ipc.somaxconn", Int(4096)),
    leaf(&[1, 30, 256], "kern.ipc.soacceptqueue", Int(4096)),
    leaf(&[1, 33], "kern.usrstack", LongOf(of::stack_top)),
    leaf(&[1, 35], "kern.iov_max", Int(1024)),
    leaf(&[1, 37], "kern.arandom", Record(of::random)),
    leaf(&[1, 256], "kern.conftxt", TextOf(configuration)),
    leaf(&[1, 257, 1], "kern.smp.maxid", IntOf(last_cpu)),
    leaf(&[1, 257, 2], "kern.smp.maxcpus", Int(1024)),
    leaf(&[1, 257, 3], "kern.smp.active", Int(1)),
    leaf(&[1, 257, 4], "kern.smp.disabled", Int(0)),
    leaf(&[1, 257, 5], "kern.smp.cpus", IntOf(of::cpus)),
    leaf(&[1, 258], "kern.ostypeid", Int(0)),
    leaf(&[1, 259, 1], "kern.features.compat_freebsd12", Int(1)),
    leaf(&[1, 260, 1], "kern.sched.name", Text("ULE")),
    leaf(&[2, 2], "vm.loadavg", Record(of::load)),
    leaf(&[2, 256, 1, 1], "vm.stats.vm.v_page_size", Int(4096)),
    leaf(&[2, 256, 1, 2], "vm.stats.vm.v_page_count", IntOf(of::physical_pages)),
    leaf(&[2, 257], "vm.overcommit", Int(0)),
    leaf(&[4, 2, 0, 256, 1], "net.inet.ip.portrange.first", Int(10_000)),
    leaf(&[4, 2, 0, 256, 2], "net.inet.ip.portrange.last", Int(65_535)),
    leaf(&[4, 2, 6, 5], "net.inet.tcp.sendspace", Int(32_768)),
    leaf(&[4, 2, 6, 6], "net.inet.tcp.recvspace", Int(65_536)),
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
    leaf(&[6, 12], "hw.realmem", LongOf(of::physical_long)),
    leaf(&[6, 256], "hw.availpages", IntOf(of::physical_pages)),
    leaf(&[8, 1], "user.cs_path", Text("/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")),
    leaf(&[8, 21], "user.localbase", Text("/usr/local")),
];

fn last_cpu(ctx: &crate::Ctx<'_>) -> Result<i32, crate::Fail> {
    Ok(of::cpus(ctx)? - 1)
}

/// The kernel's configuration file.
fn configuration(ctx: &crate::Ctx<'_>) -> Result<Vec<u8>, crate::Fail> {
    let machine = ctx.bsd()?.family.machine.name;
    Ok(format!("options\tGENERIC\nident\tGENERIC\nmachine\t{machine}\n").into_bytes())
}
