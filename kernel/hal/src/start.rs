//! From the first instruction in Rust to the kernel's core.

use crate::board::{Board, Piece};
use crate::cpu::Cpu;
use crate::crash::leave;
use crate::firmware::Upcall;
use crate::head::KERNEL;
use crate::memory::{DEVICES, DIRECT, PAGE, direct, slice};
use crate::space::{Image, KernelSpace, stack_of};
use crate::{clock, console, crash, firmware, heap, interrupts, machine, random, virtio};
use alloc::boxed::Box;
use alloc::vec::Vec;
use ashore_base::Tree;
use ashore_kernel_core::memory::Physical;
use ashore_kernel_core::{Frame, FrameRange, Kernel, Machine, frames::Frames};
use core::sync::atomic::{AtomicUsize, Ordering};
use spin::Once;

/// More CPUs are left asleep.
pub(crate) const MOST_CPUS: usize = 32;
/// Bytes of heap to begin with, beside what the allocator of frames needs.
const FIRST_HEAP: u64 = 0x8_0000;
/// What the allocator of frames needs for each.
const FRAME_COST: u64 = 6;
/// The tree of an ELF image lies at the beginning of RAM, which begins at a multiple of this.
const RAM_STEP: u64 = 1 << 30;

/// What the rest of the machine asks for.
struct Facts {
    image: Image,
    firmware: Option<Upcall>,
    cpus: Vec<&'static Cpu>,
    machine: machine::Board,
    space: KernelSpace,
    /// A table without entries, for the lower half while no program is in it.
    nobody: u64,
    /// Memory nobody has.
    free: Vec<FrameRange>,
}

static FACTS: Once<Facts> = Once::new();
static KERNEL_CORE: Once<Kernel> = Once::new();
/// How many of the CPUs are used.
static COUNT: AtomicUsize = AtomicUsize::new(MOST_CPUS);

/// How firmware is called, if that is known.
pub(crate) fn firmware() -> Option<Upcall> {
    FACTS.get()?.firmware
}

/// The kernel's core, once it has begun.
pub(crate) fn kernel() -> Option<&'static Kernel> {
    KERNEL_CORE.get()
}

/// The CPUs that work.
pub(crate) fn cpus() -> &'static [&'static Cpu] {
    let all: &[_] = FACTS.get().map_or(&[], |facts| &facts.cpus);
    all.get(..COUNT.load(Ordering::Acquire)).unwrap_or(all)
}

/// Where the image lies.
pub(crate) fn image_at() -> u64 {
    FACTS.get().map_or(0, |facts| facts.image.physical)
}

/// Bytes of the kernel's code.
pub(crate) fn text_len() -> u64 {
    FACTS.get().map_or(0, |facts| facts.image.text)
}

/// Bytes of the kernel's image in memory.
pub(crate) fn image_len() -> u64 {
    FACTS.get().map_or(0, |facts| facts.image.len)
}

/// The table of nobody's lower half.
pub(crate) fn nobody() -> u64 {
    FACTS.get().map_or(0, |facts| facts.nobody)
}

unsafe extern "C" {
    fn _stack(stack: u64, to: extern "C" fn() -> !, argument: u64) -> !;
    fn _wake();
}

/// The device tree, wherever the loader put it.
fn tree(hint: u64, image: u64) -> (&'static [u8], u64) {
    let at = if hint == 0 { image / RAM_STEP * RAM_STEP } else { hint };
    // SAFETY: the GiB of the image and that of the hint are in the early direct map, and nobody writes yet.
    let len = Tree::total_len(unsafe { slice(at, 8) }).unwrap_or(0).min(RAM_STEP - at % RAM_STEP);
    if len == 0 {
        firmware::say(c"ashore: there is no device tree: not in x0, and not where RAM begins\n");
        firmware::exit(firmware::PANICKED);
        crash::stay();
    }
    // SAFETY: as above.
    (unsafe { slice(at, len as usize) }, at)
}

/// Files that came in one piece with the kernel: they lie behind it, as far as the length in the image's header says.
fn behind(image: Image) -> Option<Piece> {
    // SAFETY: the header is the beginning of the running image, which is mapped.
    let total = unsafe { (KERNEL as *const u64).add(2).read_volatile() };
    (total > image.len).then(|| (image.physical + image.len, image.physical + total))
}

/// The RAM that tables, stacks and the first heap are cut from. It is never given back.
struct Carver {
    next: u64,
    end: u64,
}

