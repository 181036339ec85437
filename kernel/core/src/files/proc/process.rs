//! A process: what it is, where it is, what it has open.

use super::machine::TICK;
use super::table::PROCESS;
use crate::files::made::{Content, Jumping, Nameless, Subject, View};
use crate::files::walk::{From, Last, Limits, walk};
use crate::files::{Spot, Visitor};
use crate::process::{Halt, Process, StartedWith};
use crate::thread::{Moved, State, Thread};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::{AddrRange, PAGE_SIZE};
use ashore_pivot::layout::open::O_CLOEXEC;
use ashore_pivot::{Errno, SigSet};
use core::sync::atomic::Ordering;

/// The most of a process's strings that is shown.
const MOST_STRINGS: u64 = 2 << 20;

type Text = Result<Vec<u8>, Errno>;

fn number(name: &[u8]) -> Option<u32> {
    if name.first() == Some(&b'0') && name.len() > 1 {
        return None;
    }
    core::str::from_utf8(name).ok()?.parse().ok()
}

fn names(numbers: impl Iterator<Item = u64>) -> Vec<Vec<u8>> {
    numbers.map(|number| number.to_string().into_bytes()).collect()
}

pub(super) fn own(view: &View<'_>) -> Text {
    let thread = view.visitor.thread.ok_or(Errno::ENOENT)?;
    Ok(thread.process.pid.to_string().into_bytes())
}

pub(super) fn own_thread(view: &View<'_>) -> Text {
    let thread = view.visitor.thread.ok_or(Errno::ENOENT)?;
    Ok(format!("{}/task/{}", thread.process.pid, thread.tid).into_bytes())
}

pub(super) fn process_names(view: &View<'_>) -> Vec<Vec<u8>> {
    names(view.visitor.kernel.processes().iter().map(|process| u64::from(process.pid)))
}

pub(super) fn process_meaning(view: &View<'_>, name: &[u8]) -> Option<(Content, Subject)> {
    let number = number(name)?;
    let kernel = view.visitor.kernel;
    // A thread that ends may be known for a moment longer than its process.
    let process = kernel.process(number).or_else(|| kernel.process(kernel.thread(number)?.process.pid))?;
    Some((Content::Directory(PROCESS), Subject { process: Some(process), ..Subject::default() }))
}

pub(super) fn task_names(view: &View<'_>) -> Vec<Vec<u8>> {
    let threads = view.process().map(|process| process.inner.lock().threads.clone()).unwrap_or_default();
    names(threads.iter().map(|thread| u64::from(thread.tid)))
}

pub(super) fn task_meaning(view: &View<'_>, name: &[u8]) -> Option<(Content, Subject)> {
    let number = number(name)?;
    let process = view.process().ok()?;
    let thread = process.inner.lock().threads.iter().find(|thread| thread.tid == number).cloned()?;
    let subject = Subject { process: Some(process.clone()), thread: Some(thread), number: 0 };
    Some((Content::Directory(PROCESS), subject))
}

pub(super) fn fd_names(view: &View<'_>) -> Vec<Vec<u8>> {
    let Ok(thread) = view.thread() else { return Vec::new() };
    let all = thread.files().all();
    let names = names(all.iter().map(|(fd, _)| *fd));
    all.into_iter().for_each(|(_, slot)| view.visitor.kernel.close(slot.open));
    names
}

fn fd(view: &View<'_>, name: &[u8]) -> Option<Subject> {
    let number = u64::from(number(name)?);
    let open = view.thread().ok()?.files().get(number).ok()?;
    view.visitor.kernel.close(open);
    Some(Subject { number, ..view.subject.clone() })
}

pub(super) fn fd_meaning(view: &View<'_>, name: &[u8]) -> Option<(Content, Subject)> {
    Some((Content::JumpWith(Jumping { to: fd_jump, path: fd_path }, fd_mode), fd(view, name)?))
}

pub(super) fn fdinfo_meaning(view: &View<'_>, name: &[u8]) -> Option<(Content, Subject)> {
    Some((Content::Text(fdinfo), fd(view, name)?))
}

