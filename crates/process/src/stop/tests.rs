//! Threads frozen in a loop, in a call that blocks, and with every signal of theirs blocked.

use super::*;
use crate::exec::{Launcher, Plan};
use crate::machine::{Machine, Origin};
use crate::process::Options;
use crate::space::Space;
use crate::task;
use ashore_base::{Addr, AddrRange};
use ashore_engine::native::{Cpu, NoCopy};
use ashore_guest::{AltStack, SpawnRequest, Thread, ThreadStart};
use ashore_isa::x86_64::Regs;
use ashore_pivot::Errno;

struct NoExec;

static NO_COPY: NoCopy = NoCopy;

impl Launcher for NoExec {
    fn plan(&self, _: &[u8], _: &[u8], _: &[Vec<u8>]) -> Result<Plan, Errno> {
        Err(Errno::ENOENT)
    }

    fn follower(&self, _: i32) -> Plan {
        unreachable!("nothing is followed")
    }
}

fn process() -> &'static Process {
    let options = Options {
        root: None,
        quiet: true,
        strict: false,
        names: Box::new(|_| None),
        no_recorder: false,
        no_net: false,
        net: None,
        launcher: Box::new(NoExec),
        observer: None,
        outside: None,
        witnesses: Vec::new(),
        keeper: None,
        mapper: None,
        engine: ashore_engine::Settings::default(),
        supervisor: None,
    };
    let abi = ashore_guest::by_name("linux").and_then(|guest| guest.x86_64).unwrap();
    let space = Space::new(None, &NO_COPY, AddrRange { start: Addr::NULL, end: Addr::NULL });
    Process::new(abi, options, Vec::new(), space, Some(ashore_sys::available().unwrap()), Addr::NULL)
}

fn code(bytes: &[u8]) -> Addr {
    let page = ashore_sys::anonymous(Addr::NULL, 4096).unwrap();
    ashore_sys::write_code(page.start, bytes).unwrap();
    ashore_sys::protect_host(page, 5).unwrap();
    page.start
}

fn spawn(process: &'static Process, entry: Addr, mask: SigSet) {
    let creator = Thread {
        id: 1,
        host_tid: 1,
        is_main: false,
        tls: Addr::NULL,
        gs_base: Addr::NULL,
        mask: SigSet::EMPTY,
        saved_mask: None,
        alt_stack: AltStack::default(),
        child_stack: Addr::NULL,
        clear_tid: Addr::NULL,
        sp: Addr::NULL,
    };
    let request = SpawnRequest {
        start: ThreadStart::Entry { entry, arg: 0, stack: Addr::NULL, stack_len: 0 },
        tls: None,
        mask: Some(mask),
        inherit_alt_stack: false,
        tid_at: [None; 2],
        clear_tid: Addr::NULL,
    };
    let abi = ashore_guest::by_name("linux").and_then(|guest| guest.x86_64).unwrap();
    let regs = Regs { rflags: 0x202, ..Regs::default() };
    let origin = Origin { machine: Machine::<Cpu>::new(abi, &ashore_engine::Settings::default()), regs, fp: None };
    task::spawn(process, origin, &creator, &request).unwrap();
}

#[test]
fn every_other_thread_leaves_its_registers() {
    ashore_sys::install_all().unwrap();
    let process = process();
    let spin = code(&[0xeb, 0xfe]);
    // mov eax, 34 (pause); syscall; jmp to the start.
    let pause = code(&[0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7]);
    for entry in [spin, pause] {
        spawn(process, entry, SigSet::EMPTY);
        spawn(process, entry, SigSet(!0));
    }
    std::thread::sleep(Duration::from_millis(20));
    let own = Arc::new(Record::default());
    own.host_tid.store(ashore_sys::current_tid(), Ordering::Relaxed);
    process.threads.add(own);
    let mine = Regs { rip: 7, ..Regs::default() }.any();
    let threads = process.freeze_others(&mine);
    let mut at: Vec<Option<u64>> = threads.iter().map(|thread| thread.regs.map(|regs| regs.pc())).collect();
    at.sort_unstable();
    let mut want = vec![Some(7), Some(spin.0), Some(spin.0), Some(pause.0 + 7), Some(pause.0 + 7)];
    want.sort_unstable();
    assert_eq!(at, want);
    assert_eq!(process.freeze_others(&mine).len(), 5);
}
