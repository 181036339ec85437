//! What a process offers its personality.

use crate::exec::become_program;
use crate::machine::Caller;
use crate::outside::{Choice, End};
use crate::process::Process;
use crate::root::{self, Link};
use crate::scene::{Ending, Last};
use crate::signals;
use crate::supervise::{Stop, Why};
use crate::threads::Record;
use ashore_base::{Addr, AddrRange};
use ashore_guest::{
    About, Action, Delivery, ExecRequest, ForkKind, Kernel, MapRequest, ParkEnd, Prot, SpawnRequest, Thread, Timeout,
};
use ashore_host::Host;
use ashore_pivot::{Arg, Errno, Linux, Memory, SigSet, Signal, Sys};
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The services for one call of one thread.
pub(crate) struct Services<'a> {
    pub(crate) process: &'static Process,
    pub(crate) record: &'a Arc<Record>,
    /// The calling thread.
    pub(crate) caller: &'a dyn Caller,
    /// A synchronous signal that the call gave itself.
    pub(crate) raised: RefCell<Option<Delivery>>,
    /// The parent's pid, when this is the child of a fork now.
    pub(crate) forked: Cell<Option<i32>>,
}

static HOST: Host = Host;
static MEMORY: ashore_sys::GuestMemory = ashore_sys::GuestMemory;
const AT_FDCWD: i32 = -100;
/// Descriptors of ours that a child must inherit are moved here, out of the guest's way.
const HIGH_FD: u64 = 900;
const F_DUPFD_CLOEXEC: u64 = 1030;
const O_CLOEXEC: u64 = 0o2_000_000;

impl Services<'_> {
    /// Shows how the process ends to those who want to see it.
    pub(crate) fn show(&self, ending: &Ending<'_>) {
        let regs = self.caller.registers();
        let fp = || self.caller.fp();
        self.process.show(&Last { regs: &regs, fp: &fp, record: self.record, alt_stack: None }, ending);
    }

    fn flush(&self) {
        if let Some(observer) = &self.process.options.observer {
            observer.flush();
        }
    }

    /// Tells the supervisor that the process is about to end.
    fn tell(&self, why: Why) {
        if let Some(supervisor) = &self.process.options.supervisor {
            supervisor.stopped(Stop {
                thread: self.record.id.load(Ordering::Relaxed),
                host_tid: self.record.host_tid.load(Ordering::Relaxed),
                why,
                regs: self.caller.registers(),
                fp: Vec::new(),
            });
        }
    }

    /// A pipe of which the child of a vfork holds one end until it execs or ends.
    fn vfork_pipe(&self) -> Result<[i32; 2], Errno> {
        let mut fds = [0u8; 8];
        HOST.call_with(Sys::PIPE2, &mut [Arg::Out(&mut fds), Arg::Word(O_CLOEXEC)])?;
        let [read, write] = [0, 4].map(|at| i32::from_le_bytes(fds[at..at + 4].try_into().unwrap_or([0; 4])));
        Ok([read, write].map(|fd| {
            let moved = HOST.call(Sys::FCNTL, [fd as u64, F_DUPFD_CLOEXEC, HIGH_FD, 0, 0, 0]);
            match moved {
                Ok(high) => {
                    close(fd);
                    high as i32
                }
                Err(_) => fd,
            }
        }))
    }

    fn forked_child(&self, parent: i32) {
        let process = self.process;
        process.pid.store(std::process::id() as i32, Ordering::Relaxed);
        process.threads.keep_only(self.record);
        process.freezer.store(0, Ordering::Relaxed);
        self.forked.set(Some(parent));
        if let Some(outside) = process.outside() {
            outside.forked();
            ashore_sys::free_tsc();
        }
        if let Some(observer) = &process.options.observer {
            observer.forked(process.os, process.pid());
        }
    }
}

fn close(fd: i32) {
    let _ = HOST.call(Sys::CLOSE, [fd as u64, 0, 0, 0, 0, 0]);
}