/// What may be done with a descriptor, as permissions of its owner.
fn fd_mode(subject: &Subject) -> u32 {
    let thread = match (&subject.thread, &subject.process) {
        (Some(thread), _) => Some(thread.clone()),
        (None, process) => process.as_ref().and_then(|process| process.inner.lock().threads.first().cloned()),
    };
    let Some(Ok(open)) = thread.map(|thread| thread.files().get(subject.number)) else { return 0 };
    let bits = |has: bool, bits: u32| if has { bits } else { 0 };
    bits(open.can_read(), 0o500) | bits(open.can_write(), 0o300)
}

fn fd_jump(view: &View<'_>) -> Result<Spot, Errno> {
    let open = view.thread()?.files().get(view.subject.number).map_err(|_| Errno::ENOENT)?;
    let spot = open.spot.clone().unwrap_or_else(|| {
        let name = open.file.name().into_bytes();
        Spot { node: Arc::new(Nameless(open.file.clone())), dir: None, name }
    });
    view.visitor.kernel.close(open);
    Ok(spot)
}

fn fd_path(view: &View<'_>) -> Text {
    let open = view.thread()?.files().get(view.subject.number).map_err(|_| Errno::ENOENT)?;
    let path = open.path(view.visitor);
    view.visitor.kernel.close(open);
    Ok(path)
}

fn fdinfo(view: &View<'_>) -> Text {
    let slot = view.thread()?.files().slot(view.subject.number).map_err(|_| Errno::ENOENT)?;
    let open = slot.open;
    let (offset, flags) = (*open.offset.lock(), open.flags() | if slot.closes_on_exec { O_CLOEXEC } else { 0 });
    let inode = open.node().map_or(1, |node| node.status().inode);
    view.visitor.kernel.close(open);
    Ok(format!("pos:\t{offset}\nflags:\t0{flags:o}\nmnt_id:\t1\nino:\t{inode}\n").into_bytes())
}

/// The root and the working directory of the process.
fn places(view: &View<'_>) -> Result<crate::place::Where, Errno> {
    let place = view.thread()?.parts.lock().place.clone();
    let here = place.inner.lock().clone();
    Ok(here)
}

pub(super) fn cwd(view: &View<'_>) -> Result<Spot, Errno> {
    Ok(Spot::directory(places(view)?.cwd))
}

pub(super) fn cwd_path(view: &View<'_>) -> Text {
    Ok(cwd(view)?.path(view.visitor.kernel.tree.root(), view.visitor))
}

pub(super) fn root(view: &View<'_>) -> Result<Spot, Errno> {
    Ok(Spot::directory(places(view)?.root))
}

pub(super) fn root_path(view: &View<'_>) -> Text {
    Ok(root(view)?.path(view.visitor.kernel.tree.root(), view.visitor))
}

pub(super) fn exe_path(view: &View<'_>) -> Text {
    let path = view.process()?.inner.lock().program.clone();
    if path.is_empty() { Err(Errno::ENOENT) } else { Ok(path) }
}

pub(super) fn exe(view: &View<'_>) -> Result<Spot, Errno> {
    let kernel = view.visitor.kernel;
    let root = kernel.tree.root();
    let from = From { root: root.clone(), base: root.clone(), limits: Limits::default() };
    walk(&Visitor::kernel(kernel), &from, &exe_path(view)?, Last::Follow)?.spot()
}

pub(super) fn auxv(view: &View<'_>) -> Text {
    Ok(view.process()?.inner.lock().auxv.clone())
}

/// What lies between two addresses of the process; nothing once it has ended.
fn strings(view: &View<'_>, which: fn(&StartedWith) -> AddrRange) -> Text {
    let Ok(thread) = view.thread() else { return Ok(Vec::new()) };
    let range = which(&view.process()?.inner.lock().started_with);
    let mut bytes = alloc::vec![0; range.len().min(MOST_STRINGS) as usize];
    let count = thread.space().copy_in(range.start, &mut bytes);
    bytes.truncate(count);
    Ok(bytes)
}

