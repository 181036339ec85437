//! The first program, and what a thread becomes when it runs another one.

use super::{Finder, Owner, Ready, Wish, prepare};
use crate::call::Own;
use crate::files::Visitor;
use crate::files::walk::{From, Limits};
use crate::kernel::Kernel;
use crate::machine::Context;
use crate::process::{Inner, Parts, Process};
use crate::thread::Thread;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_guest::linux::arm64;
use ashore_pivot::Errno;

/// Starts a program in a process of its own that has no parent. `files` are its open files.
pub fn start(
    kernel: &Kernel,
    files: Arc<crate::fd::Files>,
    path: &[u8],
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
) -> Result<Arc<Thread>, Errno> {
    let root = kernel.tree.root().clone();
    let from = From { base: root.clone(), root, limits: Limits::default() };
    let finder = Finder { visitor: Visitor::kernel(kernel), from };
    let wish = Wish { spot: finder.find(path)?, path: path.to_vec(), args, env };
    let inner = Inner { born: kernel.now(), ..Inner::default() };
    let owner = Owner { limits: inner.limits, ids: [0; 4] };
    let ready = prepare(kernel, &finder, wish, &owner).map_err(|fail| match fail {
        super::Fail::Errno(errno) => errno,
        super::Fail::Fatal => Errno::ENOEXEC,
    })?;
    files.enter();
    let parts = Parts { files, ..Parts::new(ready.space.clone(), kernel.tree.root()) };
    let pid = kernel.new_id();
    let process = Process::new(pid, inner, pid, pid);
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
        inner.command_line = self.command_line;
        inner.auxv = self.auxv;
        inner.has_executed = true;
    }
}
