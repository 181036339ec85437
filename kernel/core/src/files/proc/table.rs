//! Every file in `/proc`: a name and what makes it.

use super::machine::*;
use super::memory::*;
use super::process::*;
use crate::files::made::Content::{Directory, Fixed, Jump, Link, Private, Setting, Text, Varying};
use crate::files::made::{Content, Row, row};

/// `/proc` itself.
pub const ROOT: Content = Varying(TOP, process_names, process_meaning);

const TOP: &[Row] = &[
    row("cmdline", Fixed("\n")),
    row("cpuinfo", Text(cpuinfo)),
    row("devices", Text(devices)),
    row("filesystems", Fixed("nodev\tproc\nnodev\tsysfs\nnodev\ttmpfs\nnodev\tdevpts\n")),
    row("loadavg", Text(loadavg)),
    row("meminfo", Text(meminfo)),
    row("mounts", Link(|_| Ok(b"self/mounts".to_vec()))),
    row("net", Link(|_| Ok(b"self/net".to_vec()))),
    row("self", Link(own)),
    row("stat", Text(stat)),
    row("sys", Directory(SYS)),
    row("thread-self", Link(own_thread)),
    row("uptime", Text(uptime)),
    row("version", Text(version)),
    row("vmstat", Text(vmstat)),
];

/// What there is of a process.
pub const PROCESS: &[Row] = &[
    row("auxv", Text(auxv)),
    row("cgroup", Fixed("0::/\n")),
    row("cmdline", Text(cmdline)),
    row("comm", Setting(comm, set_comm)),
    row("coredump_filter", Fixed("00000033\n")),
    row("cwd", Jump(cwd, cwd_path)),
    row("environ", Private(environ)),
    row("exe", Jump(exe, exe_path)),
    row("fd", Varying(&[], fd_names, fd_meaning)),
    row("fdinfo", Varying(&[], fd_names, fdinfo_meaning)),
    row("io", Private(io)),
    row("limits", Text(limits)),
    row("loginuid", Fixed("4294967295")),
    row("maps", Text(maps)),
    row("mountinfo", Text(mountinfo)),
    row("mounts", Text(mounts)),
    row("net", Directory(NET)),
    row("oom_score", Fixed("0\n")),
    row("oom_score_adj", Setting(|_| Ok(b"0\n".to_vec()), |_, _| Ok(()))),
    row("root", Jump(root, root_path)),
    row("smaps", Text(smaps)),
    row("smaps_rollup", Text(smaps_rollup)),
    row("stat", Text(process_stat)),
    row("statm", Text(statm)),
    row("status", Text(status)),
    row("task", Varying(&[], task_names, task_meaning)),
    row("wchan", Fixed("0")),
];

const NET: &[Row] = &[
    row(
        "dev",
        Fixed(concat!(
            "Inter-|   Receive                                                |  Transmit\n",
            " face |bytes    packets errs drop fifo frame compressed multicast",
            "|bytes    packets errs drop fifo colls carrier compressed\n",
            "    lo:       0       0    0    0    0     0          0         0",
            "        0       0    0    0    0     0       0          0\n",
        )),
    ),
    row("if_inet6", Fixed("")),
    row("route", Fixed("Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n")),
    row("tcp", Fixed(SOCKETS)),
    row("tcp6", Fixed(SOCKETS)),
    row("udp", Fixed(SOCKETS)),
    row("udp6", Fixed(SOCKETS)),
    row("unix", Fixed("Num       RefCount Protocol Flags    Type St Inode Path\n")),
];

const SOCKETS: &str =
    concat!("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   ", "uid  timeout inode\n",);

const SYS: &[Row] = &[
    row(
        "fs",
        Directory(&[
            row("file-max", Fixed("1048576\n")),
            row("file-nr", Fixed("64\t0\t1048576\n")),
            row("nr_open", Fixed("1048576\n")),
            row("pipe-max-size", Fixed("1048576\n")),
            row(
                "inotify",
                Directory(&[
                    row("max_queued_events", Fixed("16384\n")),
                    row("max_user_instances", Fixed("128\n")),
                    row("max_user_watches", Fixed("65536\n")),
                ]),
            ),
        ]),
    ),
    row(
        "kernel",
        Directory(&[
            row("cap_last_cap", Fixed("40\n")),
            row("core_pattern", Fixed("core\n")),
            row("domainname", Fixed("(none)\n")),
            row("hostname", Text(hostname)),
            row("ngroups_max", Fixed("65536\n")),
            row("osrelease", Text(osrelease)),
            row("ostype", Fixed("Linux\n")),
            row("overflowuid", Fixed("65534\n")),
            row("overflowgid", Fixed("65534\n")),
            row("perf_event_paranoid", Fixed("4\n")),
            row("pid_max", Fixed("4194304\n")),
            row(
                "random",
                Directory(&[
                    row("boot_id", Text(boot_id)),
                    row("entropy_avail", Fixed("256\n")),
                    row("poolsize", Fixed("256\n")),
                    row("uuid", Text(uuid)),
                ]),
            ),
            row("randomize_va_space", Fixed("0\n")),
            row("threads-max", Fixed("32768\n")),
            row("version", Text(build)),
        ]),
    ),
    row(
        "net",
        Directory(&[
            row("core", Directory(&[row("somaxconn", Fixed("4096\n"))])),
            row("ipv4", Directory(&[row("ip_local_port_range", Fixed("32768\t60999\n"))])),
        ]),
    ),
    row(
        "vm",
        Directory(&[
            row("max_map_count", Fixed("65530\n")),
            row("mmap_min_addr", Fixed("65536\n")),
            row("overcommit_memory", Fixed("0\n")),
            row("overcommit_ratio", Fixed("50\n")),
            row("swappiness", Fixed("60\n")),
        ]),
    ),
];
