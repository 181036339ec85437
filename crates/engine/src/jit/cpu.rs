//! A guest thread on translated code, as a process wants it.

use super::memory::HOST_WRITE;
use super::{Exit, Jit, Keeper, Mapper, Settings, Thread};
use crate::eval::{BUS_ADRALN, ILL_ILLOPC, SEGV_ACCERR, TRAP_BRKPT, misaligned};
use crate::fetch::{Executable, Texts};
use crate::{Code, Engine, Runs};
use ashore_base::AddrRange;
use ashore_ir::Access;
use ashore_isa::{InState, Refused};
use ashore_pivot::Signal;
use ashore_sys::translated::Plain;
use ashore_sys::{Block, FaultInfo};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

/// What the threads of a process share: the translated code, which is another one in the child of a fork.
pub struct Shared<R: InState> {
    jit: Mutex<Arc<Jit>>,
    settings: crate::Settings,
    texts: Texts,
    of: PhantomData<R>,
}

/// What a process ends with when there is no memory for code.
const NO_MEMORY: u8 = 125;

fn new_jit<R: InState>(settings: &crate::Settings) -> Arc<Jit> {
    let lifter = ashore_isa::lifter_without(R::CPU, settings.hidden);
    let made = lifter.map(|lifter| Jit::new(lifter, Settings::of(settings)));
    match made {
        Some(Ok(jit)) => jit,
        Some(Err(_)) | None => {
            ashore_sys::say("ashore: there is no memory for translated code\n");
            ashore_sys::exit_group(NO_MEMORY)
        }
    }
}

fn new_thread(jit: &Arc<Jit>) -> Thread {
    Thread::new(jit).unwrap_or_else(|_| {
        ashore_sys::say("ashore: there is no memory for a thread of translated code\n");
        ashore_sys::exit_group(NO_MEMORY)
    })
}

impl<R: InState> Shared<R> {
    fn jit(&self) -> Arc<Jit> {
        self.jit.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<R: InState> Code for Shared<R> {
    fn changed(&self, range: AddrRange, prot: u32) {
        self.texts.changed(range, prot);
        self.jit().invalidate(range.start.0, range.len());
    }

    fn loaded(&self, range: AddrRange) {
        self.jit().loaded_text(range);
    }

    fn at_end(&self) {
        self.jit().close_cache();
        self.jit().say_counts();
    }

    /// The child makes code of its own ([`Cpu::forked`]), but it says so under the lock that all threads find their code by.
    fn around_fork(&self, fork: &mut dyn FnMut()) {
        let jit = self.jit.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever translates asks for texts with the code's own lock held: the same order here.
        jit.locked(&mut || {
            let _texts = self.texts.hold();
            fork();
        });
    }
}

/// A guest thread.
pub struct Cpu<R: InState> {
    block: &'static mut Block,
    shared: &'static Shared<R>,
    /// The registers are the first of its state.
    thread: Thread,
    executable: Executable<'static>,
}

impl<R: InState + Plain> Engine for Cpu<R> {
    type Regs = R;
    type Shared = Shared<R>;
    const RUNS: Runs = Runs::Translated;

    fn learn(settings: &mut crate::Settings, text: &[AddrRange]) {
        settings.habit = super::habit::of(R::CPU, text);
    }

    fn share(settings: &crate::Settings) -> Shared<R> {
        let jit = Mutex::new(new_jit::<R>(settings));
        Shared { jit, settings: *settings, texts: Texts::default(), of: PhantomData }
    }

    fn hwcap(shared: &Shared<R>) -> [u64; 2] {
        shared.jit().lifter.capabilities()
    }

    fn description(shared: &Shared<R>) -> Vec<(&'static str, String)> {
        shared.jit().lifter.description()
    }

    fn open_cache(shared: &Shared<R>, text: &[AddrRange], keeper: Box<dyn Keeper>) {
        let _ = shared.jit().open_cache(text, keeper);
    }

    fn open_map(shared: &Shared<R>, mapper: Arc<dyn Mapper>) {
        shared.jit().tell(mapper);
    }

    fn adopt(shared: &'static Shared<R>) -> Cpu<R> {
        let block = ashore_sys::adopt();
        let thread = new_thread(&shared.jit());
        Cpu { block, shared, thread, executable: Executable::new(&shared.texts) }
    }

    #[inline]
    fn run(&mut self) -> crate::Exit {
        self.executable.keep_up();
        match self.thread.run(&self.executable) {
            Exit::Call(_) => crate::Exit::Call,
            exit => self.told(exit),
        }
    }

    fn step(&mut self) -> crate::Exit {
        if self.block.has_pending() {
            return crate::Exit::Interrupted;
        }
        self.executable.keep_up();
        let exit = self.thread.step(&self.executable);
        exit.map_or(crate::Exit::Stepped, |exit| self.told(exit))
    }

    #[inline]
    fn regs(&mut self) -> &mut R {
        self.thread.first_mut()
    }

    fn signals(&self) -> &Block {
        self.block
    }

    fn signals_mut(&mut self) -> &mut Block {
        self.block
    }

    fn save_fp(&self) -> Vec<u8> {
        R::save_fp(self.thread.state())
    }

    fn load_fp(&mut self, image: &[u8]) {
        R::load_fp(self.thread.state_mut(), image);
    }

    /// The memory for code is the parent's too.
    fn forked(&mut self) {
        let jit = new_jit::<R>(&self.shared.settings);
        let mut thread = new_thread(&jit);
        thread.state_mut().copy_from_slice(self.thread.state());
        self.thread = thread;
        *self.shared.jit.lock().unwrap_or_else(PoisonError::into_inner) = jit;
    }
}

impl<R: InState + Plain> Cpu<R> {
    fn told(&self, exit: Exit) -> crate::Exit {
        let at = self.thread.first::<R>().pc();
        let raised = |signal: Signal, code| {
            crate::Exit::Fault(FaultInfo { signal: signal.0.into(), code, addr: at, ..FaultInfo::default() })
        };
        match exit {
            Exit::Call(_) => crate::Exit::Call,
            Exit::Interrupted => crate::Exit::Interrupted,
            Exit::Break(_) => raised(Signal::TRAP, TRAP_BRKPT),
            Exit::Illegal => raised(Signal::ILL, ILL_ILLOPC),
            Exit::Misaligned => raised(Signal::BUS, BUS_ADRALN),
            Exit::Fault(info) => crate::Exit::Fault(self.of_data(info)),
            Exit::Unaligned(fault) => crate::Exit::Fault(misaligned::<R>(fault)),
            Exit::Refused(fault) => crate::Exit::Fault(self.executable.refusal::<R>(fault.addr)),
        }
    }

    /// The host's words for a fault of data, as the guest's CPU would say it.
    fn of_data(&self, info: FaultInfo) -> FaultInfo {
        let access = if info.error & HOST_WRITE != 0 { Access::Write } else { Access::Read };
        let refused = if info.code == SEGV_ACCERR { Refused::Forbidden } else { Refused::Unmapped };
        FaultInfo { trap: 0, error: R::syndrome(access, refused), ..info }
    }
}