pub(super) fn cmdline(view: &View<'_>) -> Text {
    strings(view, |with| with.args)
}

pub(super) fn environ(view: &View<'_>) -> Text {
    strings(view, |with| with.env)
}

pub(super) fn io(view: &View<'_>) -> Text {
    let (ended, threads) = {
        let inner = view.process()?.inner.lock();
        (inner.moved, inner.threads.clone())
    };
    let Moved { bytes: [read, written], calls: [reads, writes] } = match &view.subject.thread {
        Some(thread) => thread.moved.get(),
        None => threads.iter().fold(ended, |all, thread| all.and(thread.moved.get())),
    };
    // Files are in memory: nothing comes from a disk or goes to one.
    Ok(format!(
        "rchar: {read}\nwchar: {written}\nsyscr: {reads}\nsyscw: {writes}\n\
         read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n"
    )
    .into_bytes())
}

pub(super) fn mounts(view: &View<'_>) -> Text {
    Ok(view.visitor.kernel.tree.mounts.table(&places(view)?.root))
}

pub(super) fn mountinfo(view: &View<'_>) -> Text {
    Ok(view.visitor.kernel.tree.mounts.info(&places(view)?.root))
}

fn name_of(thread: &Thread) -> String {
    let name = *thread.name.lock();
    let text: Vec<u8> = name.into_iter().take_while(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&text).into_owned()
}

pub(super) fn comm(view: &View<'_>) -> Text {
    Ok(format!("{}\n", name_of(&*view.thread()?)).into_bytes())
}

pub(super) fn set_comm(view: &View<'_>, text: &[u8]) -> Result<(), Errno> {
    let mut name = [0; 16];
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    name.iter_mut().take(15).zip(text).for_each(|(to, byte)| *to = *byte);
    *view.thread()?.name.lock() = name;
    Ok(())
}

/// The names of limits, their numbers, their units, as Linux lists them.
const LIMITS: [(&str, usize, &str); 16] = [
    ("Max cpu time", 0, "seconds"),
    ("Max file size", 1, "bytes"),
    ("Max data size", 2, "bytes"),
    ("Max stack size", 3, "bytes"),
    ("Max core file size", 4, "bytes"),
    ("Max resident set", 5, "bytes"),
    ("Max processes", 6, "processes"),
    ("Max open files", 7, "files"),
    ("Max locked memory", 8, "bytes"),
    ("Max address space", 9, "bytes"),
    ("Max file locks", 10, "locks"),
    ("Max pending signals", 11, "signals"),
    ("Max msgqueue size", 12, "bytes"),
    ("Max nice priority", 13, ""),
    ("Max realtime priority", 14, ""),
    ("Max realtime timeout", 15, "us"),
];

