//! System registers and barriers.

use crate::aarch64::rows::pattern::bits;
use crate::aarch64::system::SysReg;
use alloc::format;
use alloc::string::String;

const fn user(crn: u16, crm: u16, op2: u16) -> SysReg {
    SysReg::new(3, 3, crn, crm, op2)
}

/// The names of registers programs use.
static NAMES: &[(SysReg, &str)] = &[
    (user(4, 2, 0), "nzcv"),
    (SysReg::FPCR, "fpcr"),
    (SysReg::FPSR, "fpsr"),
    (SysReg::TPIDR_EL0, "tpidr_el0"),
    (SysReg::TPIDRRO_EL0, "tpidrro_el0"),
    (user(14, 0, 0), "cntfrq_el0"),
    (user(14, 0, 2), "cntvct_el0"),
    (user(0, 0, 1), "ctr_el0"),
    (user(0, 0, 7), "dczid_el0"),
    (SysReg::new(3, 0, 0, 0, 0), "midr_el1"),
    (SysReg::new(3, 0, 0, 0, 5), "mpidr_el1"),
    (SysReg::new(3, 0, 0, 0, 6), "revidr_el1"),
    (SysReg::new(3, 0, 0, 4, 0), "id_aa64pfr0_el1"),
    (SysReg::new(3, 0, 0, 4, 1), "id_aa64pfr1_el1"),
    (SysReg::new(3, 0, 0, 6, 0), "id_aa64isar0_el1"),
    (SysReg::new(3, 0, 0, 6, 1), "id_aa64isar1_el1"),
    (SysReg::new(3, 0, 0, 7, 0), "id_aa64mmfr0_el1"),
    (SysReg::new(3, 0, 0, 7, 1), "id_aa64mmfr1_el1"),
];

/// What a barrier is for, by its four bits.
static BARRIERS: [&str; 16] = [
    "#0", "oshld", "oshst", "osh", "#4", "nshld", "nshst", "nsh", "#8", "ishld", "ishst", "ish", "#12", "ld", "st",
    "sy",
];

pub(super) fn item(name: &str, word: u32) -> Option<String> {
    let code = bits(word, 11, 8);
    Some(match name {
        "sysreg" => register(word),
        "barrier" => BARRIERS.get(code as usize).copied().unwrap_or_default().into(),
        "isb" | "clrex" if code == 15 => String::new(),
        "isb" | "clrex" => format!("#{code}"),
        _ => return None,
    })
}

/// A register's name, or its five numbers.
fn register(word: u32) -> String {
    let register = SysReg(bits(word, 19, 5) as u16);
    if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == register) {
        return (*name).into();
    }
    let [op1, crn, crm, op2] = [(18, 16), (15, 12), (11, 8), (7, 5)].map(|(high, low)| bits(word, high, low));
    format!("s{}_{op1}_c{crn}_c{crm}_{op2}", 2 + bits(word, 19, 19))
}
