//! What a crash report says of a damaged program: places in the source, stacks, instructions and owners of addresses.

use ashore_base::{Addr, Cpu};
use ashore_debug::explain::code::{Program, Space, backtrace, before, instruction_at, parse_maps};
use ashore_formats::read;
use ashore_isa::Registers;
use ashore_pivot::{Errno, Memory};
use std::fmt::Write as _;

/// How many places of each part are asked about.
const PLACES: u64 = 12;
/// Where the input itself lies as a stack.
const STACK: u64 = 0x7000_0000;

/// The input as memory.
struct Stack<'a>(&'a [u8]);

impl Memory for Stack<'_> {
    fn read(&self, from: Addr, into: &mut [u8]) -> Result<(), Errno> {
        let at = from.0.checked_sub(STACK).and_then(|at| usize::try_from(at).ok()).ok_or(Errno::EFAULT)?;
        let end = at.checked_add(into.len()).ok_or(Errno::EFAULT)?;
        into.copy_from_slice(self.0.get(at..end).ok_or(Errno::EFAULT)?);
        Ok(())
    }

    fn write(&self, _: Addr, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EFAULT)
    }

    fn cstr_len(&self, _: Addr, _: usize) -> Result<usize, Errno> {
        Err(Errno::EFAULT)
    }

    fn load_u32(&self, _: Addr) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }

    fn compare_exchange_u32(&self, _: Addr, _: u32, _: u32) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }
}

/// Asks everything about a few places of the code.
pub(crate) fn explain(bytes: &[u8]) -> String {
    let parsed = match read(bytes) {
        Ok(parsed) => parsed,
        Err(report) => return report.diagnosis.slug.to_owned(),
    };
    let mut answer = String::from("read");
    let regions = parse_maps(bytes.get(..4096).unwrap_or(bytes));
    for part in &parsed.parts {
        let program = [Program::new(&parsed, part, "input", 0)];
        let cpu = part.image.cpu;
        let form = ashore_isa::facts_of(cpu).addresses;
        let space = Space { regions: &regions, programs: &program, stacks: &[], form };
        let regs = registers(cpu);
        for segment in part.image.code().take(2) {
            let step = (segment.file.len / PLACES).max(1);
            for place in 0..PLACES.min(segment.file.len) {
                let at = segment.memory.start.plus(place * step);
                let mut regs = regs;
                regs.set_pc(at.0);
                one(&program, &space, (regs, Stack(bytes)), &mut answer);
            }
        }
    }
    answer
}

/// A thread's registers, on a stack that the input is. Of a CPU that nobody runs: another's, as a damaged core file may have it.
fn registers(cpu: Cpu) -> Registers {
    let none = |cpu| Registers::from_names(cpu, |_| 0);
    let mut regs = none(cpu).or_else(|| none(Cpu::X86_64)).expect("registers of the first CPU");
    regs.set_sp(STACK + 0x200);
    regs.set_frame(STACK + 0x240);
    regs
}

type Scene<'a> = (Registers, Stack<'a>);

fn one(programs: &[Program<'_>; 1], space: &Space<'_, '_>, (regs, memory): Scene<'_>, answer: &mut String) {
    let [program] = programs;
    let at = Addr(regs.pc());
    let spots = program.spots(at);
    let lines = spots.iter().filter(|spot| spot.line.is_some()).count();
    let Some(stack) = backtrace(programs, &regs, &memory) else { return };
    assert!(stack.rows.len() <= 64 && !stack.lines().is_empty(), "a stack that is too long or empty");
    let instruction = instruction_at(program, &regs, &memory, at);
    let class = instruction.map(|found| found.class);
    let many = before(program, &memory, at, 3).len();
    let how = stack.rows.last().and_then(|row| row.frames.last()).map(|frame| frame.found_by);
    let owner = space.owner(at).kind;
    let _ = write!(answer, " {} {lines} {many} {class:?} {how:?} {owner:?}", spots.len());
}
