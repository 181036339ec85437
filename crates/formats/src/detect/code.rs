//! How the code asks its kernel: the last resort for a static program without any mark.
//!
//! Two habits tell Linux from the BSDs. The result: Linux returns small negative numbers and code compares with -4095 or
//! -4096; the BSDs set the carry flag and code branches on it, mostly in the next instruction. The numbers: some calls
//! that every C library start-up makes have numbers that mean nothing, or nothing common, elsewhere. Linux is named
//! only when at least two different such marks are set shortly before a system call and few calls are followed by a
//! branch on carry. The BSDs share their habits, so they are evidence but decide nothing.
//!
//! Code is searched by bytes, without decoding: a chance hit is possible, two of the right ones are not.

use super::table::Finding;
use alloc::{format, string::String, vec, vec::Vec};
use ashore_base::{Bytes, Cpu, Os};
use ashore_image::{FileRange, Image};

/// Numbers that Linux start-up code, threads and exits load, with their names.
type Numbers = &'static [(u32, &'static str)];

/// linux/amd64's number of arch_prctl.
const ARCH_PRCTL: u32 = 158;

/// linux/amd64 (`arch/x86/entry/syscalls/syscall_64.tbl`). On the BSDs these are unused, retired, or far from start-up.
const X86_64: Numbers = &[
    (14, "rt_sigprocmask"),
    (ARCH_PRCTL, "arch_prctl"),
    (218, "set_tid_address"),
    (231, "exit_group"),
    (273, "set_robust_list"),
    (302, "prlimit64"),
    (318, "getrandom"),
    (334, "rseq"),
];

/// The generic table of newer Linux ports (`include/uapi/asm-generic/unistd.h`).
const GENERIC: Numbers = &[
    (94, "exit_group"),
    (96, "set_tid_address"),
    (99, "set_robust_list"),
    (135, "rt_sigprocmask"),
    (261, "prlimit64"),
    (278, "getrandom"),
    (293, "rseq"),
];

/// How many different numbers must be seen.
const NUMBERS_NEEDED: usize = 2;
/// One call in this many may be followed by a branch on carry: bytes that only look like a call are.
const CARRY_SHARE: u64 = 4;
/// How much of a segment is searched at each of its ends, in bytes. In a huge program the start-up and the library, which
/// make the calls, are at one of them: linkers put code in the order it is named.
const CODE_LIMIT: u64 = 16 << 20;
/// How many bytes before a call the loading of its number is looked for, on x86-64.
const BACK_LEN: usize = 24;
/// No system has a call of a larger number.
const NUMBER_LIMIT: u32 = 1024;
/// The operation by which Linux programs set their thread pointer, as arch_prctl's first argument: `mov edi, 0x1002`.
const SET_FS: (&[u8; 5], &str) = (b"\xbf\x02\x10\0\0", "ARCH_SET_FS");
/// The bytes of a block of code that is looked at as a whole.
const BLOCK_LEN: usize = 256;
/// How far back from a call the loading of its number is looked for, in units of [`FixedWidth::step`].
const BACK_LIMIT: usize = 6;

/// What one walk over the code found.
#[derive(Default)]
struct Habits {
    calls: u64,
    carry_branches: u64,
    negative_checks: u64,
    numbers: Vec<&'static str>,
}

/// Looks through the code of an image.
pub(super) fn look(bytes: Bytes<'_>, image: &Image) -> Vec<Finding> {
    let mut habits = Habits::default();
    for (offset, len) in image.code().flat_map(|segment| ends(segment.file)) {
        let Some(code) = bytes.slice(offset, len) else { continue };
        match image.cpu {
            Cpu::X86_64 => habits.walk_x86(code),
            Cpu::Aarch64 => habits.walk_words(code, &AARCH64),
            Cpu::Riscv64 => habits.walk_words(code, &RISCV64),
        }
    }
    if habits.calls == 0 {
        return Vec::new();
    }
    let is_linux = habits.numbers.len() >= NUMBERS_NEEDED && habits.carry_branches * CARRY_SHARE < habits.calls;
    vec![Finding { words: habits.words(), os: is_linux.then_some(Os::Linux) }]
}