impl Carver {
    fn take(&mut self, len: u64) -> u64 {
        let at = self.next;
        self.next += len.next_multiple_of(PAGE as u64);
        assert!(self.next <= self.end, "not enough memory to start");
        at
    }

    /// A page of zeros.
    fn page(&mut self) -> u64 {
        let at = self.take(PAGE as u64);
        // SAFETY: free RAM in the direct map.
        unsafe { direct(at).write_bytes(0, PAGE) };
        at
    }
}

/// Builds the kernel's half and makes it the one in use.
fn space(board: &Board, image: Image, cpus: usize, carver: &mut Carver) -> KernelSpace {
    let space = KernelSpace::new(image, &mut || carver.page());
    for (start, end) in &board.ram {
        space.add_ram(start & !0xfff, end & !0xfff, &mut || carver.page());
    }
    let consoles = board.consoles.iter().map(|console| console.registers);
    let controller = board.controller.iter().flat_map(|controller| controller.pieces());
    let virtio = board.virtio.iter().map(|device| device.registers);
    for (start, end) in consoles.chain(board.calendar).chain(controller).chain(virtio) {
        space.add_device(start, end - start, &mut || carver.page());
    }
    for cpu in 0..cpus {
        space.add_stack(cpu, &mut || carver.page());
    }
    space.enter();
    space
}

/// The first Rust: on the first stack, with the early tables.
pub(crate) extern "C" fn start(hint: u64, image: u64) -> ! {
    heap::begin();
    clock::begin();
    // Something to report on before there are stacks.
    Cpu::new(0, 0, KERNEL).take();
    let (blob, tree_at) = tree(hint, image);
    let mut board = match Tree::new(blob).and_then(Board::read) {
        Ok(board) => board,
        Err(bad) => panic!("the device tree is damaged at {:#x}: {}", bad.at, bad.why),
    };
    let image = Image::at(image);
    board.files = board.files.or_else(|| behind(image));
    let own = crate::registers::read!("mpidr_el1") & 0xff_00ff_ffff;
    let mut affinities = board.cpus.clone();
    affinities.retain(|affinity| *affinity != own);
    affinities.insert(0, own);
    affinities.truncate(MOST_CPUS);

    let whole_image = (image.physical, image.physical + image.len);
    let tree_piece = (tree_at, tree_at + blob.len() as u64);
    let mut taken: Vec<Piece> = board.files.into_iter().chain([whole_image]).collect();
    let mut carver = {
        let early: Vec<Piece> = taken.iter().copied().chain([tree_piece]).collect();
        let free = board.free(&early);
        // Until the kernel's own tables are there, only the GiB of the image can be used.
        let same = free.iter().filter(|piece| piece.0 / RAM_STEP == image.physical / RAM_STEP);
        let (next, end) = *same.max_by_key(|piece| piece.1 - piece.0).expect("no free memory near the kernel");
        Carver { next, end: end.min((next / RAM_STEP + 1) * RAM_STEP) }
    };
    let first = carver.next;
    let space = space(&board, image, affinities.len(), &mut carver);
    if let Some(console) = board.consoles.first() {
        console::begin(console.registers.0);
    }
    let nobody = carver.page();
    let frames: u64 = board.ram.iter().map(|piece| (piece.1 - piece.0) / PAGE as u64).sum();
    let heap_len = (FIRST_HEAP + frames * FRAME_COST).next_multiple_of(PAGE as u64);
    let heap_at = carver.take(heap_len);
    // SAFETY: just cut from free RAM for this.
    unsafe { heap::add(heap_at, heap_len as usize) };
    taken.push((first, carver.next));

    let free = board.free(&taken).iter().map(range).collect();
    seed(&board);
    let card = virtio::begin(&board);
    let born = board.calendar.map_or(0, born);
    let ram = board.ram.iter().fold((u64::MAX, 0), |all, piece| (all.0.min(piece.0), all.1.max(piece.1)));
    leave!(ram_at = ram.0, ram_len = ram.1 - ram.0, direct = DIRECT);
    leave!(inbox_at = image.physical + (crate::inbox::at() - KERNEL));
    leave!(image_at = image.physical, image_address = KERNEL, image_len = image.len);
    let cpus: Vec<&'static Cpu> =
        affinities.iter().enumerate().map(|(index, affinity)| Cpu::new(index, *affinity, stack_of(index))).collect();
    cpus[0].take();
    let files = board.files.unwrap_or_default();
    let facts = FACTS.call_once(|| Facts {
        image,
        firmware: board.firmware,
        cpus,
        machine: machine::Board { files, words: board.words.clone().leak(), born, card },
        space,
        nobody,
        free,
    });
    interrupts::begin(&board);
    interrupts::begin_cpu();
    drop(board);
    // SAFETY: the stack was mapped for this CPU, and nothing on the old one is used again.
    unsafe { _stack(facts.cpus[0].stack, settled, 0) }
}