impl Kernel for Services<'_> {
    fn linux(&self) -> &dyn Linux {
        self.process.linux()
    }

    fn memory(&self) -> &dyn Memory {
        &MEMORY
    }

    fn host_path(&self, path: &[u8]) -> Vec<u8> {
        self.host_path_of(path, Link::Kept)
    }

    fn host_target(&self, path: &[u8]) -> Vec<u8> {
        self.host_path_of(path, Link::Followed)
    }

    fn host_path_beside(&self, dir: u64, path: &[u8], follows: bool) -> Option<Vec<u8>> {
        let root = self.process.options.root.as_ref()?;
        let link = if follows { Link::Followed } else { Link::Kept };
        // A link of the tree that the host's kernel followed in the host leads to a place of the tree.
        let found = root
            .below(dir, path)
            .and_then(|path| root.find(&path, link).or_else(|| root::exists(&path).then_some(path)));
        let is_there = self.process.ask(Choice::Exists, || found.is_some().into()) != 0;
        is_there.then(|| found.unwrap_or_else(|| path.to_vec()))
    }

    fn program_path(&self) -> &[u8] {
        &self.process.program
    }

    fn about(&self) -> Option<&About> {
        self.process.about.get()
    }

    fn map(&self, request: &MapRequest) -> Result<Addr, Errno> {
        match self.process.outside() {
            None => self.process.space.map(request),
            Some(outside) => outside.map(request, &self.process.space),
        }
    }

    fn unmap(&self, range: AddrRange) -> Result<(), Errno> {
        self.process.space.unmap(range)
    }

    fn protect(&self, range: AddrRange, prot: Prot) -> Result<(), Errno> {
        self.process.space.protect(range, prot.0)
    }

    fn is_mapped(&self, range: AddrRange) -> bool {
        self.process.ask(Choice::IsMapped, || self.process.space.is_mapped(range).into()) != 0
    }

    fn main_stack(&self) -> AddrRange {
        self.process.space.stack
    }

    fn break_start(&self) -> Addr {
        Addr(self.process.space.break_start.load(Ordering::Relaxed))
    }

    fn spawn(&self, creator: &Thread, request: &SpawnRequest) -> Result<u64, Errno> {
        if let Some(outside) = self.process.outside() {
            outside.refuse("the program makes a second thread, and only programs of one thread can be recorded yet");
        }
        self.caller.spawn(self.process, creator, request)
    }

    fn host_tid(&self, id: u64) -> Option<i32> {
        self.process.threads.find(id).map(|record| record.told_tid.load(Ordering::Relaxed))
    }

    fn thread_ids(&self) -> Vec<u64> {
        self.process.threads.ids()
    }

    fn park(&self, timeout: Timeout) -> ParkEnd {
        park_end(self.process.ask(Choice::Park, || self.record.park(timeout) as u64))
    }

    fn unpark(&self, id: u64) -> bool {
        let found = self.process.threads.find(id);
        found.inspect(|record| record.unpark()).is_some()
    }

    fn exit(&self, status: u8) -> ! {
        self.tell(Why::Exits(status));
        if let Some(observer) = &self.process.options.observer {
            observer.exit(self.process.os, status);
        }
        self.flush();
        self.process.tell_end(End::Status(status));
        self.show(&Ending::Exit(status));
        self.process.space.at_end();
        ashore_sys::exit_group(status)
    }

    fn die_of(&self, signal: Signal) -> ! {
        self.tell(Why::Dies(signal));
        self.flush();
        self.process.tell_end(End::Signal(signal));
        self.show(&Ending::Signal(Delivery::plain(signal)));
        ashore_sys::die_of(signal)
    }

    fn action(&self, signal: Signal) -> Action {
        self.process.actions().get(usize::from(signal.0)).copied().unwrap_or(Action::DEFAULT)
    }

    fn set_action(&self, signal: Signal, action: Action) -> Result<(), Errno> {
        signals::set_action(self.process, signal, action)
    }

    fn watch_signal(&self, signal: Signal) -> Result<(), Errno> {
        signals::watch(self.process, signal)
    }

    fn set_mask(&self, thread: &mut Thread, mask: SigSet) {
        signals::set_mask(thread, mask);
    }

    fn suspend(&self, thread: &mut Thread, mask: SigSet) -> Errno {
        thread.saved_mask = Some(thread.mask);
        signals::set_mask(thread, mask);
        while self.linux().wait(Sys::PAUSE, [0; 6]) != Err(Errno::RESTART) {}
        Errno::EINTR
    }

    fn raise(&self, _thread: &mut Thread, delivery: Delivery) {
        *self.raised.borrow_mut() = Some(delivery);
    }

    fn fork(&self, kind: ForkKind) -> Result<i32, Errno> {
        let made = self.process.ask(Choice::Fork, || match self.duplicate(kind) {
            Ok(pid) => pid as u64,
            Err(errno) => -i64::from(errno.0) as u64,
        });
        Errno::check(made).map(|pid| pid as i32)
    }

    fn exec(&self, request: &ExecRequest) -> Errno {
        Errno(self.process.ask(Choice::Exec, || u64::from(self.replace(request).0)) as u16)
    }

    fn note(&self, what: &str) {
        self.process.note(what);
    }
}

