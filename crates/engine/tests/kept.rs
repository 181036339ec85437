//! Translations that are kept and put back: what is right is used, what is not is made again, and nobody notices.
#![forbid(unsafe_code)]

use ashore_base::{Addr, AddrRange, Cpu};
use ashore_engine::jit::{Bytes, Code, Exit, Jit, Keeper, Pieces, Settings, Stats, Thread};
use ashore_isa::aarch64::state;
use ashore_isa::lifter;
use ashore_pivot::Memory as _;
use ashore_sys::{GuestMemory, Mapping};
use std::sync::{Arc, Mutex};

const PAGE: u64 = 4096;
const PAGES: u64 = 16;
/// Blocks of two instructions.
const BLOCKS: u64 = PAGES * PAGE / 8 - 1;

/// One file.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Keeper for Memory {
    fn load(&self, _name: &str) -> Option<Bytes> {
        let file = self.0.lock().unwrap().clone();
        (!file.is_empty()).then(|| Arc::new(file) as Bytes)
    }

    fn keep(&self, _name: &str, pieces: &mut dyn Pieces, behind: Option<u64>) {
        let mut file = self.0.lock().unwrap();
        match behind {
            Some(len) => assert_eq!(file.len() as u64, len),
            None => file.clear(),
        }
        while let Some(piece) = pieces.next(file.len() as u64) {
            file.extend(piece);
        }
        let head = pieces.head();
        file[..head.len()].copy_from_slice(&head);
    }
}

/// The program's text.
#[derive(Clone, Copy)]
struct Text(u64);

impl Code for Text {
    fn fetch(&self, pc: u64, into: &mut [u8]) -> usize {
        let left = (self.0 + PAGES * PAGE).checked_sub(pc).filter(|_| pc >= self.0).unwrap_or(0);
        let len = into.len().min(left.min(PAGE - pc % PAGE) as usize);
        if GuestMemory.read(Addr(pc), &mut into[..len]).is_ok() { len } else { 0 }
    }
}

impl Text {
    /// Blocks one after the other: each adds one to a register.
    fn new() -> Text {
        let mapping = Mapping { at: Addr::NULL, len: PAGES * PAGE, prot: 3, flags: 0x22, fd: -1, offset: 0 };
        let text = Text(ashore_sys::map(&mapping).unwrap().0);
        (0..BLOCKS).for_each(|block| text.set(block, 1));
        // svc #0
        GuestMemory.write(Addr(text.block(BLOCKS)), &0xd400_0001u32.to_le_bytes()).unwrap();
        text
    }

    fn block(self, number: u64) -> u64 {
        self.0 + number * 8
    }

    /// Has a block add another number: add x1, x1, #number; b to the next.
    fn set(self, block: u64, number: u32) {
        let words = 0x9100_0421u64 & !(0xfff << 10) | u64::from(number) << 10 | 0x1400_0001 << 32;
        GuestMemory.write(Addr(self.block(block)), &words.to_le_bytes()).unwrap();
    }

    fn range(self) -> AddrRange {
        AddrRange { start: Addr(self.0), end: Addr(self.0 + PAGES * PAGE) }
    }

    fn open(self, file: &Memory) -> (Arc<Jit>, bool) {
        let settings = Settings { worth: 0, ..Settings::default() };
        let jit = Jit::new(lifter(Cpu::Aarch64).unwrap(), settings).unwrap();
        let kept = jit.open_cache(&[self.range()], Box::new(file.clone()));
        (jit, kept.is_some())
    }

    /// What the register has at the end, from a block on.
    fn run(self, jit: &Arc<Jit>, from: u64) -> u64 {
        let mut thread = Thread::new(jit).unwrap();
        thread.set(state::PC, self.block(from));
        assert!(matches!(thread.run(&self), Exit::Call(0)));
        u64::from_le_bytes(thread.state()[8..16].try_into().unwrap())
    }

    /// A start, a run from a block on, and an end.
    fn start(self, file: &Memory, from: u64) -> (u64, Stats) {
        let (jit, _) = self.open(file);
        let sum = self.run(&jit, from);
        jit.close_cache();
        (sum, jit.stats())
    }
}

