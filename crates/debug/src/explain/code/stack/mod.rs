//! The guest's stack: who called whom, from the registers to the first function.
//!
//! Each step uses the best that is known of the code it is in: Go's own table, call frame information, and frame pointers
//! where there is neither. A step that cannot be believed ends the walk, and the end says why.

mod cfi;
mod fold;
mod signal;
mod step;

pub(super) use cfi::Cfi;

use super::{Program, Spot};
use ashore_base::Addr;
use ashore_isa::Registers;
use ashore_pivot::Memory;
use std::fmt;
use step::{Step, Walker};

/// How many frames are shown.
const SHOWN: usize = 64;
/// How many of them are those at the outer end, when there are more.
const SHOWN_LAST: usize = 16;
/// How many frames are walked: all of a usual stack of small frames that overflowed.
const WALKED: usize = 400_000;

/// How a frame was found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FoundBy {
    /// It is what the registers say: the innermost.
    Registers,
    /// The line table of Go has the size of its callee's frame.
    GoTable,
    /// Call frame information.
    CallFrameInfo,
    /// The chain of frame pointers.
    FramePointer,
    /// The word on top of the stack: the registers point at no code, or at code that has no frame.
    TopOfStack,
    /// A signal interrupted it.
    Signal,
    /// Its program made it look as if the code at a fault had called a function.
    InjectedCall,
    /// It goes on on another stack.
    OtherStack,
}

/// One function that has not returned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// The instruction that is about to run: the fault, or where a callee returns to.
    pub pc: Addr,
    /// The stack pointer there.
    pub sp: Addr,
    /// How it was found.
    pub found_by: FoundBy,
    /// The places in the source; see [`Program::spots`].
    pub spots: Vec<Spot>,
}

/// Frames that come several times in a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The frames, innermost first: several when functions call each other in turn.
    pub frames: Vec<Frame>,
    /// How many times: 1 for what does not recur.
    pub times: u64,
}

/// Why the walk ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The outermost function was reached.
    Outermost,
    /// The return address is no code of the program.
    NotCode(Addr),
    /// The stack cannot be read there.
    Unreadable(Addr),
    /// The stack pointer or frame pointer is not a multiple of 8.
    Misaligned(Addr),
    /// The next frame would not be further up: the chain is damaged.
    Backwards(Addr),
    /// The function runs on another stack than its caller's, and that was not found.
    OtherStack(Addr),
    /// There are more frames than anybody waits for.
    TooDeep,
}

/// The frames that are not shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// Before which row they stood.
    pub before: usize,
    /// How many.
    pub frames: u64,
}

/// A stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Backtrace {
    /// The frames, innermost first, recurring ones folded.
    pub rows: Vec<Row>,
    /// What was left out.
    pub gap: Option<Gap>,
    /// How many frames there are in all.
    pub depth: u64,
    /// Why there are no more.
    pub end: End,
}

/// A frame before its place in the source is looked up.
#[derive(Clone, Copy)]
struct Found {
    pc: Addr,
    sp: Addr,
    by: FoundBy,
    /// Whether `pc` was about to run, rather than returned to.
    is_exact: bool,
}

/// The program that has `at` as its code.
pub fn holder<'m, 'a>(programs: &'m [Program<'a>], at: Addr) -> Option<&'m Program<'a>> {
    programs.iter().find(|program| program.is_code(at))
}

/// The stack of a thread with these registers, through code of the programs: the one that ran first, then its libraries.
/// None without a program.
pub fn backtrace(programs: &[Program<'_>], regs: &Registers, memory: &dyn Memory) -> Option<Backtrace> {
    let mut walker = Walker::new(programs, *regs, memory)?;
    let mut found = vec![walker.found(FoundBy::Registers)];
    let end = loop {
        if found.len() >= WALKED {
            break End::TooDeep;
        }
        match walker.step(found.len() == 1) {
            Step::To(by) => found.push(walker.found(by)),
            Step::Ended(end) => break end,
        }
    };
    let keys: Vec<Addr> = found.iter().map(|frame| start_of(programs, frame)).collect();
    let mut runs = fold::runs(&keys);
    let depth = found.len() as u64;
    let gap = fold::cut(&mut runs, SHOWN, SHOWN_LAST);
    let rows = runs.iter().map(|run| {
        let frames = found.get(run.first..run.first.saturating_add(run.period)).unwrap_or_default();
        Row { frames: frames.iter().map(|frame| shown(programs, frame)).collect(), times: run.times }
    });
    Some(Backtrace { rows: rows.collect(), gap, depth, end })
}

impl Found {
    /// The address whose place in the source is wanted: that of the call rather than of what follows it.
    fn lookup(&self) -> Addr {
        if self.is_exact { self.pc } else { self.pc.minus(1) }
    }
}

fn start_of(programs: &[Program<'_>], frame: &Found) -> Addr {
    let program = holder(programs, frame.lookup());
    program.and_then(|program| program.function(frame.lookup())).map_or(frame.pc, |code| code.start)
}

fn shown(programs: &[Program<'_>], frame: &Found) -> Frame {
    let spots = holder(programs, frame.lookup()).map(|program| program.spots(frame.lookup()));
    Frame { pc: frame.pc, sp: frame.sp, found_by: frame.by, spots: spots.unwrap_or_default() }
}

impl Backtrace {
    /// The row that recurs most, if anything does.
    pub fn recursion(&self) -> Option<&Row> {
        self.rows.iter().filter(|row| row.times > 1).max_by_key(|row| row.times)
    }

    /// One line per function, inlined ones too, then why the walk ended unless it is complete.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (n, row) in self.rows.iter().enumerate() {
            if let Some(gap) = self.gap.filter(|gap| gap.before == n) {
                lines.push(format!("... {} frames left out", gap.frames));
            }
            for frame in &row.frames {
                let how = match frame.found_by {
                    FoundBy::Signal => "interrupted by a signal: ",
                    FoundBy::InjectedCall => "faulted: ",
                    _ => "",
                };
                if frame.spots.is_empty() {
                    lines.push(format!("{:#x} {how}?", frame.pc));
                }
                lines.extend(frame.spots.iter().map(|spot| format!("{:#x} {how}{spot}", frame.pc)));
            }
            if row.times > 1 {
                let what = if row.frames.len() == 1 { "the frame above" } else { "the frames above, in turn" };
                lines.push(format!("... {what}, {} times", row.times));
            }
        }
        if self.end != End::Outermost {
            lines.push(format!("... {}", self.end));
        }
        lines
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Outermost => f.write_str("the outermost function"),
            End::NotCode(at) => write!(f, "the walk ends: the return address {at} is not the program's code"),
            End::Unreadable(at) => write!(f, "the walk ends: the stack at {at} cannot be read"),
            End::Misaligned(at) => write!(f, "the walk ends: {at} is not aligned as a stack is"),
            End::Backwards(at) => write!(f, "the walk ends: the frame at {at} lies below its callee's: damage"),
            End::OtherStack(at) => write!(f, "the walk ends: {at} was entered from another stack"),
            End::TooDeep => f.write_str("the walk ends: there are more frames"),
        }
    }
}
