//! When the kernel itself is at its wits' end: a report on the console and in the mailbox, and the end of the machine.

use crate::console::Urgent;
use crate::cpu::Cpu;
use crate::memory::DIRECT;
use crate::registers::read;
use crate::{clock, firmware, head::KERNEL, start};
use ashore_base::Mailbox;
use ashore_isa::aarch64::Regs;
use ashore_kernel_core::{Ending, Kernel};
use core::cell::UnsafeCell;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// A CPU that every other one finds in the kernel so many times is stuck. Looks count and not time: a host that was asleep, or
/// gave this machine no time, is no defect.
const MOST_LOOKS: u64 = 8;
/// Calls a backtrace shows.
const MOST_CALLS: usize = 32;
/// Bytes of a report that are kept.
const REPORT: usize = 0x4000;

/// The mailbox; the image's header tells where it is.
pub(crate) static MAILBOX: Letters = Letters(UnsafeCell::new(Mailbox::EMPTY));

/// A mailbox that is only written, by word, and read by nobody in the kernel.
#[repr(transparent)]
pub(crate) struct Letters(UnsafeCell<Mailbox>);

// SAFETY: see `leave`: whoever writes uses volatile stores of whole words, and who comes last wins.
unsafe impl Sync for Letters {}

/// Leaves words in the mailbox.
macro_rules! leave {
    ($($field:ident = $value:expr),+ $(,)?) => {{
        let mailbox = $crate::crash::MAILBOX.at();
        $(
            let value: u64 = $value;
            // SAFETY: the field is an aligned word of a static that is never borrowed.
            unsafe { (&raw mut (*mailbox).$field).write_volatile(value) };
        )+
    }};
}
pub(crate) use leave;

impl Letters {
    /// Where it is.
    pub(crate) const fn at(&self) -> *mut Mailbox {
        self.0.get()
    }
}

/// The text of the report.
static TEXT: Text = Text(UnsafeCell::new([0; REPORT]));
static TEXT_LEN: AtomicUsize = AtomicUsize::new(0);
/// Somebody reports already.
static IS_REPORTING: AtomicBool = AtomicBool::new(false);

struct Text(UnsafeCell<[u8; REPORT]>);

// SAFETY: only the one CPU that won `IS_REPORTING` writes.
unsafe impl Sync for Text {}

/// Writes to the console and keeps what was written.
struct Report;

impl Write for Report {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            let at = TEXT_LEN.load(Ordering::Relaxed);
            if at < REPORT {
                // SAFETY: in bounds, and there is one writer.
                unsafe { TEXT.0.get().cast::<u8>().add(at).write(byte) };
                TEXT_LEN.store(at + 1, Ordering::Relaxed);
            }
        }
        Urgent.write_str(text)
    }
}

/// Ends the machine.
pub(crate) fn end(ending: Ending) -> ! {
    let (word, number, status) = match ending {
        Ending::Exited(status) => (Mailbox::EXITED, status.into(), status.into()),
        Ending::Killed(signal) => (Mailbox::KILLED, signal.into(), 128 + u64::from(signal)),
        Ending::Panicked => (Mailbox::PANICKED, 0, firmware::PANICKED),
    };
    leave!(status = number, ending = word, end = clock::nanos(clock::ticks()));
    firmware::exit(status);
    off()
}

/// Turns the machine off.
fn off() -> ! {
    if let Some(firmware) = start::firmware() {
        firmware.off();
    }
    stay()
}

/// There is nothing more to do.
pub(crate) fn stay() -> ! {
    loop {
        crate::registers::barrier!("wfi");
    }
}

/// Where the image lies in RAM.
fn image_at(address: u64) -> u64 {
    start::image_at().wrapping_add(address.wrapping_sub(KERNEL))
}

/// Writes a report and ends the machine. Whoever comes second waits for the end.
fn report(body: impl FnOnce(&mut Report) -> fmt::Result) -> ! {
    if IS_REPORTING.swap(true, Ordering::SeqCst) {
        let is_own = REPORTER.load(Ordering::Relaxed) == cpu_index();
        if is_own {
            // The report itself broke. What there is of it was printed.
            leave!(report_len = TEXT_LEN.load(Ordering::Relaxed) as u64);
            end(Ending::Panicked);
        }
        stay();
    }
    REPORTER.store(cpu_index(), Ordering::Relaxed);
    leave!(report_at = image_at(TEXT.0.get() as u64), ending = Mailbox::PANICKED);
    Urgent::put(start::kernel().map_or(&[], Kernel::own_words));
    let _ = body(&mut Report);
    leave!(report_len = TEXT_LEN.load(Ordering::Relaxed) as u64);
    if let Some(kernel) = start::kernel() {
        kernel.leave_tasks(&running);
    }
    end(Ending::Panicked)
}