/// The two ends of a piece of a file, or all of it when it is short.
fn ends(file: FileRange) -> [(u64, u64); 2] {
    let first = file.len.min(CODE_LIMIT);
    // Instructions stay aligned: the segment's length need not be a multiple of anything.
    let last = (file.len - first).min(CODE_LIMIT) & !3;
    let skipped = (file.len - first - last) & !3;
    [(file.offset, first), (file.offset.saturating_add(first + skipped), last)]
}

impl Habits {
    fn words(&self) -> String {
        let mut words = format!("{} calls", self.calls);
        if !self.numbers.is_empty() {
            words += &format!("; Linux numbers of {}", self.numbers.join(", "));
        }
        if self.negative_checks > 0 {
            words += &format!("; {} results compared with -4095, as on Linux", self.negative_checks);
        }
        if self.carry_branches > 0 {
            words += &format!("; {} branches on the carry flag, as on a BSD", self.carry_branches);
        }
        words
    }

    fn take(&mut self, numbers: Numbers, number: u32) {
        if let Some((_, name)) = numbers.iter().find(|row| row.0 == number)
            && !self.numbers.contains(name)
        {
            self.numbers.push(name);
        }
    }

    fn walk_x86(&mut self, code: &[u8]) {
        const SYSCALL: &[u8; 2] = b"\x0f\x05";
        let mut rest = code;
        let mut at = 0;
        while let Some(skip) = rest.iter().position(|&byte| byte == 0x0f) {
            at += skip;
            let here = code.get(at..).unwrap_or_default();
            if here.starts_with(SYSCALL) {
                self.calls += 1;
                self.after_x86(here.get(SYSCALL.len()..).unwrap_or_default());
                self.before_x86(code.get(at.saturating_sub(BACK_LEN)..at).unwrap_or_default());
            }
            at += 1;
            rest = code.get(at..).unwrap_or_default();
        }
    }

    /// What the code just before a call loads.
    fn before_x86(&mut self, code: &[u8]) {
        let Some(number) = (0..code.len()).rev().find_map(|at| number_at_x86(code.get(at..)?)) else { return };
        self.take(X86_64, number);
        let (pattern, name) = SET_FS;
        if number == ARCH_PRCTL
            && code.windows(pattern.len()).any(|window| window == pattern)
            && !self.numbers.contains(&name)
        {
            self.numbers.push(name);
        }
    }

    /// `jb`, `jae` in both lengths; `cmp rax, -4095` or `-4096`.
    fn after_x86(&mut self, next: &[u8]) {
        match next {
            [0x72 | 0x73, ..] | [0x0f, 0x82 | 0x83, ..] => self.carry_branches += 1,
            [0x48, 0x3d, 0x00 | 0x01, 0xf0, 0xff, 0xff, ..] => self.negative_checks += 1,
            _ => {}
        }
    }

    /// Calls are found first: looking around them is for few of many words.
    fn walk_words(&mut self, code: &[u8], cpu: &FixedWidth) {
        let call = cpu.call.to_le_bytes();
        let word_at = |at: usize| Some(u32::from_le_bytes(*code.get(at..)?.first_chunk()?));
        // Most of them have none, which is seen without looking at each word alone.
        let blocks = code.chunks(BLOCK_LEN).enumerate().filter(|(_, block)| cpu.may_call(block));
        let places = blocks.flat_map(|(index, block)| {
            let start = index * BLOCK_LEN;
            (start..start + block.len()).step_by(cpu.step)
        });
        for at in places.filter(|at| code.get(*at..).is_some_and(|here| here.starts_with(&call))) {
            self.calls += 1;
            if word_at(at + cpu.step).is_some_and(cpu.is_carry_branch) {
                self.carry_branches += 1;
            }
            let mut before = (1..=BACK_LIMIT).filter_map(|back| word_at(at.checked_sub(back * cpu.step)?));
            if let Some(number) = before.find_map(cpu.number) {
                self.take(GENERIC, number);
            }
        }
    }
}

/// The number that the instruction here loads: `mov eax, imm32`, `mov rax, imm32`, `push imm8; pop rax`.
fn number_at_x86(code: &[u8]) -> Option<u32> {
    let number = match *code {
        [0x48, 0xc7, 0xc0, a, b, c, d, ..] | [0xb8, a, b, c, d, ..] => u32::from_le_bytes([a, b, c, d]),
        [0x6a, small, 0x58, ..] => small.into(),
        _ => return None,
    };
    (number < NUMBER_LIMIT).then_some(number)
}

