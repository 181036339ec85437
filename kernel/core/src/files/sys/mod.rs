//! `/sys`, as far as programs look for it.

use super::made::Content::{Directory, Fixed, Text, Varying};
use super::made::{Content, Row, Subject, View, row};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ashore_pivot::Errno;

/// `/sys` itself.
pub const ROOT: Content = Directory(&[
    row("class", Directory(&[row("net", Directory(&[row("lo", Directory(&[row("mtu", Fixed("65536\n"))]))]))])),
    row("devices", Directory(&[row("system", Directory(&[row("cpu", Varying(CPU, cpu_names, cpu_meaning))]))])),
    row("fs", Directory(&[row("cgroup", Directory(&[]))])),
    row("kernel", Directory(&[row("mm", Directory(&[row("transparent_hugepage", Directory(HUGE))]))])),
]);

const HUGE: &[Row] = &[
    row("defrag", Fixed("always defer defer+madvise [madvise] never\n")),
    row("enabled", Fixed("always madvise [never]\n")),
    row("hpage_pmd_size", Fixed("2097152\n")),
];

const CPU: &[Row] = &[
    row("kernel_max", Fixed("63\n")),
    row("offline", Fixed("\n")),
    row("online", Text(cpus)),
    row("possible", Text(cpus)),
    row("present", Text(cpus)),
];

const ONE_CPU: &[Row] = &[row("online", Fixed("1\n"))];

/// The CPUs as a range.
pub(super) fn cpu_range(cpus: usize) -> String {
    if cpus <= 1 { String::from("0") } else { format!("0-{}", cpus - 1) }
}

fn cpus(view: &View<'_>) -> Result<Vec<u8>, Errno> {
    Ok(format!("{}\n", cpu_range(view.visitor.kernel.machine().cpus())).into_bytes())
}

fn cpu_names(view: &View<'_>) -> Vec<Vec<u8>> {
    (0..view.visitor.kernel.machine().cpus()).map(|cpu| format!("cpu{cpu}").into_bytes()).collect()
}

fn cpu_meaning(view: &View<'_>, name: &[u8]) -> Option<(Content, Subject)> {
    let is_there = cpu_names(view).iter().any(|there| there == name);
    is_there.then(|| (Directory(ONE_CPU), Subject::default()))
}
