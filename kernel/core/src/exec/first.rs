//! The first program, and what a thread becomes when it runs another one.

use super::{Fail, Finder, Owner, Ready, Wish, prepare};
use crate::call::Own;
use crate::dump::Dumps;
use crate::fd::Files;
use crate::files::Visitor;
use crate::files::walk::{From, Last, Limits, walk};
use crate::kernel::Kernel;
use crate::machine::Context;
use crate::process::{Inner, Parts, Process};
use crate::thread::Thread;
use crate::trace::Ring;
use alloc::string::String;
use alloc::sync::Arc;
use ashore_formats::boot::Start;
use ashore_guest::linux::arm64;
use ashore_pivot::{Errno, Signal};
use ashore_report::{Report, table::UNSUPPORTED_LAYOUT};

impl Kernel {
    /// Puts the files that came with the machine in place and starts the program they name.
    pub fn begin(&mut self) -> Result<Arc<Thread>, Report> {
        self.unpack()?;
        let start = self.start_record()?;
        if start.is_traced {
            let ring = Ring::new();
            self.machine().show_trace(ring.words());
            self.trace = Some(ring);
        }
        let failed = |errno: Errno| {
            UNSUPPORTED_LAYOUT.because(alloc::format!("{errno:?}")).in_file(&String::from_utf8_lossy(&start.program))
        };
        if start.keeps_cores {
            let dumps = Dumps::new();
            self.machine().show_tasks(dumps.words());
            self.dumps = Some(dumps);
        }
        self.use_card();
        let files = self.begin_console(&start).map_err(failed)?;
        start_first(self, files, &start).map_err(failed)
    }
}

/// Starts a program in a process of its own that has no parent.
fn start_first(kernel: &Kernel, files: Files, start: &Start) -> Result<Arc<Thread>, Errno> {
    let root = kernel.tree.root().clone();
    let visitor = Visitor::kernel(kernel);
    let at_root = From { base: root.clone(), root: root.clone(), limits: Limits::default() };
    let base = walk(&visitor, &at_root, &start.cwd, Last::Follow)?.node()?.clone();
    let finder = Finder { visitor, from: From { base: base.clone(), ..at_root } };
    let path = [b"/", start.program.strip_prefix(b"/").unwrap_or(&start.program)].concat();
    let spot = finder.find(&path)?;
    let wish = Wish { spot, path, args: start.args.clone(), env: start.env.clone() };
    let inner = Inner { born: kernel.now(), ..Inner::default() };
    let owner = Owner { limits: inner.limits, ids: [0; 4] };
    let ready = prepare(kernel, &finder, wish, &owner).map_err(|fail| match fail {
        Fail::Errno(errno) => errno,
        Fail::Fatal => Errno::ENOEXEC,
    })?;
    files.enter();
    let parts = Parts { files: Arc::new(files), ..Parts::new(ready.space.clone(), &root) };
    parts.place.inner.lock().cwd = base;
    let pid = kernel.new_id();
    let process = Process::new(pid, inner, pid, pid);
    kernel.give_console(&process);
    let thread = Thread::new(pid, process.clone(), parts, Own { context: ready.context(), ..Own::default() });
    process.inner.lock().threads.push(thread.clone());
    kernel.tasks.lock().processes.insert(pid, Arc::downgrade(&process));
    ready.name(&thread);
    kernel.start(&thread);
    Ok(thread)
}

impl Ready {
    /// The registers the program begins with.
    pub(crate) fn context(&self) -> Context {
        Context { regs: arm64::begin(self.entry, self.sp), ..Context::default() }
    }

    /// Says what the thread and its process are called now.
    pub(crate) fn name(self, thread: &Thread) {
        *thread.name.lock() = self.name;
        let mut inner = thread.process.inner.lock();
        inner.program = self.program;
        inner.started_with = self.started_with;
        inner.auxv = self.auxv;
        inner.has_executed = true;
        // Whoever made it with another one made another program.
        inner.exit_signal = u32::from(Signal::CHLD.0);
    }
}
