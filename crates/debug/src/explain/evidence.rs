//! Everything that is known of an end: what the rules look at.

use super::code::{Backtrace, Instruction, Owner, Program, Region, Space, Stack, backtrace};
use super::faults::WITHOUT_ADDRESS;
use ashore_base::{Addr, AddrRange, Os as Name};
use ashore_guest::{AltStack, Delivery, Os};
use ashore_isa::facts::Exception;
use ashore_isa::{Facts, Registers};
use ashore_pivot::{Memory, Signal};
use ashore_process::{ARGS_KEPT, Ended};
use std::cell::OnceCell;

/// So much of a line of the program's stands in a sentence.
const LINE: usize = 200;

/// How the process ended.
#[derive(Debug, Clone)]
pub enum End {
    /// By a signal.
    Signal(Delivery),
    /// By itself.
    Exit(u8),
    /// By us, for this reason.
    Refused(String),
    /// Not yet: it was looked at while it ran.
    Alive,
}

/// A call that a thread made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its name in the guest's words; `call_N` for a number that the system does not have.
    pub name: String,
    /// Its number.
    pub number: u64,
    /// Its first words.
    pub args: [u64; ARGS_KEPT],
    /// How it ended.
    pub ended: Ended,
    /// How often it was repeated just so.
    pub repeats: u64,
    /// As a trace shows it.
    pub line: String,
}

impl Call {
    /// Whether this is the call's name, or it is with the underscores that some systems put before a name.
    pub fn is(&self, name: &str) -> bool {
        self.name.trim_start_matches('_') == name
    }

    /// Whether it has one of these names.
    pub fn is_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.is(name))
    }

    /// The error number that it failed with, the guest's.
    pub fn errno(&self) -> Option<u16> {
        match self.ended {
            Ended::Failed(errno) => Some(errno),
            _ => None,
        }
    }

    /// The word that it gave back.
    pub fn result(&self) -> Option<u64> {
        match self.ended {
            Ended::With(word) => Some(word),
            _ => None,
        }
    }
}

/// A signal that came to a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Which, in Linux's numbering.
    pub signal: Signal,
    /// Its name in the guest's words.
    pub name: String,
    /// Linux's `si_code`.
    pub code: i32,
    /// The faulting address.
    pub addr: Addr,
    /// The guest's handler, if it has one.
    pub handler: Option<Addr>,
}

/// What a thread did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It made a call.
    Call(Call),
    /// A signal came.
    Signal(Arrival),
}

/// Something a thread did, and when and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Nanoseconds since the start.
    pub time: u64,
    /// The address after the call instruction, or of the interrupted instruction.
    pub at: Addr,
    /// What.
    pub deed: Deed,
}

/// A thread at the end.
#[derive(Debug, Clone)]
pub struct Thread {
    /// Its id in the guest's numbering.
    pub id: u64,
    /// Its registers, where they are known.
    pub regs: Option<Registers>,
    /// What it did last, the oldest first.
    pub steps: Vec<Step>,
}

/// What the file says of itself.
#[derive(Debug, Clone, Default)]
pub struct FileFacts {
    /// The system that the file is for, when it says so.
    pub detected: Option<Name>,
    /// The clue that decided.
    pub clue: String,
    /// Whether the Go toolchain made it.
    pub is_go: bool,
    /// What `ashore patch` was asked to do to it, in the words of the command line.
    pub requests: Vec<String>,
    /// What it changed.
    pub changes: Vec<Changed>,
}

/// A place in a program that `ashore patch` changed.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Where, in memory.
    pub range: AddrRange,
    /// What for.
    pub reason: String,
}

