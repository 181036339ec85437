//! The registers of AArch64 as gdb has them.

use super::{Cpu, File};
use ashore_guest::Delivery;
use ashore_isa::Registers;
use ashore_isa::aarch64::{Regs, Vectors};
use std::fmt::Write;

/// The CPU.
pub(super) static CPU: Cpu = Cpu {
    cpu: ashore_base::Cpu::Aarch64,
    description,
    send,
    take,
    looked_at,
    records,
    // brk #0, at which the CPU stops.
    trap: &[0, 0, 0x20, 0xd4],
    behind: 0,
    is_trap,
    set_pc,
};

/// `si_code` of a breakpoint instruction.
const TRAP_BRKPT: i32 = 1;
/// The places of the frame pointer, the link, the stack pointer and the program counter among the registers.
const X29: usize = 29;
const SP: usize = 31;
const PC: usize = 32;

/// The flags and what gdb knows of the processor's state, by their bits.
const FLAGS: &[(&str, u32)] = &[("V", 28), ("C", 29), ("Z", 30), ("N", 31)];

const VECTOR_TYPES: &str = "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>\
<vector id=\"v2u\" type=\"uint64\" count=\"2\"/><vector id=\"v2i\" type=\"int64\" count=\"2\"/>\
<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/><vector id=\"v4u\" type=\"uint32\" count=\"4\"/>\
<vector id=\"v4i\" type=\"int32\" count=\"4\"/><vector id=\"v8u\" type=\"uint16\" count=\"8\"/>\
<vector id=\"v8i\" type=\"int16\" count=\"8\"/><vector id=\"v16u\" type=\"uint8\" count=\"16\"/>\
<vector id=\"v16i\" type=\"int8\" count=\"16\"/><vector id=\"v1u\" type=\"uint128\" count=\"1\"/>\
<vector id=\"v1i\" type=\"int128\" count=\"1\"/>\
<union id=\"vnd\"><field name=\"f\" type=\"v2d\"/><field name=\"u\" type=\"v2u\"/><field name=\"s\" type=\"v2i\"/></union>\
<union id=\"vns\"><field name=\"f\" type=\"v4f\"/><field name=\"u\" type=\"v4u\"/><field name=\"s\" type=\"v4i\"/></union>\
<union id=\"vnh\"><field name=\"u\" type=\"v8u\"/><field name=\"s\" type=\"v8i\"/></union>\
<union id=\"vnb\"><field name=\"u\" type=\"v16u\"/><field name=\"s\" type=\"v16i\"/></union>\
<union id=\"vnq\"><field name=\"u\" type=\"v1u\"/><field name=\"s\" type=\"v1i\"/></union>\
<union id=\"aarch64v\"><field name=\"d\" type=\"vnd\"/><field name=\"s\" type=\"vns\"/>\
<field name=\"h\" type=\"vnh\"/><field name=\"b\" type=\"vnb\"/><field name=\"q\" type=\"vnq\"/></union>";

fn is_trap(delivery: &Delivery) -> bool {
    delivery.code == TRAP_BRKPT
}

fn regs_of(regs: &Registers) -> Regs {
    if let Registers::Aarch64(regs) = regs { *regs } else { Regs::default() }
}

fn set_pc(regs: &mut Registers, pc: u64) {
    *regs = Regs { pc, ..regs_of(regs) }.into();
}

/// x29, sp and pc.
fn looked_at(regs: &Registers) -> [(usize, u64); 3] {
    let regs = regs_of(regs);
    [(X29, regs.x[X29]), (SP, regs.sp), (PC, regs.pc)]
}

/// As the system has it: in its first word, or where the stack begins.
fn records(regs: &Registers) -> [u64; 2] {
    let regs = regs_of(regs);
    [regs.x[0], regs.sp]
}

