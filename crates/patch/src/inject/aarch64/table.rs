//! The relocations of the ELF ABI for the Arm 64-bit architecture, section 5.7.

use super::super::way::*;

/// `bits` of `value` at bit `at` of the instruction.
fn insert(place: &mut [u8], value: u64, bits: u32, at: u32) -> Option<()> {
    let mask = (1u32 << bits) - 1;
    word(place, |word| word & !(mask << at) | (value as u32 & mask) << at)
}

/// The 21 bits of `adr` and `adrp`, the lowest two apart.
fn split(place: &mut [u8], value: u64) -> Option<()> {
    insert(place, value, 2, 29)?;
    insert(place, value >> 2, 19, 5)
}

const fn branch(bits: u32, put: fn(&mut [u8], u64) -> Option<()>) -> Field {
    Field { range: Range::Signed(bits), unit: 4, put }
}

const fn in_page(unit: u64, put: fn(&mut [u8], u64) -> Option<()>) -> Field {
    Field { range: Range::Any, unit, put }
}

const fn half(range: Range, put: fn(&mut [u8], u64) -> Option<()>) -> Field {
    Field { range, unit: 1, put }
}

const BRANCH_26: Field = branch(28, |place, value| insert(place, value >> 2, 26, 0));
const BRANCH_19: Field = branch(21, |place, value| insert(place, value >> 2, 19, 5));
const BRANCH_14: Field = branch(16, |place, value| insert(place, value >> 2, 14, 5));
const NEAR: Field = Field { range: Range::Signed(21), unit: 1, put: split };
/// `adrp`.
pub(super) const PAGES: Field =
    Field { range: Range::Signed(33), unit: 1, put: |place, value| split(place, value >> 12) };