/// Everything that is known of an end.
pub struct Evidence<'a> {
    /// The system that the program ran as.
    pub os: &'static Os,
    /// The process's id.
    pub pid: i32,
    /// What to call it in a sentence.
    pub called: String,
    /// What the file says.
    pub file: FileFacts,
    /// The program first, then libraries.
    pub programs: &'a [Program<'a>],
    /// How it ended.
    pub end: End,
    /// The registers of the thread that ended it.
    pub regs: Registers,
    /// That thread's alternate signal stack, where known.
    pub alt_stack: Option<AltStack>,
    /// The signals that the program handles, and its handlers, where known.
    pub handlers: Vec<(Signal, Addr)>,
    /// The thread that ended it first, then the others.
    pub threads: Vec<Thread>,
    /// The mappings of the guest, sorted by address.
    pub regions: Vec<Region>,
    /// The stacks that are known.
    pub stacks: Vec<Stack>,
    /// What cannot be known here, and why, a line each.
    pub missing: Vec<String>,
    /// What was said to the person while it ran.
    pub notes: Vec<String>,
    /// The end of what it wrote to its standard error output.
    pub last_words: String,
    /// The instruction that it stopped at.
    pub instruction: Option<Instruction>,
    /// Those before it.
    pub before: Vec<Instruction>,
    /// The guest's memory.
    pub memory: &'a dyn Memory,
    /// The stack of the thread that ended it, once somebody asked.
    pub(super) backtrace: OnceCell<Option<Backtrace>>,
}

impl<'a> Evidence<'a> {
    /// The program.
    pub fn program(&self) -> Option<&'a Program<'a>> {
        self.programs.first()
    }

    /// Where the thread that ended it was.
    pub fn pc(&self) -> Addr {
        Addr(self.regs.pc())
    }

    /// Its stack pointer.
    pub fn sp(&self) -> Addr {
        Addr(self.regs.sp())
    }

