//! The registers of x86-64 as gdb has them.

use super::{Cpu, File};
use ashore_guest::Delivery;
use ashore_isa::Registers;
use ashore_isa::x86_64::Regs;
use std::fmt::Write;

/// The CPU.
pub(super) static CPU: Cpu = Cpu {
    cpu: ashore_base::Cpu::X86_64,
    description,
    send,
    take,
    looked_at,
    records,
    // int3, which the CPU has run when it traps.
    trap: &[0xcc],
    behind: 1,
    is_trap,
    set_pc,
};

/// The trap of a breakpoint instruction.
const TRAP_BREAKPOINT: u32 = 3;

fn is_trap(delivery: &Delivery) -> bool {
    delivery.trap == TRAP_BREAKPOINT
}

fn set_pc(regs: &mut Registers, pc: u64) {
    if let Registers::X86_64(regs) = regs {
        regs.rip = pc;
    }
}

/// rbp, rsp and rip.
fn looked_at(regs: &Registers) -> [(usize, u64); 3] {
    match regs {
        Registers::X86_64(regs) => [(6, regs.rbp), (7, regs.rsp), (16, regs.rip)],
        Registers::Aarch64(_) => [(0, 0); 3],
    }
}

/// It has the address of the record on top of its stack or as its first argument, as the system has it.
fn records(regs: &Registers) -> [u64; 2] {
    match regs {
        Registers::X86_64(regs) => [regs.rdi, regs.rsp],
        Registers::Aarch64(_) => [0; 2],
    }
}

fn state(file: &File) -> State {
    let regs = if let Registers::X86_64(regs) = file.regs { regs } else { Regs::default() };
    State { regs, fp: file.fp.clone() }
}

fn send(file: &File, write: &mut dyn FnMut(Option<u8>)) {
    state(file).send(write);
}

fn take(file: &mut File, sent: &[u8]) -> Option<bool> {
    let mut state = state(file);
    let is_fp_changed = state.take(&State::parse(sent)?);
    (file.regs, file.fp) = (state.regs.into(), state.fp);
    Some(is_fp_changed)
}

/// All registers of one thread.
#[derive(Debug, Clone, Default, PartialEq)]
struct State {
    regs: Regs,
    /// The vector and floating-point state as the CPU saves it; empty when nobody knows it.
    fp: Vec<u8>,
}

type Word = fn(&mut Regs) -> &mut u64;

/// The general registers in gdb's order.
const GENERAL: [(&str, &str, Word); 17] = [
    ("rax", "int64", |r| &mut r.rax),
    ("rbx", "int64", |r| &mut r.rbx),
    ("rcx", "int64", |r| &mut r.rcx),
    ("rdx", "int64", |r| &mut r.rdx),
    ("rsi", "int64", |r| &mut r.rsi),
    ("rdi", "int64", |r| &mut r.rdi),
    ("rbp", "data_ptr", |r| &mut r.rbp),
    ("rsp", "data_ptr", |r| &mut r.rsp),
    ("r8", "int64", |r| &mut r.r8),
    ("r9", "int64", |r| &mut r.r9),
    ("r10", "int64", |r| &mut r.r10),
    ("r11", "int64", |r| &mut r.r11),
    ("r12", "int64", |r| &mut r.r12),
    ("r13", "int64", |r| &mut r.r13),
    ("r14", "int64", |r| &mut r.r14),
    ("r15", "int64", |r| &mut r.r15),
    ("rip", "code_ptr", |r| &mut r.rip),
];
/// The selectors of 64-bit user code. They cannot be changed.
const SELECTORS: [(&str, u32); 6] = [("cs", 0x33), ("ss", 0x2b), ("ds", 0), ("es", 0), ("fs", 0), ("gs", 0)];
const CONTROL: [&str; 8] = ["fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"];
const BASES: [(&str, Word); 2] = [("fs_base", |r| &mut r.fs_base), ("gs_base", |r| &mut r.gs_base)];
/// What gdb knows a Linux thread by that is not in a call.
const NO_CALL: u64 = u64::MAX;
const FLAGS: &str = "CF=0,PF=2,AF=4,ZF=6,SF=7,TF=8,IF=9,DF=10,OF=11,RF=16,AC=18,ID=21";