/// `add`, and loads and stores of a byte.
pub(super) const IN_PAGE: Field = in_page(1, |place, value| insert(place, value, 12, 10));
const IN_PAGE_2: Field = in_page(2, |place, value| insert(place, value >> 1, 12, 10));
const IN_PAGE_4: Field = in_page(4, |place, value| insert(place, value >> 2, 12, 10));
const IN_PAGE_8: Field = in_page(8, |place, value| insert(place, value >> 3, 12, 10));
const IN_PAGE_16: Field = in_page(16, |place, value| insert(place, value >> 4, 12, 10));
const HALF_0: fn(&mut [u8], u64) -> Option<()> = |place, value| insert(place, value, 16, 5);
const HALF_1: fn(&mut [u8], u64) -> Option<()> = |place, value| insert(place, value >> 16, 16, 5);
const HALF_2: fn(&mut [u8], u64) -> Option<()> = |place, value| insert(place, value >> 32, 16, 5);
const HALF_3: fn(&mut [u8], u64) -> Option<()> = |place, value| insert(place, value >> 48, 16, 5);

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { number: 0,   name: "R_AARCH64_NONE",                  value: Value::Nothing,    field: NONE },
    Row { number: 256, name: "R_AARCH64_NONE (withdrawn)",      value: Value::Nothing,    field: NONE },
    Row { number: 257, name: "R_AARCH64_ABS64",                 value: Value::Pointer,    field: LONG },
    Row { number: 258, name: "R_AARCH64_ABS32",                 value: Value::Absolute,   field: INT },
    Row { number: 259, name: "R_AARCH64_ABS16",                 value: Value::Absolute,   field: SHORT },
    Row { number: 260, name: "R_AARCH64_PREL64",                value: Value::Relative,   field: LONG },
    Row { number: 261, name: "R_AARCH64_PREL32",                value: Value::Relative,   field: INT },
    Row { number: 262, name: "R_AARCH64_PREL16",                value: Value::Relative,   field: SHORT },
    Row { number: 263, name: "R_AARCH64_MOVW_UABS_G0",          value: Value::Absolute,   field: half(Range::Unsigned(16), HALF_0) },
    Row { number: 264, name: "R_AARCH64_MOVW_UABS_G0_NC",       value: Value::Absolute,   field: half(Range::Any, HALF_0) },
    Row { number: 265, name: "R_AARCH64_MOVW_UABS_G1",          value: Value::Absolute,   field: half(Range::Unsigned(32), HALF_1) },
    Row { number: 266, name: "R_AARCH64_MOVW_UABS_G1_NC",       value: Value::Absolute,   field: half(Range::Any, HALF_1) },
    Row { number: 267, name: "R_AARCH64_MOVW_UABS_G2",          value: Value::Absolute,   field: half(Range::Unsigned(48), HALF_2) },
    Row { number: 268, name: "R_AARCH64_MOVW_UABS_G2_NC",       value: Value::Absolute,   field: half(Range::Any, HALF_2) },
    Row { number: 269, name: "R_AARCH64_MOVW_UABS_G3",          value: Value::Absolute,   field: half(Range::Any, HALF_3) },
    Row { number: 273, name: "R_AARCH64_LD_PREL_LO19",          value: Value::Relative,   field: BRANCH_19 },
    Row { number: 274, name: "R_AARCH64_ADR_PREL_LO21",         value: Value::Relative,   field: NEAR },
    Row { number: 275, name: "R_AARCH64_ADR_PREL_PG_HI21",      value: Value::Page,       field: PAGES },
    Row { number: 276, name: "R_AARCH64_ADR_PREL_PG_HI21_NC",   value: Value::Page,       field: PAGES },
    Row { number: 277, name: "R_AARCH64_ADD_ABS_LO12_NC",       value: Value::InPage,     field: IN_PAGE },
    Row { number: 278, name: "R_AARCH64_LDST8_ABS_LO12_NC",     value: Value::InPage,     field: IN_PAGE },
    Row { number: 279, name: "R_AARCH64_TSTBR14",               value: Value::Relative,   field: BRANCH_14 },
    Row { number: 280, name: "R_AARCH64_CONDBR19",              value: Value::Relative,   field: BRANCH_19 },
    Row { number: 282, name: "R_AARCH64_JUMP26",                value: Value::Branch,     field: BRANCH_26 },
    Row { number: 283, name: "R_AARCH64_CALL26",                value: Value::Branch,     field: BRANCH_26 },
    Row { number: 284, name: "R_AARCH64_LDST16_ABS_LO12_NC",    value: Value::InPage,     field: IN_PAGE_2 },
    Row { number: 285, name: "R_AARCH64_LDST32_ABS_LO12_NC",    value: Value::InPage,     field: IN_PAGE_4 },
    Row { number: 286, name: "R_AARCH64_LDST64_ABS_LO12_NC",    value: Value::InPage,     field: IN_PAGE_8 },
    Row { number: 299, name: "R_AARCH64_LDST128_ABS_LO12_NC",   value: Value::InPage,     field: IN_PAGE_16 },
    Row { number: 309, name: "R_AARCH64_GOT_LD_PREL19",         value: Value::Word,       field: BRANCH_19 },
    Row { number: 311, name: "R_AARCH64_ADR_GOT_PAGE",          value: Value::WordPage,   field: PAGES },
    Row { number: 312, name: "R_AARCH64_LD64_GOT_LO12_NC",      value: Value::WordInPage, field: IN_PAGE_8 },
    Row { number: 314, name: "R_AARCH64_PLT32",                 value: Value::Branch,     field: INT },
    Row { number: 513, name: "R_AARCH64_TLSGD_ADR_PAGE21",      value: Value::ThreadLocal, field: NONE },
    Row { number: 514, name: "R_AARCH64_TLSGD_ADD_LO12_NC",     value: Value::ThreadLocal, field: NONE },
    Row { number: 541, name: "R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21", value: Value::ThreadLocal, field: NONE },
    Row { number: 542, name: "R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC", value: Value::ThreadLocal, field: NONE },
    Row { number: 549, name: "R_AARCH64_TLSLE_ADD_TPREL_HI12",  value: Value::ThreadLocal, field: NONE },
    Row { number: 550, name: "R_AARCH64_TLSLE_ADD_TPREL_LO12",  value: Value::ThreadLocal, field: NONE },
    Row { number: 551, name: "R_AARCH64_TLSLE_ADD_TPREL_LO12_NC", value: Value::ThreadLocal, field: NONE },
    Row { number: 562, name: "R_AARCH64_TLSDESC_ADR_PAGE21",    value: Value::ThreadLocal, field: NONE },
    Row { number: 563, name: "R_AARCH64_TLSDESC_LD64_LO12",     value: Value::ThreadLocal, field: NONE },
    Row { number: 564, name: "R_AARCH64_TLSDESC_ADD_LO12",      value: Value::ThreadLocal, field: NONE },
    Row { number: 569, name: "R_AARCH64_TLSDESC_CALL",          value: Value::ThreadLocal, field: NONE },
];