fn range(piece: &Piece) -> FrameRange {
    FrameRange { start: Frame((piece.0 >> 12) as u32), count: ((piece.1 - piece.0) >> 12) as u32 }
}

/// Stirs what is known so far into the random numbers.
fn seed(board: &Board) {
    random::stir(&board.seeds);
    random::stir(&clock::ticks().to_le_bytes());
}

/// The calendar's answer, as the time when the counter was zero.
fn born(calendar: Piece) -> u64 {
    // SAFETY: the data register of the calendar, mapped as a device.
    let seconds = unsafe { ((DEVICES + calendar.0) as *const u32).read_volatile() };
    (u64::from(seconds) * 1_000_000_000).saturating_sub(clock::nanos(clock::ticks()))
}

/// The first CPU on its own stack: wakes the others and begins.
extern "C" fn settled() -> ! {
    if let Some(facts) = FACTS.get() {
        wake(facts);
        let frames = Frames::new(&facts.free);
        let Ok(physical) = Physical::new(&facts.machine, frames) else { panic!("not enough memory to start") };
        let physical: &'static Physical = Box::leak(Box::new(physical));
        heap::grow_from(&physical.frames);
        crash::rehearse(facts.machine.words);
        let Ok(mut kernel) = Kernel::new(physical) else { panic!("not enough memory to start") };
        if let Err(report) = kernel.begin() {
            panic!("there is nothing to run: {report}");
        }
        KERNEL_CORE.call_once(|| kernel);
        leave!(first_run = clock::nanos(clock::ticks()));
        crate::registers::barrier!("sev");
    }
    work()
}

/// What another CPU needs to begin: its tables, its stack, its area. The first steps read it.
#[repr(C)]
struct Note {
    low: u64,
    root: u64,
    stack: u64,
    area: u64,
}

/// Wakes the other CPUs. Those behind one that firmware does not start are left asleep.
fn wake(facts: &'static Facts) {
    let Some(firmware) = facts.firmware else {
        COUNT.store(1, Ordering::Release);
        return;
    };
    let physical = |address: u64| facts.image.physical + (address - KERNEL);
    for cpu in &facts.cpus[1..] {
        let low = physical(&raw const crate::head::EARLY_LOW as u64);
        let area = core::ptr::from_ref::<Cpu>(cpu) as u64;
        let note = Note { low, root: facts.space.root(), stack: cpu.stack, area };
        let note: &'static Note = Box::leak(Box::new(note));
        let at = core::ptr::from_ref(note) as u64;
        clean(at);
        let note_at = if at >= KERNEL { physical(at) } else { at - DIRECT };
        if !firmware.start(cpu.affinity, physical(_wake as *const () as u64), note_at) {
            COUNT.store(cpu.index, Ordering::Release);
            return;
        }
    }
}

/// Writes a note out of the cache: its reader has none yet.
fn clean(at: u64) {
    for line in [at, at + 16] {
        // SAFETY: cleaning a line to memory changes no value.
        unsafe { core::arch::asm!("dc civac, {}", "dsb sy", in(reg) line, options(nostack, preserves_flags)) };
    }
}

/// Another CPU's first Rust, on its own stack.
pub(crate) extern "C" fn woken(cpu: &'static Cpu) -> ! {
    cpu.take();
    interrupts::begin_cpu();
    work()
}

/// Hands over to the kernel's core, when there is one.
fn work() -> ! {
    let Some(facts) = FACTS.get() else { crash::stay() };
    // The first steps needed the image's own addresses in the lower half. Nobody does any more.
    facts.machine.enter(0);
    crate::registers::barrier!("tlbi vmalle1");
    crate::registers::barrier!("dsb nsh");
    let kernel = loop {
        match KERNEL_CORE.get() {
            Some(kernel) => break kernel,
            None => crate::registers::barrier!("wfe"),
        }
    };
    let cpu = Cpu::own();
    cpu.come_in();
    interrupts::set_alarm(cpu);
    kernel.work()
}