/// How a CPU whose calling instruction is one word of four bytes asks its kernel.
struct FixedWidth {
    /// The alignment of instructions in bytes.
    step: usize,
    /// The calling instruction.
    call: u32,
    /// The constant an instruction loads into Linux's number register.
    number: fn(u32) -> Option<u32>,
    /// Whether an instruction branches on carry.
    is_carry_branch: fn(u32) -> bool,
}

impl FixedWidth {
    /// Whether a call may begin in a block of code.
    fn may_call(&self, block: &[u8]) -> bool {
        let words = block.chunks_exact(size_of::<u32>());
        let is_whole = self.step == size_of::<u32>() && words.remainder().is_empty();
        // All of them without a branch: several are compared at once.
        let call = |word: &[u8]| word.first_chunk() == Some(&self.call.to_le_bytes());
        !is_whole || words.fold(false, |found, word| found | call(word))
    }
}

/// `svc 0`; `mov w8/x8, imm16`; `b.cs`, `b.cc`.
const AARCH64: FixedWidth = FixedWidth {
    step: 4,
    call: 0xd400_0001,
    number: |word| (word & 0x7fe0_001f == 0x5280_0008).then_some(word >> 5 & 0xffff),
    is_carry_branch: |word| matches!(word & 0xff00_001f, 0x5400_0002 | 0x5400_0003),
};

/// `ecall`; `li a7, imm12`; there is no carry flag.
const RISCV64: FixedWidth = FixedWidth {
    step: 2,
    call: 0x0000_0073,
    number: |word| (word & 0x000f_ffff == 0x0000_0893).then_some(word >> 20),
    is_carry_branch: |_| false,
};

#[cfg(test)]
mod tests {
    use super::*;

    fn habits(code: &[u8]) -> Habits {
        let mut habits = Habits::default();
        habits.walk_x86(code);
        habits
    }

    #[test]
    fn linux_numbers_right_before_the_call_count() {
        let found = habits(b"\x90\x90\xb8\xe7\0\0\0\x0f\x05\x48\x3d\x01\xf0\xff\xff\x90\x48\xc7\xc0\x9e\0\0\0\x0f\x05");
        assert_eq!((found.calls, found.negative_checks, found.carry_branches), (2, 1, 0));
        assert_eq!(found.numbers, ["exit_group", "arch_prctl"]);
    }

    #[test]
    fn setting_the_thread_pointer_counts_twice() {
        let found = habits(b"\xb8\x9e\0\0\0\xbf\x02\x10\0\0\x0f\x05");
        assert_eq!(found.numbers, ["arch_prctl", "ARCH_SET_FS"]);
    }

    #[test]
    fn the_nearest_number_counts() {
        let found = habits(b"\xb8\xe7\0\0\0\x90\x6a\x03\x58\x4c\x89\xf7\x0f\x05");
        assert!(found.numbers.is_empty());
    }

    #[test]
    fn carry_branches_are_a_bsd_habit() {
        let found = habits(b"\x90\x90\xb8\xe7\0\0\0\x0f\x05\x72\x10\xb8\x9e\0\0\0\x0f\x05\x0f\x83\0\0\0\0");
        assert_eq!((found.calls, found.carry_branches), (2, 2));
    }

    #[test]
    fn both_ends_of_long_code_are_searched() {
        let at = |len| ends(FileRange { offset: 0x1000, len });
        assert_eq!(at(100), [(0x1000, 100), (0x1000 + 100, 0)]);
        assert_eq!(at(64 << 20), [(0x1000, 16 << 20), (0x1000 + (48 << 20), 16 << 20)]);
        assert_eq!(at((64 << 20) + 6)[1], (0x1000 + (48 << 20) + 4, 16 << 20));
    }

    #[test]
    fn aarch64_numbers_count_through_other_instructions() {
        let mut found = Habits::default();
        // mov x8, #94; mov x0, xzr; svc 0
        let code: Vec<u8> =
            [0xd280_0bc8u32, 0xaa1f_03e0, 0xd400_0001].iter().flat_map(|word| word.to_le_bytes()).collect();
        found.walk_words(&code, &AARCH64);
        assert_eq!(found.numbers, ["exit_group"]);
    }
}