/// There is one memory for code in a process: one test.
#[test]
fn what_is_kept_is_used_if_it_is_right() {
    ashore_sys::adopt();
    ashore_sys::install_all().unwrap();
    let (text, file) = (Text::new(), Memory::default());
    let (sum, stats) = text.start(&file, 0);
    assert_eq!((sum, stats.blocks), (BLOCKS, BLOCKS + 1));
    let whole = file.0.lock().unwrap().clone();
    // All of it is there, and nothing is written again.
    let (sum, stats) = text.start(&file, 0);
    assert_eq!((sum, stats.blocks), (BLOCKS, 0));
    assert!(*file.0.lock().unwrap() == whole);
    let (jit, is_kept) = text.open(&file);
    assert_eq!((is_kept, jit.verify(&text)), (true, Ok(BLOCKS as usize + 1)));
    changed_pages(text, &whole);
    changes_while_it_runs(text);
    parts(text, &whole);
    damage(text, &whole);
}

/// Only what was made of a page that has changed is made again.
fn changed_pages(text: Text, whole: &[u8]) {
    let file = Memory(Arc::new(Mutex::new(whole.to_vec())));
    let block = BLOCKS / 2;
    text.set(block, 3);
    let (sum, stats) = text.start(&file, 0);
    assert!(sum == BLOCKS + 2 && 0 < stats.blocks && stats.blocks < BLOCKS / 2, "{sum} {stats:?}");
    let (sum, stats) = text.start(&file, 0);
    assert_eq!((sum, stats.blocks), (BLOCKS + 2, 0));
    text.set(block, 1);
    assert_eq!(text.start(&file, 0).0, BLOCKS);
}

/// What was made of a page before somebody changed it behind our back is not kept as if it were of what is there now.
fn changes_while_it_runs(text: Text) {
    let file = Memory::default();
    let (jit, _) = text.open(&file);
    assert_eq!(text.run(&jit, 0), BLOCKS);
    text.set(519, 5);
    jit.close_cache();
    let (sum, stats) = text.start(&file, 0);
    assert!(sum == BLOCKS + 4 && 0 < stats.blocks && stats.blocks < BLOCKS / 2, "{sum} {stats:?}");
    text.set(519, 1);
    assert_eq!(text.start(&file, 0).0, BLOCKS);
    // The program says so: none of it is kept, then or later.
    let file = Memory::default();
    let (jit, _) = text.open(&file);
    assert_eq!(text.run(&jit, 0), BLOCKS);
    jit.invalidate(text.0 + PAGE + 1, 1);
    assert_eq!(text.run(&jit, 0), BLOCKS);
    jit.close_cache();
    let (sum, stats) = text.start(&file, 0);
    assert!(sum == BLOCKS && 0 < stats.blocks && stats.blocks < BLOCKS / 2, "{sum} {stats:?}");
}

/// What a run makes is added to what was there, and what is not asked for is not read.
fn parts(text: Text, whole: &[u8]) {
    let file = Memory::default();
    let first = text.start(&file, BLOCKS / 2).1.blocks;
    let len = file.0.lock().unwrap().len();
    let (sum, stats) = text.start(&file, 0);
    assert_eq!((sum, stats.blocks + first), (BLOCKS, BLOCKS + 1));
    let both = file.0.lock().unwrap().clone();
    assert!(len < both.len() && both.len() < whole.len() * 3 / 2, "{len} {} {}", both.len(), whole.len());
    for from in [0, BLOCKS / 2, BLOCKS - 1] {
        let (sum, stats) = text.start(&file, from);
        assert_eq!((sum, stats.blocks), (BLOCKS - from, 0));
    }
    assert!(*file.0.lock().unwrap() == both);
}

/// Whatever a file is, the program does the same.
fn damage(text: Text, whole: &[u8]) {
    for at in (0..whole.len()).step_by(whole.len() / 12).chain([1, 9, 41, 49, 60, 80]) {
        let mut wrong = whole.to_vec();
        wrong[at] ^= 0x10;
        let file = Memory(Arc::new(Mutex::new(wrong)));
        assert_eq!(text.start(&file, 0).0, BLOCKS, "{at}");
        // What is written then is right again.
        assert_eq!(text.start(&file, 0).1.blocks, 0, "{at}");
    }
    for len in (0..whole.len()).step_by(whole.len() / 4) {
        let file = Memory(Arc::new(Mutex::new(whole[..len].to_vec())));
        assert_eq!(text.start(&file, 0).0, BLOCKS, "{len}");
    }
}