    /// What is known of the CPU.
    pub fn facts(&self) -> &'static Facts {
        self.regs.facts()
    }

    /// Every system that runs programs of this CPU, as it is on it.
    pub fn systems(&self) -> impl Iterator<Item = &'static Os> {
        let cpu = self.regs.cpu();
        ashore_guest::GUESTS.iter().filter_map(move |guest| guest.on(cpu))
    }

    /// The others.
    pub fn other_systems(&self) -> impl Iterator<Item = &'static Os> {
        let own = self.os.name;
        self.systems().filter(move |os| os.name != own)
    }

    /// The address space.
    pub fn space(&self) -> Space<'_, 'a> {
        let form = self.facts().addresses;
        Space { regions: &self.regions, programs: self.programs, stacks: &self.stacks, form }
    }

    /// Whose an address is.
    pub fn owner(&self, at: Addr) -> Owner {
        self.space().owner(at)
    }

    /// What the thread that ended it did last, the oldest first.
    pub fn steps(&self) -> &[Step] {
        self.threads.first().map_or(&[], |thread| &thread.steps)
    }

    /// Its calls, the latest first.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.steps().iter().rev().filter_map(|step| match &step.deed {
            Deed::Call(call) => Some(call),
            Deed::Signal(_) => None,
        })
    }

    /// The calls of every thread, thread by thread, the latest first.
    pub fn all_calls(&self) -> impl Iterator<Item = &Call> {
        let steps = self.threads.iter().flat_map(|thread| thread.steps.iter().rev());
        steps.filter_map(|step| match &step.deed {
            Deed::Call(call) => Some(call),
            Deed::Signal(_) => None,
        })
    }

    /// The calls of every thread that failed, the latest first, each with the error's name, without those that fail in
    /// programs that are well.
    pub fn failures(&self) -> Vec<(&Call, String)> {
        let steps = self.threads.iter().flat_map(|thread| &thread.steps);
        let mut failed: Vec<(u64, &Call, String)> = steps
            .filter_map(|step| match &step.deed {
                Deed::Call(call) => Some((step.time, call, self.errno_name(call.errno()?))),
                Deed::Signal(_) => None,
            })
            .filter(|(_, call, error)| !super::rules::is_harmless(call, error))
            .collect();
        failed.sort_by_key(|(time, ..)| std::cmp::Reverse(*time));
        failed.into_iter().map(|(_, call, error)| (call, error)).collect()
    }

    /// Whether a call is one of the last `count` of its thread, those not counted that wrote.
    pub fn is_near_end(&self, call: &Call, count: usize) -> bool {
        self.threads.iter().any(|thread| {
            let calls = thread.steps.iter().rev().filter_map(|step| match &step.deed {
                Deed::Call(call) => Some(call),
                Deed::Signal(_) => None,
            });
            let mut last =
                calls.filter(|other| !other.is_any(&["write", "writev"]) || other.errno().is_some()).take(count);
            last.any(|other| std::ptr::eq(other, call))
        })
    }

    /// The signal that it died of.
    pub fn signal(&self) -> Option<&Delivery> {
        match &self.end {
            End::Signal(delivery) => Some(delivery),
            _ => None,
        }
    }

    /// The fault that it died of: an instruction's, not a signal that somebody sent.
    pub fn fault(&self) -> Option<&Delivery> {
        self.signal().filter(|delivery| delivery.signal.is_fault() && delivery.code > 0)
    }

    /// The last line that it wrote to its standard error output, of a length for a sentence.
    pub fn last_line(&self) -> Option<String> {
        let line = self.last_words.trim().lines().next_back()?.trim();
        (!line.is_empty()).then(|| line.chars().take(LINE).collect())
    }

    /// Where an instruction faulted last, when the program handled the signal.
    pub fn handled_fault(&self) -> Option<Addr> {
        self.steps().iter().rev().find_map(|step| match &step.deed {
            Deed::Signal(arrival) if arrival.signal.is_fault() && arrival.code > 0 => Some(step.at),
            _ => None,
        })
    }

    /// The address of the memory fault that it died of; none where the CPU named none.
    pub fn fault_address(&self) -> Option<Addr> {
        let has_address = |fault: &&Delivery| {
            matches!(fault.signal, Signal::SEGV | Signal::BUS)
                && fault.code != WITHOUT_ADDRESS
                && self.exception() != Some(Exception::AlignmentFlag)
        };
        self.fault().filter(has_address).map(|fault| fault.addr)
    }

    /// The exit status that it ended with.
    pub fn status(&self) -> Option<u8> {
        match self.end {
            End::Exit(status) => Some(status),
            _ => None,
        }
    }

    /// The name of an error number of the guest's.
    pub fn errno_name(&self, errno: u16) -> String {
        (self.os.errno_name)(errno).map_or_else(|| format!("error {errno}"), str::to_owned)
    }

    /// `N` bytes of the guest's memory.
    pub fn read<const N: usize>(&self, at: Addr) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        self.memory.read(at, &mut bytes).ok().map(|()| bytes)
    }

    /// A word of the guest's memory.
    pub fn word(&self, at: Addr) -> Option<u64> {
        self.read(at).map(u64::from_le_bytes)
    }

    /// Where it stopped, for a sentence: the function, and the line where that is known.
    pub fn place(&self) -> String {
        let at = self.pc();
        let of = self.programs.iter().find(|program| program.is_code(at)).map(|program| program.path());
        let file = of.and_then(|path| path.rsplit('/').next());
        let unnamed = || file.map_or_else(|| format!("the code at {at}"), |file| format!("the code of {file} at {at}"));
        self.spot(at).unwrap_or_else(unnamed)
    }

    /// The function and the line of a program's address: `main.main (main.go:7)`, `start+0x62`.
    pub fn spot(&self, at: Addr) -> Option<String> {
        let spot = self.programs.iter().find_map(|program| program.spots(at).into_iter().next())?;
        let function = spot.function?;
        Some(match (spot.file, spot.line, spot.offset) {
            (Some(file), Some(line), _) => {
                let file = file.rsplit('/').next().unwrap_or(&file).to_owned();
                format!("{function} ({file}:{line})")
            }
            (_, _, Some(offset)) if offset > 0 => format!("{function}+{offset:#x}"),
            _ => function,
        })
    }

    /// The stack of the thread that ended it. It is walked when first asked for: that takes time in a large program.
    pub fn backtrace(&self) -> Option<&Backtrace> {
        let walk = || backtrace(self.programs, &self.regs, self.memory);
        self.backtrace.get_or_init(walk).as_ref()
    }

    /// Who called the function that it stopped in.
    pub fn caller(&self) -> Option<String> {
        let frame = self.backtrace()?.rows.iter().flat_map(|row| &row.frames).nth(1)?;
        self.spot(Addr(frame.pc.0.saturating_sub(1)))
    }

    /// The name of what is at an address of a program: `runtime.main+0x1f`.
    pub fn name(&self, at: Addr) -> Option<String> {
        self.programs.iter().find_map(|program| program.name(at)).map(|name| name.to_string())
    }
}