/// The registers with which a CPU left its program last. The core asks only for threads that a CPU has as its own.
fn running(cpu: usize) -> Option<Regs> {
    let regs = start::cpus().get(cpu)?.runs.load(Ordering::Relaxed);
    // SAFETY: `arrive` was given a reference to them, and they live as long as their thread, which a CPU holds on to. Another
    // CPU may be writing them: then they are neither the old ones nor the new ones, and every value is a valid one.
    (!regs.is_null()).then(|| unsafe { regs.read_volatile() })
}

static REPORTER: AtomicU64 = AtomicU64::new(u64::MAX);

fn cpu_index() -> u64 {
    Cpu::get().map_or(0, |cpu| cpu.index as u64)
}

/// The kernel faulted: called by the vectors on the CPU's last stack.
pub(crate) extern "C" fn broken(cpu: &Cpu, kind: u64) -> ! {
    let (syndrome, at) = (read!("esr_el1"), read!("far_el1"));
    if firmware::is_leaving() && crate::trap::class(syndrome) == 0 {
        // There is no debugger to take the status.
        off();
    }
    let regs = cpu.broken;
    report(|out| {
        writeln!(out, "\nashore: the kernel faulted on CPU {}: {}", cpu.index, Words(kind, syndrome))?;
        writeln!(out, "  at address {at:#x}{}", place(cpu, at))?;
        registers(out, &regs)?;
        writeln!(out, "  syndrome {syndrome:#x}")?;
        backtrace(out, cpu, regs.pc, regs.x[29])
    })
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let frame: u64;
    // SAFETY: reads the frame pointer.
    unsafe { core::arch::asm!("mov {}, x29", out(reg) frame, options(nomem, nostack, preserves_flags)) };
    let Some(cpu) = Cpu::get() else {
        firmware::say(c"ashore: the kernel panicked before it could set up reports\n");
        report(|out| writeln!(out, "ashore: the kernel panicked early: {}", info.message()))
    };
    report(|out| {
        write!(out, "\nashore: the kernel panicked on CPU {}: {}", cpu.index, info.message())?;
        if let Some(place) = info.location() {
            write!(out, "\n  in {}:{}", place.file(), place.line())?;
        }
        writeln!(out)?;
        backtrace(out, cpu, 0, frame)
    })
}

/// What the command line asks for when the CPU has nothing to do: 1 is a panic, 2 is to hang.
static AT_REST: AtomicU64 = AtomicU64::new(0);

/// Breaks in the way the command line asks for, so that reports can be tried: `ashore.break=panic`, `fault`, `stack` or
/// `spin` (which another CPU is to notice); `panic-later` and `hang-later` do when a CPU has nothing to do for the first time.
pub(crate) fn rehearse(words: &[u8]) {
    let asked = words.split(|byte| *byte == b' ').find_map(|word| word.strip_prefix(b"ashore.break="));
    match asked {
        Some(b"panic-later") => AT_REST.store(1, Ordering::Relaxed),
        Some(b"hang-later") => AT_REST.store(2, Ordering::Relaxed),
        Some(b"panic") => panic!("as the command line asked"),
        // SAFETY: none: this faults, which is what was asked for.
        Some(b"fault") => unsafe { core::ptr::without_provenance_mut::<u64>(0x10).write_volatile(0) },
        Some(b"stack") => {
            deeper(core::hint::black_box(u64::MAX));
        }
        Some(b"spin") => loop {
            core::hint::spin_loop();
        },
        _ => {}
    }
}

/// A CPU has nothing to do: see [`rehearse`].
pub(crate) fn rehearse_at_rest() {
    match AT_REST.load(Ordering::Relaxed) {
        0 => {}
        1 => panic!("as the command line asked, later"),
        _ => loop {
            core::hint::spin_loop();
        },
    }
}

/// Calls itself until the stack is exhausted.
fn deeper(count: u64) -> u64 {
    let room = core::hint::black_box([count; 64]);
    if count == 0 { 0 } else { deeper(count - 1) + room[1] }
}

/// Shows the host that there is life: `now` is another number each time.
pub(crate) fn beat(now: u64) {
    leave!(beat = now);
}

