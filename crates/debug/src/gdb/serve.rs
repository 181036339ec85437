//! The server's thread: takes one gdb after another and lets each talk to the process.

use super::files::Files;
use super::listen::{Listen, Listener};
use super::memory::{Breakpoints, Space};
use super::registers::Cpu;
use super::target::{StopReason, Target};
use super::wire::Wire;
use super::world::{Came, Event, World};
use ashore_guest::Os;
use ashore_pivot::{Signal, Sys};
use ashore_process::{Root, Supervisor};
use gdbstub::common;
use gdbstub::stub::state_machine::GdbStubStateMachine;
use gdbstub::stub::{DisconnectReason, GdbStub};
use std::os::fd::AsRawFd;
use std::sync::{Arc, mpsc};

/// What the server needs to know.
pub struct Settings {
    /// Where gdb comes to.
    pub listen: Listen,
    /// The program's absolute path.
    pub program: Vec<u8>,
    /// Its CPU.
    pub cpu: ashore_base::Cpu,
    /// The tree that its libraries are in.
    pub root: Option<Root>,
    /// Say nothing on stderr but why a debugger was lost.
    pub quiet: bool,
}

const CLONE_FILES: u64 = 0x400;
/// Ashore's own failures.
const FAILED: u8 = 125;
const FIRST_TO_CLOSE: u64 = 3;
/// More than gdb asks for at once.
const PACKET_LEN: usize = 32 << 10;
const AT_NULL: u64 = 0;
/// More words than any start-up record has.
const RECORD_MAX: usize = 1 << 20;

/// Starts the server, and gives back who the guest is to run under; why not, when it cannot listen.
pub fn start(settings: Settings, os: &'static Os) -> Result<Arc<dyn Supervisor>, String> {
    let cpu = Cpu::of(settings.cpu).ok_or_else(|| format!("programs for {} cannot be debugged", settings.cpu))?;
    let socket = match &settings.listen {
        Listen::Unix(path) => Some(path.clone()),
        Listen::Port(_) | Listen::Standard => None,
    };
    let at_end = move || {
        if let Some(path) = &socket {
            let _ = std::fs::remove_file(path);
        }
    };
    let world = Arc::new(World::new(os, cpu, Box::new(at_end)));
    let is_standard = settings.listen == Listen::Standard;
    let (tell, told) = mpsc::sync_channel(1);
    let shared = world.clone();
    ashore_sys::spawn(move || {
        let opened = own_files().and_then(|()| {
            let listener = settings.listen.open()?;
            let _ = ashore_sys::call(u64::from(Sys::CLOSE_RANGE.0), [0, 1, 0, 0, 0, 0]);
            let space = Space::open().map_err(|error| format!("/proc/self/mem: {error}"))?;
            Ok(Server { listener, space: Arc::new(space), world: shared, settings })
        });
        match opened {
            Ok(server) => {
                if let (false, Some(address)) = (server.settings.quiet, server.listener.address()) {
                    ashore_sys::say(&format!("ashore: waiting for gdb: target remote {address}\n"));
                }
                let _ = tell.send(Ok(()));
                server.serve();
            }
            Err(why) => {
                let _ = tell.send(Err(why));
            }
        }
    })
    .map_err(|errno| format!("its thread: {errno}"))?;
    told.recv().map_err(|error| error.to_string())??;
    if is_standard {
        leave_standard_files().map_err(|error| format!("the program's files: {error}"))?;
    }
    Ok(world)
}

/// Gives the calling thread a table of files of its own, with only the standard ones: the guest never meets a
/// descriptor of the server's, and the server keeps none of the guest's open.
fn own_files() -> Result<(), String> {
    let call = |sys: Sys, words| ashore_sys::call(u64::from(sys.0), words);
    call(Sys::UNSHARE, [CLONE_FILES, 0, 0, 0, 0, 0]).map_err(|errno| format!("its own files: {errno}"))?;
    let _ = call(Sys::CLOSE_RANGE, [FIRST_TO_CLOSE, u64::from(u32::MAX), 0, 0, 0, 0]);
    Ok(())
}

/// Gives the program nothing to read and standard error to write to: the other two are gdb's.
fn leave_standard_files() -> std::io::Result<()> {
    let nothing = std::fs::File::open("/dev/null")?;
    for (from, to) in [(nothing.as_raw_fd(), 0), (2, 1)] {
        let words = [from as u64, to, 0, 0, 0, 0];
        let made = ashore_sys::call(u64::from(Sys::DUP2.0), words);
        made.map_err(|errno| std::io::Error::from_raw_os_error(errno.0.into()))?;
    }
    Ok(())
}

struct Server {
    listener: Listener,
    space: Arc<Space>,
    world: Arc<World>,
    settings: Settings,
}

/// How a session ended.
enum End {
    /// gdb let the program go.
    Detached,
    /// gdb is gone without a word; whether it ever let the program run, and why.
    Lost {
        has_run: bool,
        why: String,
    },
    Killed,
    /// The program is about to end.
    Ended,
}

