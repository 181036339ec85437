//! The relocations of the RISC-V ELF psABI, chapter 8.

use super::super::way::*;

type Put = fn(&mut [u8], u64) -> Option<()>;

/// `bits` of `value` from bit `from` on.
const fn part(value: u64, from: u32, bits: u32) -> u32 {
    (value >> from) as u32 & ((1 << bits) - 1)
}

fn upper(place: &mut [u8], value: u64) -> Option<()> {
    word(place, |word| word & 0xfff | (value as u32).wrapping_add(0x800) & 0xffff_f000)
}

fn lower_i(place: &mut [u8], value: u64) -> Option<()> {
    word(place, |word| word & 0x000f_ffff | part(value, 0, 12) << 20)
}

fn lower_s(place: &mut [u8], value: u64) -> Option<()> {
    word(place, |word| word & 0x01ff_f07f | part(value, 5, 7) << 25 | part(value, 0, 5) << 7)
}

fn pair(place: &mut [u8], value: u64) -> Option<()> {
    upper(place, value)?;
    lower_i(place.get_mut(4..)?, value)
}

fn branch(place: &mut [u8], value: u64) -> Option<()> {
    let bits = part(value, 12, 1) << 31 | part(value, 5, 6) << 25 | part(value, 1, 4) << 8 | part(value, 11, 1) << 7;
    word(place, |word| word & 0x01ff_f07f | bits)
}

fn jump(place: &mut [u8], value: u64) -> Option<()> {
    let bits =
        part(value, 20, 1) << 31 | part(value, 1, 10) << 21 | part(value, 11, 1) << 20 | part(value, 12, 8) << 12;
    word(place, |word| word & 0xfff | bits)
}

fn half(place: &mut [u8], mask: u16, bits: u32) -> Option<()> {
    let place = place.first_chunk_mut::<2>()?;
    *place = (u16::from_le_bytes(*place) & mask | bits as u16).to_le_bytes();
    Some(())
}

fn short_branch(place: &mut [u8], value: u64) -> Option<()> {
    let bits = part(value, 8, 1) << 12 | part(value, 3, 2) << 10 | part(value, 6, 2) << 5;
    half(place, 0xe383, bits | part(value, 1, 2) << 3 | part(value, 5, 1) << 2)
}

fn short_jump(place: &mut [u8], value: u64) -> Option<()> {
    let bits = part(value, 11, 1) << 12 | part(value, 4, 1) << 11 | part(value, 8, 2) << 9 | part(value, 10, 1) << 8;
    let rest = part(value, 6, 1) << 7 | part(value, 7, 1) << 6 | part(value, 1, 3) << 3 | part(value, 5, 1) << 2;
    half(place, 0xe003, bits | rest)
}

/// Adds to what is there, of `N` bytes.
fn add<const N: usize>(place: &mut [u8], value: u64) -> Option<()> {
    let mut old = [0; 8];
    old.iter_mut().zip(place.first_chunk::<N>()?).for_each(|(byte, old)| *byte = *old);
    bytes::<N>(place, u64::from_le_bytes(old).wrapping_add(value))
}

fn subtract<const N: usize>(place: &mut [u8], value: u64) -> Option<()> {
    add::<N>(place, value.wrapping_neg())
}

fn low_6(place: &mut [u8], change: impl FnOnce(u8) -> u8) -> Option<()> {
    let place = place.first_mut()?;
    *place = *place & 0xc0 | change(*place & 0x3f) & 0x3f;
    Some(())
}

const fn far(put: Put) -> Field {
    Field { range: Range::Rounded, unit: 1, put }
}

const fn near(bits: u32, put: Put) -> Field {
    Field { range: Range::Signed(bits), unit: 2, put }
}

const fn all(put: Put) -> Field {
    Field { range: Range::Any, unit: 1, put }
}