impl Services<'_> {
    fn host_path_of(&self, path: &[u8], link: Link) -> Vec<u8> {
        if let Some(other) = (self.process.os.magic_path)(path, &self.process.program) {
            return other;
        }
        let (Some(root), Some(b'/')) = (&self.process.options.root, path.first()) else { return path.to_vec() };
        let is = |answer: bool| self.process.ask(Choice::Exists, || answer.into()) != 0;
        let found = root.find(path, link);
        if is(found.is_some()) {
            return found.unwrap_or_else(|| root.joined(path));
        }
        if is(root::exists(path)) {
            return path.to_vec();
        }
        // What is new belongs to the tree when the tree has the place for it.
        let (folder, name) = root::split(path);
        let folder = root.find(if folder.is_empty() { b"/" } else { folder }, Link::Followed);
        match is(folder.is_some()) {
            true => [folder.unwrap_or_else(|| root.joined(b"")), name.to_vec()].concat(),
            false => path.to_vec(),
        }
    }

    fn duplicate(&self, kind: ForkKind) -> Result<i32, Errno> {
        let process = self.process;
        let pipe = if kind == ForkKind::Vfork { Some(self.vfork_pipe()?) } else { None };
        let parent = process.pid();
        let mut fork = || process.with_locks(|| (process.os.around_fork)(&process.state, &mut ashore_sys::fork));
        let mut observed = || match &process.options.observer {
            Some(observer) => observer.around_fork(&mut fork),
            None => fork(),
        };
        let result = match &process.options.supervisor {
            Some(supervisor) => supervisor.around_fork(&mut observed),
            None => observed(),
        };
        if let Ok(0) = result {
            self.forked_child(parent);
        }
        if let Some([read, write]) = pipe {
            let is_child = matches!(result, Ok(0));
            close(if is_child { read } else { write });
            if !is_child {
                // Ends when the child's end closes: by exec, or because it is gone.
                let mut byte = [0u8; 1];
                let words = &mut [Arg::Word(read as u64), Arg::Out(&mut byte), Arg::Word(1)];
                while HOST.call_with(Sys::READ, words) == Err(Errno::EINTR) {}
                close(read);
            }
        }
        result
    }

    fn replace(&self, request: &ExecRequest) -> Errno {
        let path = if request.path.first() == Some(&b'/') {
            self.host_target(&request.path)
        } else if request.dir_fd == AT_FDCWD {
            request.path.clone()
        } else {
            let mut path = format!("/proc/self/fd/{}", request.dir_fd).into_bytes();
            if !request.path.is_empty() {
                path.push(b'/');
                path.extend_from_slice(&request.path);
            }
            path
        };
        let plan = match self.process.options.launcher.plan(&path, &request.path, &request.args) {
            Ok(plan) => plan,
            Err(errno) => return errno,
        };
        if self.process.net == Some(ashore_sys::Net::Seccomp) {
            self.note("this kernel's net is a seccomp filter, which another program would inherit: exec is refused");
            return Errno::EPERM;
        }
        if let Some(observer) = &self.process.options.observer {
            observer.leave();
        }
        self.process.space.at_end();
        signals::before_exec(self.process);
        if let Some(outside) = self.process.outside() {
            outside.end(End::Exec);
            ashore_sys::free_tsc();
        }
        let errno = become_program(&plan, &*self.process.options.launcher, &request.env);
        if self.process.outside().is_some() {
            let _ = ashore_sys::trap_tsc();
        }
        signals::after_failed_exec(self.process);
        errno
    }
}

/// A way a park ended, by its number.
fn park_end(number: u64) -> ParkEnd {
    let ends = [ParkEnd::Unparked, ParkEnd::Already, ParkEnd::TimedOut, ParkEnd::Interrupted];
    ends.into_iter().find(|end| *end as u64 == number).unwrap_or(ParkEnd::Interrupted)
}