impl Server {
    fn serve(self) {
        self.world.wait_for_guest();
        let auxv = self.auxv().unwrap_or_default();
        loop {
            let Ok(stream) = self.listener.accept() else { return };
            let Ok(wire) = Wire::new(stream, self.world.clone()) else { continue };
            self.world.hold();
            let (world, space, program) = (self.world.clone(), self.space.clone(), self.settings.program.clone());
            let target = Target::new(world, space, program, auxv.clone(), Files::of(self.settings.root.clone()));
            match session(wire, target) {
                End::Killed => {
                    (self.world.at_end)();
                    ashore_sys::die_of(Signal::KILL)
                }
                End::Ended => {}
                End::Detached => self.let_go("gdb let the program go: it runs on"),
                End::Lost { has_run: false, .. } if self.listener.address().is_none() => {
                    ashore_sys::say("ashore: gdb is gone before the program ran\n");
                    ashore_sys::exit_group(FAILED)
                }
                End::Lost { has_run: false, .. } => self.say("gdb is gone before the program ran: waiting for another"),
                End::Lost { why, .. } => self.let_go(&format!("lost gdb ({why}): the program runs on")),
            }
        }
    }

    fn let_go(&self, what: &str) {
        self.say(what);
        self.world.let_go(&self.space);
    }

    fn say(&self, what: &str) {
        if !self.settings.quiet {
            ashore_sys::say(&format!("ashore: {what}\n"));
        }
    }

    /// The vector behind the program's arguments and environment, by the registers of the first thread before its first
    /// instruction.
    fn auxv(&self) -> Option<Vec<u8>> {
        let tid = self.world.listed().first()?.host_tid;
        let regs = self.world.file(tid)?.regs;
        (self.world.cpu.records)(&regs).into_iter().find_map(|record| self.vector(record))
    }

    fn vector(&self, record: u64) -> Option<Vec<u8>> {
        let word = |at: u64| -> Option<u64> {
            let mut bytes = [0; 8];
            let len = self.space.read(at, &mut bytes, &Breakpoints::new(self.world.cpu)).ok()?;
            (len == 8).then(|| u64::from_le_bytes(bytes))
        };
        let count = word(record)?;
        if record == 0 || count > RECORD_MAX as u64 || word(record + 8 * (count + 1))? != 0 {
            return None;
        }
        let mut at = record + 8 * (count + 2);
        while word(at)? != 0 {
            at += 8;
        }
        let mut vector = Vec::new();
        for _ in 0..RECORD_MAX {
            at += 8;
            let kind = word(at)?;
            at += 8;
            vector.extend(kind.to_le_bytes());
            vector.extend(word(at)?.to_le_bytes());
            if kind == AT_NULL {
                return Some(vector);
            }
        }
        None
    }
}

/// One gdb, from its first packet to its last.
fn session(wire: Wire, mut target: Target) -> End {
    let stub = GdbStub::builder(wire).packet_buffer_size(PACKET_LEN).build();
    let lost = |target: &Target, why: String| End::Lost { has_run: target.has_run, why };
    let Ok(stub) = stub else { return lost(&target, "no memory".into()) };
    let mut machine = match stub.run_state_machine(&mut target) {
        Ok(machine) => machine,
        Err(error) => return lost(&target, error.to_string()),
    };
    loop {
        let next = match machine {
            GdbStubStateMachine::Idle(mut idle) => match next_byte(idle.borrow_conn()) {
                Some(byte) => idle.incoming_data(&mut target, byte),
                None => return lost(&target, "it closed the connection".into()),
            },
            GdbStubStateMachine::Running(mut running) => match running.borrow_conn().ready() {
                Some(byte) => running.incoming_data(&mut target, byte),
                None => match running.borrow_conn().wait() {
                    Came::Input => {
                        if !running.borrow_conn().fill().unwrap_or(false) {
                            return lost(&target, "it closed the connection".into());
                        }
                        Ok(running.into())
                    }
                    Came::Event(tid, event) => {
                        let reason = target.reason(tid, event);
                        let cpu = target.world.cpu;
                        let file = target.world.file(tid);
                        let regs = file.map(|file| cpu.first_looked_at(&file.regs).to_vec()).unwrap_or_default();
                        let mut regs = regs.iter().map(|(number, value)| (*number, value.as_slice()));
                        let reported = running.report_stop_with_regs(&mut target, reason, &mut regs);
                        if matches!(event, Event::Exits(_) | Event::Dies(_)) {
                            target.world.release(tid);
                            return End::Ended;
                        }
                        reported
                    }
                },
            },
            GdbStubStateMachine::CtrlCInterrupt(interrupt) => {
                let reason: Option<StopReason> = target.interrupt();
                interrupt.interrupt_handled(&mut target, reason)
            }
            GdbStubStateMachine::Disconnected(mut gone) => {
                gone.borrow_conn().close();
                return match gone.get_reason() {
                    DisconnectReason::Kill => End::Killed,
                    DisconnectReason::Disconnect => End::Detached,
                    DisconnectReason::TargetExited(_) | DisconnectReason::TargetTerminated(common::Signal(_)) => {
                        End::Ended
                    }
                };
            }
        };
        machine = match next {
            Ok(machine) => machine,
            Err(error) => return lost(&target, error.to_string()),
        };
    }
}

fn next_byte(wire: &mut Wire) -> Option<u8> {
    loop {
        if let Some(byte) = wire.ready() {
            return Some(byte);
        }
        if !wire.fill().unwrap_or(false) {
            return None;
        }
    }
}
