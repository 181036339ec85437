//! The relocations of the System V ABI for AMD64, table 4.9.

use super::super::way::*;

/// Four bytes that are extended by zeroes.
const UNSIGNED_INT: Field = Field { range: Range::Unsigned(32), unit: 1, put: bytes::<4> };

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { number: 0,  name: "R_X86_64_NONE",            value: Value::Nothing,     field: NONE },
    Row { number: 1,  name: "R_X86_64_64",              value: Value::Pointer,     field: LONG },
    Row { number: 2,  name: "R_X86_64_PC32",            value: Value::Relative,    field: SIGNED_INT },
    Row { number: 4,  name: "R_X86_64_PLT32",           value: Value::Branch,      field: SIGNED_INT },
    Row { number: 9,  name: "R_X86_64_GOTPCREL",        value: Value::Word,        field: SIGNED_INT },
    Row { number: 10, name: "R_X86_64_32",              value: Value::Absolute,    field: UNSIGNED_INT },
    Row { number: 11, name: "R_X86_64_32S",             value: Value::Absolute,    field: SIGNED_INT },
    Row { number: 12, name: "R_X86_64_16",              value: Value::Absolute,    field: SHORT },
    Row { number: 13, name: "R_X86_64_PC16",            value: Value::Relative,    field: SHORT },
    Row { number: 14, name: "R_X86_64_8",               value: Value::Absolute,    field: BYTE },
    Row { number: 15, name: "R_X86_64_PC8",             value: Value::Relative,    field: BYTE },
    Row { number: 16, name: "R_X86_64_DTPMOD64",        value: Value::ThreadLocal, field: NONE },
    Row { number: 17, name: "R_X86_64_DTPOFF64",        value: Value::ThreadLocal, field: NONE },
    Row { number: 18, name: "R_X86_64_TPOFF64",         value: Value::ThreadLocal, field: NONE },
    Row { number: 19, name: "R_X86_64_TLSGD",           value: Value::ThreadLocal, field: NONE },
    Row { number: 20, name: "R_X86_64_TLSLD",           value: Value::ThreadLocal, field: NONE },
    Row { number: 21, name: "R_X86_64_DTPOFF32",        value: Value::ThreadLocal, field: NONE },
    Row { number: 22, name: "R_X86_64_GOTTPOFF",        value: Value::ThreadLocal, field: NONE },
    Row { number: 23, name: "R_X86_64_TPOFF32",         value: Value::ThreadLocal, field: NONE },
    Row { number: 24, name: "R_X86_64_PC64",            value: Value::Relative,    field: LONG },
    Row { number: 34, name: "R_X86_64_GOTPC32_TLSDESC", value: Value::ThreadLocal, field: NONE },
    Row { number: 35, name: "R_X86_64_TLSDESC_CALL",    value: Value::ThreadLocal, field: NONE },
    Row { number: 41, name: "R_X86_64_GOTPCRELX",       value: Value::Word,        field: SIGNED_INT },
    Row { number: 42, name: "R_X86_64_REX_GOTPCRELX",   value: Value::Word,        field: SIGNED_INT },
];

/// Whether the row promises an instruction that may be changed.
pub(super) fn may_relax(row: &Row) -> bool {
    matches!(row.number, 41 | 42)
}