pub(super) fn limits(view: &View<'_>) -> Text {
    let limits = view.process()?.inner.lock().limits;
    let mut text = format!("{:<25} {:<20} {:<20} {:<10}\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    let show = |limit: u64| if limit == crate::limits::INFINITE { "unlimited".to_string() } else { limit.to_string() };
    for (name, number, unit) in LIMITS {
        let (soft, hard) = limits.of.get(number).copied().unwrap_or_default();
        let unit = if unit.is_empty() { String::new() } else { format!("{unit:<10}") };
        text += &format!("{name:<25} {:<20} {:<20} {unit}\n", show(soft), show(hard));
    }
    Ok(text.into_bytes())
}

/// What a process or thread does now: a letter.
fn state(process: &Process, thread: Option<&Thread>) -> char {
    let (is_dead, is_stopped) = {
        let inner = process.inner.lock();
        (inner.is_dead, matches!(inner.halt, Some(Halt::Stopped { .. })))
    };
    match thread.map(|thread| *thread.state.lock()) {
        _ if is_dead => 'Z',
        _ if is_stopped => 'T',
        Some(State::Running { .. } | State::Ready) => 'R',
        Some(State::Parked) => 'S',
        Some(State::Gone) | None => 'Z',
    }
}

/// What `stat` and `status` both tell.
struct Facts {
    name: String,
    state: char,
    pid: u32,
    tid: u32,
    parent: u32,
    group: u32,
    session: u32,
    threads: usize,
    ran: u64,
    children_ran: u64,
    born: u64,
    ids: [u32; 6],
    groups: Arc<Vec<u32>>,
    sizes: crate::memory::Sizes,
    started_with: StartedWith,
    exit_signal: u32,
    nice: i32,
    cpu: u32,
    /// How often it waited, and how often it made room.
    switches: [u64; 2],
    descriptors: u64,
    heap: u64,
    /// Waiting, for the process; blocked; ignored; caught.
    signals: [u64; 5],
}

fn facts(view: &View<'_>) -> Result<Facts, Errno> {
    let process = view.process()?;
    let thread = view.thread().ok();
    let state = state(process, thread.as_deref());
    let sizes = thread.as_ref().filter(|_| state != 'Z').map(|thread| thread.space().sizes()).unwrap_or_default();
    let ran = match &view.subject.thread {
        Some(thread) => thread.ran(),
        None => process.ran(),
    };
    let number = |of: fn(&Thread) -> u64| thread.as_deref().map_or(0, of);
    let switches: [fn(&Thread) -> u64; 2] =
        [|thread| thread.switches[0].load(Ordering::Relaxed), |thread| thread.switches[1].load(Ordering::Relaxed)];
    let (switches, heap) = (switches.map(number), number(|thread| thread.space().heap().start.0));
    let (cpu, nice) = (number(|thread| u64::from(thread.last_cpu.load(Ordering::Relaxed))) as u32, &thread);
    let nice = nice.as_ref().map_or(0, |thread| thread.nice.load(Ordering::Relaxed));
    let descriptors = number(|thread| thread.files().end());
    let mut signals = [0; 5];
    if let Some(thread) = &thread {
        let own = thread.signals.lock();
        let actions = thread.actions();
        let (ignored, caught) = actions.ignored_and_caught();
        signals = [own.queue.set().0, 0, own.mask.0, ignored.0, caught.0];
    }
    let [_, waiting, ..] = &mut signals;
    *waiting = process.signals.lock().queue.set().0;
    let inner = process.inner.lock();
    Ok(Facts {
        name: thread.as_ref().map(|thread| name_of(thread)).unwrap_or_default(),
        state,
        pid: process.pid,
        tid: view.subject.thread.as_ref().map_or(process.pid, |thread| thread.tid),
        parent: inner.parent.as_ref().and_then(alloc::sync::Weak::upgrade).map_or(1, |parent| parent.pid),
        group: process.group.load(Ordering::Relaxed),
        session: process.session.load(Ordering::Relaxed),
        threads: inner.threads.len(),
        ran,
        children_ran: inner.children_ran,
        born: inner.born,
        ids: inner.ids,
        groups: inner.groups.clone(),
        sizes,
        started_with: inner.started_with,
        exit_signal: inner.exit_signal,
        nice,
        cpu,
        switches,
        descriptors,
        heap,
        signals,
    })
}

pub(super) fn process_stat(view: &View<'_>) -> Text {
    let facts = facts(view)?;
    let (sizes, with) = (&facts.sizes, &facts.started_with);
    let [_, waiting, blocked, ignored, caught] = facts.signals;
    // As `proc(5)` numbers them: 1 to 10, 11 to 25, 26 to 44, 45 to 52.
    let text = format!(
        "{} ({}) {} {} {} {} 0 -1 4194304 0 0 0 0 {} 0 {} 0 {} {} {} 0 {} {} {} 18446744073709551615 \
         0 0 {} 0 0 {} {} {} {} 0 0 0 {} {} 0 0 0 0 0 0 0 {} {} {} {} {} 0\n",
        facts.tid,
        facts.name,
        facts.state,
        facts.parent,
        facts.group,
        facts.session,
        facts.ran / TICK,
        facts.children_ran / TICK,
        20 + facts.nice,
        facts.nice,
        facts.threads,
        facts.born / TICK,
        sizes.total * PAGE_SIZE,
        sizes.resident,
        with.stack.0,
        waiting & 0x7fff_ffff,
        blocked & 0x7fff_ffff,
        ignored & 0x7fff_ffff,
        caught & 0x7fff_ffff,
        facts.exit_signal,
        facts.cpu,
        facts.heap,
        with.args.start.0,
        with.args.end.0,
        with.env.start.0,
        with.env.end.0,
    );
    Ok(text.into_bytes())
}

pub(super) fn status(view: &View<'_>) -> Text {
    let facts = facts(view)?;
    let sizes = &facts.sizes;
    let word = match facts.state {
        'R' => "running",
        'S' => "sleeping",
        'T' => "stopped",
        _ => "zombie",
    };
    let [uid, euid, suid, gid, egid, sgid] = facts.ids;
    let groups: Vec<String> = facts.groups.iter().map(u32::to_string).collect();
    let mut text = format!(
        "Name:\t{}\nUmask:\t{:04o}\nState:\t{} ({word})\nTgid:\t{}\nNgid:\t0\nPid:\t{}\nPPid:\t{}\nTracerPid:\t0\n\
         Uid:\t{uid}\t{euid}\t{suid}\t{euid}\nGid:\t{gid}\t{egid}\t{sgid}\t{egid}\nFDSize:\t{}\nGroups:\t{} \n",
        facts.name,
        places(view).map_or(0, |place| place.mask),
        facts.state,
        facts.pid,
        facts.tid,
        facts.parent,
        facts.descriptors.next_power_of_two().max(64),
        groups.join(" "),
    );
    for (name, pages) in [
        ("VmPeak", sizes.most_total),
        ("VmSize", sizes.total),
        ("VmLck", sizes.locked),
        ("VmPin", 0),
        ("VmHWM", sizes.most_resident),
        ("VmRSS", sizes.resident),
        ("RssAnon", sizes.resident.saturating_sub(sizes.resident_of_files)),
        ("RssFile", sizes.resident_of_files),
        ("RssShmem", 0),
        ("VmData", sizes.data),
        ("VmStk", sizes.stack),
        ("VmExe", sizes.text),
        ("VmLib", 0),
        ("VmPTE", 0),
        ("VmSwap", 0),
    ] {
        text += &format!("{name}:\t{:>8} kB\n", pages * PAGE_SIZE / 1024);
    }
    let [own, shared, blocked, ignored, caught] = facts.signals.map(SigSet);
    text += &format!("Threads:\t{}\nSigQ:\t0/1024\n", facts.threads);
    for (name, set) in
        [("SigPnd", own), ("ShdPnd", shared), ("SigBlk", blocked), ("SigIgn", ignored), ("SigCgt", caught)]
    {
        text += &format!("{name}:\t{:016x}\n", set.0);
    }
    let all = if euid == 0 { "000001ffffffffff" } else { "0000000000000000" };
    text += &format!(
        "CapInh:\t0000000000000000\nCapPrm:\t{all}\nCapEff:\t{all}\nCapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\n\
         NoNewPrivs:\t0\nSeccomp:\t0\nSeccomp_filters:\t0\n"
    );
    let cpus = view.visitor.kernel.machine().cpus();
    let mask = if cpus >= 64 { u64::MAX } else { (1 << cpus) - 1 };
    text += &format!("Cpus_allowed:\t{mask:x}\nCpus_allowed_list:\t{}\n", crate::files::sys::cpu_range(cpus));
    let [waits, yields] = facts.switches;
    text += "Mems_allowed:\t1\nMems_allowed_list:\t0\n";
    text += &format!("voluntary_ctxt_switches:\t{waits}\nnonvoluntary_ctxt_switches:\t{yields}\n");
    Ok(text.into_bytes())
}
