//! What all threads of a process share.

use crate::Names;
use crate::last_words::LastWords;
use crate::machine::InConvention;
use crate::outside::{self, Choice};
use crate::recorder::Answers;
use crate::root::Root;
use crate::space::Space;
use crate::threads::Threads;
use crate::{Launcher, Observer, Outside, Supervisor, Witness};
use ashore_base::Addr;
use ashore_guest::{Abi, About, Action, Os, Row, State};
use ashore_isa::RegisterFile;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What a person chose.
pub struct Options {
    /// A tree that absolute paths are looked up in before the host's.
    pub root: Option<Root>,
    /// Say nothing about unknown calls.
    pub quiet: bool,
    /// Stop at the first unknown call, with the guest's stack.
    pub strict: bool,
    /// Tells what is where in the program.
    pub names: Names,
    /// Record nothing of what threads do (for measuring what that costs).
    pub no_recorder: bool,
    /// Run without the kernel's net (benchmarks of our own program on its own system only).
    pub no_net: bool,
    /// Use this net instead of the best one there is.
    pub net: Option<ashore_sys::Net>,
    /// How execs are decided.
    pub launcher: Box<dyn Launcher>,
    /// Whoever watches.
    pub observer: Option<Box<dyn Observer>>,
    /// Whoever stands between the process and the outside.
    pub outside: Option<Box<dyn Outside>>,
    /// Who is shown how the process ends.
    pub witnesses: Vec<Box<dyn Witness>>,
    /// How programs of another CPU are run.
    pub engine: ashore_engine::Settings,
    /// Where translations are kept.
    pub keeper: Option<Box<dyn ashore_engine::jit::Keeper>>,
    /// Whoever is told what is translated to where.
    pub mapper: Option<Arc<dyn ashore_engine::jit::Mapper>>,
    /// Whoever may stop and change threads. The program's call sites are not rewritten then.
    pub supervisor: Option<Arc<dyn Supervisor>>,
}

/// A process. It is never freed: it ends when we do, and threads that share it need not count.
pub struct Process {
    /// Tells what the registers of an answer say.
    pub(crate) answers: Box<dyn Answers>,
    /// The guest's system.
    pub(crate) os: &'static Os,
    /// What the personality remembers.
    pub(crate) state: State,
    /// Its choices.
    pub(crate) options: Options,
    /// What it is told of itself, when its CPU is not the host's.
    pub(crate) about: OnceLock<About>,
    /// The absolute path of the program.
    pub(crate) program: Vec<u8>,
    /// Rows by number, so that the fast path does not search.
    pub(crate) rows: Vec<Option<&'static Row>>,
    /// The address space.
    pub(crate) space: Space,
    /// The threads.
    pub(crate) threads: Threads,
    /// The host's process id.
    pub(crate) pid: AtomicI32,
    /// The code a handler returns into, when the system has one.
    pub(crate) trampoline: Addr,
    /// None when nothing of the guest reaches the host's CPU.
    pub(crate) net: Option<ashore_sys::Net>,
    actions: Mutex<[Action; 65]>,
    /// Signals the personality counts, in the layout of a set.
    pub(crate) watched: AtomicU64,
    /// The host's id of the thread that froze all others, or 0 ([`crate::stop`]).
    pub(crate) freezer: AtomicI32,
    noted: Mutex<BTreeSet<String>>,
    /// What the guest said last.
    pub(crate) last_words: LastWords,
    /// Times of what is recorded.
    pub(crate) watch: ashore_sys::Watch,
}

/// A lock that a thread which panicked held is still a lock: the process is about to end anyway.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Process {
    pub(crate) fn new<R: RegisterFile>(
        abi: &'static dyn Abi<R>,
        options: Options,
        program: Vec<u8>,
        space: Space,
        net: Option<ashore_sys::Net>,
        trampoline: Addr,
    ) -> &'static Process {
        let os = abi.os();
        let pid = outside::ask(options.outside.as_deref(), Choice::Pid, || u64::from(std::process::id())) as i32;
        let highest = os.calls.last().map_or(0, |row| usize::from(row.number));
        // The counter traps when somebody stands between.
        let stands = options.outside.is_some();
        let watch = if stands { ashore_sys::Watch::standing() } else { ashore_sys::Watch::default() };
        let mut rows = vec![None; highest + 1];
        for row in os.calls {
            rows[usize::from(row.number)] = Some(row);
        }
        Box::leak(Box::new(Process {
            answers: Box::new(InConvention(abi)),
            os,
            state: (os.new_state)(),
            options,
            about: OnceLock::new(),
            program,
            rows,
            space,
            threads: Threads::default(),
            pid: AtomicI32::new(pid),
            trampoline,
            net,
            actions: Mutex::new([Action::DEFAULT; 65]),
            watched: AtomicU64::new(0),
            freezer: AtomicI32::new(0),
            noted: Mutex::new(BTreeSet::new()),
            last_words: LastWords::of(os),
            watch,
        }))
    }

    #[inline]
    pub(crate) fn row(&self, number: u64) -> Option<&'static Row> {
        usize::try_from(number).ok().and_then(|n| self.rows.get(n).copied().flatten())
    }

    /// Whether calls have to be shown to somebody.
    pub(crate) fn is_observed(&self) -> bool {
        self.options.observer.is_some() || self.options.outside.is_some() || self.options.supervisor.is_some()
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.load(Ordering::Relaxed)
    }

    pub(crate) fn actions(&self) -> MutexGuard<'_, [Action; 65]> {
        lock(&self.actions)
    }

    /// Says something on stderr once.
    pub(crate) fn note(&self, what: &str) {
        if !lock(&self.noted).insert(what.to_owned()) || self.options.quiet {
            return;
        }
        ashore_sys::say(&format!("ashore: {what}\n"));
    }

    /// What was said.
    pub(crate) fn notes(&self) -> Vec<String> {
        lock(&self.noted).iter().cloned().collect()
    }

    /// Runs `fork` with every lock of the process held, so that the child gets none that nobody releases.
    pub(crate) fn with_locks<T>(&self, fork: impl FnOnce() -> T) -> T {
        let _actions = self.actions();
        let _noted = lock(&self.noted);
        let _last_words = self.last_words.hold();
        let _threads = self.threads.hold();
        let _space = self.space.hold();
        self.space.around_fork(fork)
    }
}