/// `auipc` and `lui`.
pub(super) const UPPER: Field = far(upper);
/// `addi`, loads, `jalr`.
pub(super) const LOWER_I: Field = all(lower_i);
const LOWER_S: Field = all(lower_s);
const PAIR: Field = far(pair);

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { number: 0,  name: "R_RISCV_NONE",          value: Value::Nothing,     field: NONE },
    Row { number: 1,  name: "R_RISCV_32",            value: Value::Absolute,    field: INT },
    Row { number: 2,  name: "R_RISCV_64",            value: Value::Pointer,     field: LONG },
    Row { number: 6,  name: "R_RISCV_TLS_DTPMOD32",  value: Value::ThreadLocal, field: NONE },
    Row { number: 7,  name: "R_RISCV_TLS_DTPMOD64",  value: Value::ThreadLocal, field: NONE },
    Row { number: 8,  name: "R_RISCV_TLS_DTPREL32",  value: Value::ThreadLocal, field: NONE },
    Row { number: 9,  name: "R_RISCV_TLS_DTPREL64",  value: Value::ThreadLocal, field: NONE },
    Row { number: 10, name: "R_RISCV_TLS_TPREL32",   value: Value::ThreadLocal, field: NONE },
    Row { number: 11, name: "R_RISCV_TLS_TPREL64",   value: Value::ThreadLocal, field: NONE },
    Row { number: 16, name: "R_RISCV_BRANCH",        value: Value::Relative,    field: near(13, branch) },
    Row { number: 17, name: "R_RISCV_JAL",           value: Value::Branch,      field: near(21, jump) },
    Row { number: 18, name: "R_RISCV_CALL",          value: Value::Branch,      field: PAIR },
    Row { number: 19, name: "R_RISCV_CALL_PLT",      value: Value::Branch,      field: PAIR },
    Row { number: 20, name: "R_RISCV_GOT_HI20",      value: Value::Word,        field: UPPER },
    Row { number: 21, name: "R_RISCV_TLS_GOT_HI20",  value: Value::ThreadLocal, field: NONE },
    Row { number: 22, name: "R_RISCV_TLS_GD_HI20",   value: Value::ThreadLocal, field: NONE },
    Row { number: 23, name: "R_RISCV_PCREL_HI20",    value: Value::Relative,    field: UPPER },
    Row { number: 24, name: "R_RISCV_PCREL_LO12_I",  value: Value::Low,         field: LOWER_I },
    Row { number: 25, name: "R_RISCV_PCREL_LO12_S",  value: Value::Low,         field: LOWER_S },
    Row { number: 26, name: "R_RISCV_HI20",          value: Value::Absolute,    field: UPPER },
    Row { number: 27, name: "R_RISCV_LO12_I",        value: Value::Absolute,    field: LOWER_I },
    Row { number: 28, name: "R_RISCV_LO12_S",        value: Value::Absolute,    field: LOWER_S },
    Row { number: 29, name: "R_RISCV_TPREL_HI20",    value: Value::ThreadLocal, field: NONE },
    Row { number: 30, name: "R_RISCV_TPREL_LO12_I",  value: Value::ThreadLocal, field: NONE },
    Row { number: 31, name: "R_RISCV_TPREL_LO12_S",  value: Value::ThreadLocal, field: NONE },
    Row { number: 32, name: "R_RISCV_TPREL_ADD",     value: Value::ThreadLocal, field: NONE },
    Row { number: 33, name: "R_RISCV_ADD8",          value: Value::Part,        field: all(add::<1>) },
    Row { number: 34, name: "R_RISCV_ADD16",         value: Value::Part,        field: all(add::<2>) },
    Row { number: 35, name: "R_RISCV_ADD32",         value: Value::Part,        field: all(add::<4>) },
    Row { number: 36, name: "R_RISCV_ADD64",         value: Value::Part,        field: all(add::<8>) },
    Row { number: 37, name: "R_RISCV_SUB8",          value: Value::Part,        field: all(subtract::<1>) },
    Row { number: 38, name: "R_RISCV_SUB16",         value: Value::Part,        field: all(subtract::<2>) },
    Row { number: 39, name: "R_RISCV_SUB32",         value: Value::Part,        field: all(subtract::<4>) },
    Row { number: 40, name: "R_RISCV_SUB64",         value: Value::Part,        field: all(subtract::<8>) },
    Row { number: 43, name: "R_RISCV_ALIGN",         value: Value::Nothing,     field: NONE },
    Row { number: 44, name: "R_RISCV_RVC_BRANCH",    value: Value::Relative,    field: near(9, short_branch) },
    Row { number: 45, name: "R_RISCV_RVC_JUMP",      value: Value::Relative,    field: near(12, short_jump) },
    Row { number: 51, name: "R_RISCV_RELAX",         value: Value::Nothing,     field: NONE },
    Row { number: 52, name: "R_RISCV_SUB6",          value: Value::Part,        field: all(|place, value| low_6(place, |old| old.wrapping_sub(value as u8))) },
    Row { number: 53, name: "R_RISCV_SET6",          value: Value::Part,        field: all(|place, value| low_6(place, |_| value as u8)) },
    Row { number: 54, name: "R_RISCV_SET8",          value: Value::Part,        field: all(bytes::<1>) },
    Row { number: 55, name: "R_RISCV_SET16",         value: Value::Part,        field: all(bytes::<2>) },
    Row { number: 56, name: "R_RISCV_SET32",         value: Value::Part,        field: all(bytes::<4>) },
    Row { number: 57, name: "R_RISCV_32_PCREL",      value: Value::Relative,    field: INT },
    Row { number: 59, name: "R_RISCV_PLT32",         value: Value::Branch,      field: INT },
];