/// Places in the CPU's save format (XSAVE, standard form).
const FCTRL: usize = 0;
const FSTAT: usize = 2;
const TAGS: usize = 4;
const FOP: usize = 6;
const FIOFF: usize = 8;
const FOOFF: usize = 16;
const MXCSR: usize = 24;
const STACK: usize = 32;
const XMM: usize = 160;
const PARTS: usize = 512;
const YMM_HIGH: usize = 576;
/// What the control word is while the CPU has not saved one.
const FCTRL_INITIAL: u16 = 0x37f;
const PART_X87: u8 = 1;
const PART_SSE: u8 = 2;
const PART_AVX: u8 = 4;

/// Whether threads here have the upper halves of the 256-bit registers.
fn has_avx() -> bool {
    std::is_x86_feature_detected!("avx")
}

/// The description of the registers that gdb asks for.
fn description() -> String {
    let mut xml =
        String::from("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">");
    xml.push_str("<architecture>i386:x86-64</architecture>");
    xml.push_str("<feature name=\"org.gnu.gdb.i386.core\"><flags id=\"eflags\" size=\"4\">");
    for flag in FLAGS.split(',') {
        if let Some((name, bit)) = flag.split_once('=') {
            let _ = write!(xml, "<field name=\"{name}\" start=\"{bit}\" end=\"{bit}\"/>");
        }
    }
    xml.push_str("</flags>");
    let mut register = |name: &str, bits: u32, kind: &str| {
        let _ = write!(xml, "<reg name=\"{name}\" bitsize=\"{bits}\" type=\"{kind}\"/>");
    };
    GENERAL.iter().for_each(|(name, kind, _)| register(name, 64, kind));
    register("eflags", 32, "eflags");
    SELECTORS.iter().for_each(|(name, _)| register(name, 32, "int32"));
    (0..8).for_each(|n| register(&format!("st{n}"), 80, "i387_ext"));
    CONTROL.iter().for_each(|name| register(name, 32, "int"));
    xml.push_str("</feature><feature name=\"org.gnu.gdb.i386.sse\">");
    xml.push_str(VECTOR_TYPES);
    let mut register = |name: &str, bits: u32, kind: &str| {
        let _ = write!(xml, "<reg name=\"{name}\" bitsize=\"{bits}\" type=\"{kind}\"/>");
    };
    (0..16).for_each(|n| register(&format!("xmm{n}"), 128, "vec128"));
    register("mxcsr", 32, "int");
    xml.push_str("</feature><feature name=\"org.gnu.gdb.i386.linux\">");
    xml.push_str("<reg name=\"orig_rax\" bitsize=\"64\" type=\"int\"/></feature>");
    xml.push_str("<feature name=\"org.gnu.gdb.i386.segments\">");
    for (name, _) in BASES {
        let _ = write!(xml, "<reg name=\"{name}\" bitsize=\"64\" type=\"int\"/>");
    }
    xml.push_str("</feature>");
    if has_avx() {
        xml.push_str("<feature name=\"org.gnu.gdb.i386.avx\">");
        (0..16).for_each(|n| {
            let _ = write!(xml, "<reg name=\"ymm{n}h\" bitsize=\"128\" type=\"uint128\"/>");
        });
        xml.push_str("</feature>");
    }
    xml.push_str("</target>");
    xml
}

const VECTOR_TYPES: &str = "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>\
<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/><vector id=\"v16i8\" type=\"int8\" count=\"16\"/>\
<vector id=\"v8i16\" type=\"int16\" count=\"8\"/><vector id=\"v4i32\" type=\"int32\" count=\"4\"/>\
<vector id=\"v2i64\" type=\"int64\" count=\"2\"/><union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>\
<field name=\"v2_double\" type=\"v2d\"/><field name=\"v16_int8\" type=\"v16i8\"/>\
<field name=\"v8_int16\" type=\"v8i16\"/><field name=\"v4_int32\" type=\"v4i32\"/>\
<field name=\"v2_int64\" type=\"v2i64\"/><field name=\"uint128\" type=\"uint128\"/></union>";

impl State {
    /// The bytes at a place of the save format; none when nobody knows them.
    fn saved(&self, at: usize, len: usize) -> Option<&[u8]> {
        self.fp.get(at..at + len)
    }

    fn has_part(&self, part: u8) -> bool {
        self.fp.get(PARTS).is_none_or(|parts| parts & part != 0)
    }

    /// The eight x87 control registers as gdb has them, 32 bits each.
    fn control(&self) -> Option<[u32; 8]> {
        let half = |at| Some(u32::from(u16::from_le_bytes(self.saved(at, 2)?.try_into().ok()?)));
        let word = |at| Some(u32::from_le_bytes(self.saved(at, 4)?.try_into().ok()?));
        if !self.has_part(PART_X87) {
            return Some([u32::from(FCTRL_INITIAL), 0, 0xffff, 0, 0, 0, 0, 0]);
        }
        // The CPU saves a bit for each register in use, gdb wants two: 0 in use, 3 not.
        let used = *self.saved(TAGS, 1)?.first()?;
        let tags = (0..8).filter(|n| used & (1 << n) == 0).fold(0u32, |tags, n| tags | 3 << (2 * n));
        Some([half(FCTRL)?, half(FSTAT)?, tags, 0, word(FIOFF)?, 0, word(FOOFF)?, half(FOP)?])
    }

    fn set_control(&mut self, values: [u32; 8]) {
        let [control, status, tags, _, code, _, data, op] = values;
        let used = (0..8).filter(|n| tags >> (2 * n) & 3 != 3).fold(0u8, |used, n| used | 1 << n);
        self.put(FCTRL, &(control as u16).to_le_bytes());
        self.put(FSTAT, &(status as u16).to_le_bytes());
        self.put(TAGS, &[used]);
        self.put(FOP, &(op as u16).to_le_bytes());
        self.put(FIOFF, &code.to_le_bytes());
        self.put(FOOFF, &data.to_le_bytes());
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.fp.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
}

impl State {
    fn send(&self, write_byte: &mut dyn FnMut(Option<u8>)) {
        let mut regs = self.regs;
        let mut known = |bytes: &[u8]| bytes.iter().for_each(|byte| write_byte(Some(*byte)));
        GENERAL.iter().for_each(|(_, _, word)| known(&word(&mut regs).to_le_bytes()));
        known(&(regs.rflags as u32).to_le_bytes());
        SELECTORS.iter().for_each(|(_, value)| known(&value.to_le_bytes()));
        let mut maybe = |bytes: Option<&[u8]>, len: usize| match bytes {
            Some(bytes) => bytes.iter().for_each(|byte| write_byte(Some(*byte))),
            None => (0..len).for_each(|_| write_byte(None)),
        };
        (0..8).for_each(|n| maybe(self.saved(STACK + 16 * n, 10), 10));
        match self.control() {
            Some(words) => words.iter().for_each(|word| maybe(Some(&word.to_le_bytes()), 4)),
            None => maybe(None, 32),
        }
        (0..16).for_each(|n| maybe(self.saved(XMM + 16 * n, 16), 16));
        maybe(self.saved(MXCSR, 4), 4);
        maybe(Some(&NO_CALL.to_le_bytes()), 8);
        BASES.iter().for_each(|(_, word)| maybe(Some(&word(&mut regs).to_le_bytes()), 8));
        if has_avx() {
            (0..16).for_each(|n| maybe(self.saved(YMM_HIGH + 16 * n, 16), 16));
        }
    }

    /// What gdb sent. It may not have known the state: room is made, and taken where there is a state.
    fn parse(bytes: &[u8]) -> Option<State> {
        let mut state = State { regs: Regs::default(), fp: vec![0; YMM_HIGH + 256] };
        let mut rest = bytes;
        let mut take = |len: usize| -> Option<Vec<u8>> {
            let (head, tail) = rest.split_at_checked(len)?;
            rest = tail;
            Some(head.to_vec())
        };
        fn word(bytes: Vec<u8>) -> Option<u64> {
            Some(u64::from_le_bytes(bytes.try_into().ok()?))
        }
        fn half(bytes: Vec<u8>) -> Option<u32> {
            Some(u32::from_le_bytes(bytes.try_into().ok()?))
        }
        for (_, _, place) in GENERAL {
            *place(&mut state.regs) = word(take(8)?)?;
        }
        state.regs.rflags = half(take(4)?)?.into();
        take(SELECTORS.len() * 4)?;
        state.mark(u8::MAX);
        for n in 0..8 {
            state.put(STACK + 16 * n, &take(10)?);
        }
        let mut control = [0; 8];
        for value in &mut control {
            *value = half(take(4)?)?;
        }
        state.set_control(control);
        for n in 0..16 {
            state.put(XMM + 16 * n, &take(16)?);
        }
        state.put(MXCSR, &take(4)?);
        take(8)?;
        for (_, place) in BASES {
            *place(&mut state.regs) = word(take(8)?)?;
        }
        if has_avx() {
            for n in 0..16 {
                state.put(YMM_HIGH + 16 * n, &take(16)?);
            }
        }
        Some(state)
    }

    /// Takes over what gdb wrote, `other`, into the state as the CPU saved it. Whether that state changed.
    fn take(&mut self, other: &State) -> bool {
        self.regs = Regs { gs_base: self.regs.gs_base, ..other.regs };
        let before = self.fp.clone();
        let control = other.control().filter(|control| Some(control) != self.control().as_ref());
        if let Some(control) = control {
            self.set_control(control);
            self.mark(PART_X87);
        }
        let stack = (0..8).map(|n| (STACK + 16 * n, 10, PART_X87));
        let vectors = [(MXCSR, 4, PART_SSE), (XMM, 256, PART_SSE), (YMM_HIGH, 256, PART_AVX)];
        for (at, len, part) in stack.chain(vectors) {
            if let Some(new) = other.saved(at, len).filter(|new| Some(*new) != self.saved(at, len)) {
                self.put(at, new);
                self.mark(part);
            }
        }
        before != self.fp
    }

    /// A part of the state is no longer the initial one.
    fn mark(&mut self, part: u8) {
        if let Some(parts) = self.fp.get_mut(PARTS) {
            *parts |= part;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(file: &State) -> Vec<u8> {
        let mut bytes = Vec::new();
        file.send(&mut |byte| bytes.push(byte.unwrap_or(0)));
        bytes
    }

    fn sample() -> State {
        let mut fp: Vec<u8> = (0..832u32).map(|n| n as u8).collect();
        fp[PARTS] = 7;
        fp[FIOFF + 4..FIOFF + 8].fill(0);
        fp[FOOFF + 4..FOOFF + 8].fill(0);
        let regs = Regs { rax: 1, r15: 2, rip: 3, rflags: 0x246, fs_base: 4, gs_base: 5, ..Regs::default() };
        State { regs, fp }
    }

    #[test]
    fn what_gdb_gets_and_sends_back_changes_nothing() {
        let mut file = sample();
        let back = State::parse(&bytes(&file)).unwrap();
        assert!(!file.take(&back));
        assert_eq!(file, sample());
        assert_eq!(State::parse(&bytes(&file)[1..]), None);
    }

    #[test]
    fn one_changed_register_changes_only_itself() {
        let mut file = sample();
        file.fp[PARTS] = 3;
        let mut wire = bytes(&file);
        wire[0] = 9;
        let last = wire.len() - 1;
        wire[last] ^= 1;
        let back = State::parse(&wire).unwrap();
        assert_eq!(file.take(&back), has_avx());
        assert_eq!(file.regs.rax, 9);
        if has_avx() {
            assert_eq!((file.fp[PARTS], file.fp[YMM_HIGH + 255]), (7, sample().fp[YMM_HIGH + 255] ^ 1));
        }
    }

    #[test]
    fn what_is_told_with_a_stop_has_the_numbers_of_the_list() {
        let regs = Regs { rbp: 1, rsp: 2, rip: 3, ..Regs::default() };
        let all = bytes(&State { regs, fp: Vec::new() });
        for (number, value) in looked_at(&regs.into()) {
            assert_eq!(all[number * 8..number * 8 + 8], value.to_le_bytes());
        }
    }

    #[test]
    fn the_description_has_as_many_bits_as_the_bytes() {
        let xml = description();
        let bits: usize = xml
            .split("bitsize=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next().and_then(|bits| bits.parse::<usize>().ok()))
            .sum();
        assert_eq!(bits / 8, bytes(&sample()).len());
    }
}
