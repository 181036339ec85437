//! The machine and the kernel as a whole.

use crate::calls::system::{HOST, RELEASE, VERSION};
use crate::files::made::View;
use crate::machine::Nanos;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ashore_base::PAGE_SIZE;
use ashore_pivot::Errno;

type Text = Result<Vec<u8>, Errno>;

const SECOND: Nanos = 1_000_000_000;
/// What a tick of `/proc` is.
pub(super) const TICK: Nanos = 10_000_000;

pub(super) fn cpuinfo(view: &View<'_>) -> Text {
    let mut text = String::new();
    for cpu in 0..view.visitor.kernel.machine().cpus() {
        text += &format!(
            "processor\t: {cpu}\nBogoMIPS\t: 125.00\nFeatures\t: fp asimd cpuid\nCPU implementer\t: 0x41\n\
             CPU architecture: 8\nCPU variant\t: 0x0\nCPU part\t: 0xd08\nCPU revision\t: 3\n\n"
        );
    }
    Ok(text.into_bytes())
}

pub(super) fn devices(_: &View<'_>) -> Text {
    Ok(b"Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n136 pts\n\nBlock devices:\n"
        .to_vec())
}

pub(super) fn loadavg(view: &View<'_>) -> Text {
    let tasks = view.visitor.kernel.tasks.lock();
    let last = tasks.threads.keys().next_back().copied().unwrap_or(0);
    Ok(format!("0.00 0.00 0.00 1/{} {last}\n", tasks.threads.len()).into_bytes())
}

pub(super) fn meminfo(view: &View<'_>) -> Text {
    let physical = view.visitor.kernel.physical;
    let kib = |frames: usize| frames as u64 * PAGE_SIZE / 1024;
    let (total, free) = (kib(physical.total), kib(physical.frames.free()));
    let mut text = String::new();
    for (name, value) in [
        ("MemTotal", total),
        ("MemFree", free),
        ("MemAvailable", free),
        ("Buffers", 0),
        ("Cached", 0),
        ("SwapCached", 0),
        ("Active", total.saturating_sub(free)),
        ("Inactive", 0),
        ("SwapTotal", 0),
        ("SwapFree", 0),
        ("Dirty", 0),
        ("Writeback", 0),
        ("AnonPages", total.saturating_sub(free)),
        ("Mapped", 0),
        ("Shmem", 0),
        ("Slab", 0),
        ("CommitLimit", total / 2),
        ("Committed_AS", total.saturating_sub(free)),
        ("VmallocTotal", 0),
        ("VmallocUsed", 0),
    ] {
        let name = format!("{name}:");
        text += &format!("{name:<16}{value:>8} kB\n");
    }
    text += "HugePages_Total:       0\nHugePages_Free:        0\nHugepagesize:       2048 kB\n";
    Ok(text.into_bytes())
}

pub(super) fn vmstat(view: &View<'_>) -> Text {
    Ok(format!("nr_free_pages {}\n", view.visitor.kernel.physical.frames.free()).into_bytes())
}

pub(super) fn stat(view: &View<'_>) -> Text {
    let kernel = view.visitor.kernel;
    let cpus = kernel.machine().cpus() as u64;
    let ran: Nanos = kernel.processes().iter().map(|process| process.ran()).sum();
    let (busy, all) = (ran / TICK, kernel.now() / TICK * cpus);
    let idle = all.saturating_sub(busy);
    let mut text = format!("cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\n");
    for cpu in 0..cpus {
        text += &format!("cpu{cpu} {} 0 0 {} 0 0 0 0 0 0\n", busy / cpus.max(1), idle / cpus.max(1));
    }
    let (born, threads) = (kernel.wall_at_start() / SECOND, kernel.tasks.lock().threads.len());
    text += &format!("intr 0\nctxt 0\nbtime {born}\nprocesses {threads}\nprocs_running 1\nprocs_blocked 0\n");
    Ok(text.into_bytes())
}

pub(super) fn uptime(view: &View<'_>) -> Text {
    let now = view.visitor.kernel.now();
    let (seconds, rest) = (now / SECOND, now % SECOND / TICK);
    Ok(format!("{seconds}.{rest:02} 0.00\n").into_bytes())
}

pub(super) fn version(_: &View<'_>) -> Text {
    Ok(format!("Linux version {RELEASE} (ashore) {VERSION}\n").into_bytes())
}

pub(super) fn build(_: &View<'_>) -> Text {
    Ok(format!("{VERSION}\n").into_bytes())
}

pub(super) fn hostname(_: &View<'_>) -> Text {
    Ok(format!("{HOST}\n").into_bytes())
}

pub(super) fn osrelease(_: &View<'_>) -> Text {
    Ok(format!("{RELEASE}\n").into_bytes())
}

/// Sixteen bytes the way such numbers are written, with the marks of a random one.
fn written(mut bytes: [u8; 16]) -> Vec<u8> {
    let [.., version, _, variant, _, _, _, _, _, _, _] = &mut bytes;
    (*version, *variant) = (*version & 0xf | 0x40, *variant & 0x3f | 0x80);
    let mut text = String::new();
    for (byte, at) in bytes.iter().zip(0..) {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text += &format!("{byte:02x}");
    }
    text.push('\n');
    text.into_bytes()
}

pub(super) fn uuid(view: &View<'_>) -> Text {
    let mut bytes = [0; 16];
    view.visitor.kernel.machine().random(&mut bytes);
    Ok(written(bytes))
}

/// The same until the machine ends.
pub(super) fn boot_id(view: &View<'_>) -> Text {
    let seed = *view.visitor.kernel.tree.boot_id.call_once(|| {
        let mut bytes = [0; 16];
        view.visitor.kernel.machine().random(&mut bytes);
        bytes
    });
    Ok(written(seed))
}