/// Looks whether every other CPU still works. One that is in the kernel and did not leave it for seconds is reported.
pub(crate) fn watch() {
    static LOOKS: [AtomicU64; start::MOST_CPUS] = [const { AtomicU64::new(0) }; start::MOST_CPUS];
    static STAYS: [AtomicU64; start::MOST_CPUS] = [const { AtomicU64::new(0) }; start::MOST_CPUS];
    let own = cpu_index() as usize;
    for cpu in start::cpus().iter().filter(|cpu| cpu.index != own) {
        let stay = cpu.stay();
        let is_same = STAYS[cpu.index].swap(stay, Ordering::Relaxed) == stay;
        if !is_same || stay == 0 {
            LOOKS[cpu.index].store(0, Ordering::Relaxed);
        } else if LOOKS[cpu.index].fetch_add(1, Ordering::Relaxed) > MOST_LOOKS * (start::cpus().len() as u64 - 1) {
            report(|out| {
                writeln!(out, "\nashore: CPU {} has been inside the kernel for seconds", cpu.index)?;
                writeln!(out, "  return addresses on its stack:")?;
                leftovers(out, cpu)
            });
        }
    }
}

/// What a syndrome says, in words.
struct Words(u64, u64);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.is_multiple_of(4) {
            return f.write_str(["", "an interrupt", "a fast interrupt", "a system error"][self.0 as usize % 4]);
        }
        f.write_str(match crate::trap::class(self.1) {
            0x00 => "an undefined instruction",
            0x07 => "a floating-point instruction",
            0x0e => "an illegal state",
            0x20 | 0x21 => "a jump to where no code is",
            0x22 => "a program counter that is not aligned",
            0x24 | 0x25 if self.1 >> 6 & 1 != 0 => "a store to memory that is not mapped so",
            0x24 | 0x25 => "a load from memory that is not mapped so",
            0x26 => "a stack pointer that is not aligned",
            0x3c => "a breakpoint",
            _ => "an exception it has no name for",
        })
    }
}

/// What lies at an address, if that helps.
fn place(cpu: &Cpu, at: u64) -> &'static str {
    match at {
        0..0x1000 => ", near null",
        _ if at < 0x0001_0000_0000_0000 => ", which is a program's",
        _ if (cpu.stack.wrapping_sub(0x4_0000)..cpu.stack).contains(&at) => ", below the stack: it is exhausted",
        DIRECT..0xffff_8000_0000_0000 => ", in the direct map of RAM",
        _ => "",
    }
}

fn registers(out: &mut Report, regs: &Regs) -> fmt::Result {
    for (nth, (name, value)) in regs.named().into_iter().enumerate() {
        let end = if nth % 4 == 3 { "\n" } else { "" };
        write!(out, "  {name:>6} {value:016x}{end}")?;
    }
    writeln!(out)
}

fn is_code(address: u64) -> bool {
    (KERNEL..KERNEL + start::text_len()).contains(&address)
}

/// Reads a word of the kernel's stack or data, wherever a damaged pointer leads: only where the kernel has memory.
fn word(cpu: &Cpu, at: u64) -> Option<u64> {
    let is_stack = at >= cpu.stack - crate::space::STACK_LEN && at < cpu.stack;
    let is_image = at >= KERNEL && at < KERNEL + start::image_len();
    let is_last = at < cpu.last_stack && at + 0x4000 >= cpu.last_stack;
    // SAFETY: an aligned word in memory of the kernel that is mapped.
    (at.is_multiple_of(8) && (is_stack || is_image || is_last)).then(|| unsafe { (at as *const u64).read_volatile() })
}

/// The calls that led here, innermost first: the chain of frame records that begins at `frame`.
fn backtrace(out: &mut Report, cpu: &Cpu, pc: u64, frame: u64) -> fmt::Result {
    writeln!(out, "  calls, innermost first:")?;
    if pc != 0 {
        line(out, pc)?;
    }
    let (mut frame, mut last, mut again) = (frame, 0, 0);
    for _ in 0..MOST_CALLS {
        let (Some(next), Some(back)) = (word(cpu, frame), word(cpu, frame + 8)) else { break };
        if back == 0 {
            break;
        }
        if back == last {
            again += 1;
        } else {
            // The call is before the address it returns to.
            line(out, back - 4)?;
        }
        last = back;
        if next <= frame {
            break;
        }
        frame = next;
    }
    if again > 0 { writeln!(out, "    and {again} times the same again") } else { Ok(()) }
}

/// What looks like return addresses on another CPU's stack: it cannot be asked.
fn leftovers(out: &mut Report, cpu: &Cpu) -> fmt::Result {
    let found = (1..crate::space::STACK_LEN / 8)
        .filter_map(|nth| word(cpu, cpu.stack - 8 * nth))
        .filter(|address| is_code(*address));
    for address in found.take(MOST_CALLS) {
        line(out, address - 4)?;
    }
    Ok(())
}

fn line(out: &mut Report, address: u64) -> fmt::Result {
    match crate::symbols::name(address.wrapping_sub(KERNEL) as u32) {
        Some((name, offset)) => writeln!(out, "    {address:#x} {name}+{offset:#x}"),
        None => writeln!(out, "    {address:#x}"),
    }
}