fn description() -> String {
    let mut xml =
        String::from("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">");
    xml.push_str("<architecture>aarch64</architecture><feature name=\"org.gnu.gdb.aarch64.core\">");
    let mut register = |name: &str, bits: u32, kind: &str| {
        let _ = write!(xml, "<reg name=\"{name}\" bitsize=\"{bits}\" type=\"{kind}\"/>");
    };
    (0..31).for_each(|n| register(&format!("x{n}"), 64, "int"));
    register("sp", 64, "data_ptr");
    register("pc", 64, "code_ptr");
    xml.push_str("<flags id=\"cpsr_flags\" size=\"4\">");
    for (name, bit) in FLAGS {
        let _ = write!(xml, "<field name=\"{name}\" start=\"{bit}\" end=\"{bit}\"/>");
    }
    xml.push_str("</flags><reg name=\"cpsr\" bitsize=\"32\" type=\"cpsr_flags\"/></feature>");
    xml.push_str("<feature name=\"org.gnu.gdb.aarch64.fpu\">");
    xml.push_str(VECTOR_TYPES);
    let mut register = |name: &str, bits: u32, kind: &str| {
        let _ = write!(xml, "<reg name=\"{name}\" bitsize=\"{bits}\" type=\"{kind}\"/>");
    };
    (0..32).for_each(|n| register(&format!("v{n}"), 128, "aarch64v"));
    register("fpsr", 32, "int");
    register("fpcr", 32, "int");
    xml.push_str("</feature><feature name=\"org.gnu.gdb.aarch64.tls\">");
    xml.push_str("<reg name=\"tpidr\" bitsize=\"64\" type=\"data_ptr\"/></feature></target>");
    xml
}

fn send(file: &File, write: &mut dyn FnMut(Option<u8>)) {
    let regs = regs_of(&file.regs);
    let mut known = |bytes: &[u8]| bytes.iter().for_each(|byte| write(Some(*byte)));
    regs.x.iter().chain([&regs.sp, &regs.pc]).for_each(|word| known(&word.to_le_bytes()));
    known(&(regs.pstate as u32).to_le_bytes());
    // The vectors and both of their registers lie as gdb wants them; what fills the layout up is left out.
    match file.fp.get(..VECTORS) {
        Some(vectors) => known(vectors),
        None => (0..VECTORS).for_each(|_| write(None)),
    }
    regs.tls.to_le_bytes().iter().for_each(|byte| write(Some(*byte)));
}

/// The bytes of the vectors, their status and their control.
const VECTORS: usize = 32 * 16 + 8;

fn take(file: &mut File, sent: &[u8]) -> Option<bool> {
    let mut rest = sent;
    let mut next = |len: usize| -> Option<&[u8]> {
        let (head, tail) = rest.split_at_checked(len)?;
        rest = tail;
        Some(head)
    };
    let mut regs = Regs::default();
    for word in regs.x.iter_mut().chain([&mut regs.sp, &mut regs.pc]) {
        *word = u64::from_le_bytes(next(8)?.try_into().ok()?);
    }
    regs.pstate = u32::from_le_bytes(next(4)?.try_into().ok()?).into();
    let vectors = next(VECTORS)?.to_vec();
    regs.tls = u64::from_le_bytes(next(8)?.try_into().ok()?);
    file.regs = regs.into();
    // Where nobody knows them there is nothing to change.
    let Some(known) = file.fp.get_mut(..VECTORS).filter(|known| **known != *vectors) else { return Some(false) };
    known.copy_from_slice(&vectors);
    Some(true)
}

const _: () = assert!(VECTORS <= Vectors::LEN);

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(file: &File) -> Vec<u8> {
        let mut bytes = Vec::new();
        send(file, &mut |byte| bytes.push(byte.unwrap_or(0)));
        bytes
    }

    fn sample() -> File {
        let regs = Regs { x: std::array::from_fn(|n| n as u64 + 1), sp: 40, pc: 41, pstate: 1 << 30, tls: 42 };
        let v = std::array::from_fn(|n| n as u128 + 7);
        let vectors = Vectors { v, fpsr: 3, fpcr: 4, ..Vectors::default() };
        File { regs: regs.into(), fp: vectors.to_bytes().into(), ..File::default() }
    }

    #[test]
    fn what_gdb_gets_and_sends_back_changes_nothing() {
        let mut file = sample();
        let sent = bytes(&file);
        assert_eq!(take(&mut file, &sent), Some(false));
        assert_eq!(file, sample());
        assert_eq!(take(&mut file, &sent[1..]), None);
    }

    #[test]
    fn one_changed_register_changes_only_itself() {
        let mut file = sample();
        let mut sent = bytes(&file);
        sent[8] = 99;
        sent[33 * 8 + 4 + 16] = 98;
        assert_eq!(take(&mut file, &sent), Some(true));
        let (mut regs, mut vectors) = (regs_of(&sample().regs), Vectors::from_bytes(&sample().fp));
        (regs.x[1], vectors.v[1]) = (99, 98);
        assert_eq!((file.regs, file.fp), (regs.into(), vectors.to_bytes().into()));
    }

    #[test]
    fn the_description_has_as_many_bits_as_the_bytes() {
        let xml = description();
        let numbers = xml.split("bitsize=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let bits: usize = numbers.filter_map(|bits| bits.parse::<usize>().ok()).sum();
        assert_eq!(bits / 8, bytes(&sample()).len());
        for (number, value) in looked_at(&sample().regs) {
            assert_eq!(bytes(&sample())[number * 8..number * 8 + 8], value.to_le_bytes());
        }
    }
}
