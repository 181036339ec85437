//! Why a program stopped, in the kernel's words.

use crate::cpu::Cpu;
use crate::vectors::{ERROR, INTERRUPT};
use crate::{identity, interrupts};
use ashore_base::Addr;
use ashore_isa::aarch64::Regs;
use ashore_kernel_core::{Access, Fault, Trap};

/// Classes of exceptions (`ESR_EL1.EC`).
const WAIT: u64 = 0x01;
/// A call.
pub(crate) const CALL: u64 = 0x15;
const SYSTEM_REGISTER: u64 = 0x18;
const FETCH: u64 = 0x20;
const CODE_ALIGNMENT: u64 = 0x22;
const DATA: u64 = 0x24;
const STACK_ALIGNMENT: u64 = 0x26;
const STEP: u64 = 0x32;
const BREAKPOINT: u64 = 0x3c;
const UNKNOWN: u64 = 0x00;
const FLOATING_OFF: u64 = 0x07;
const ILLEGAL_STATE: u64 = 0x0e;
const VECTORS_OFF: u64 = 0x19;
const MATRICES_OFF: u64 = 0x1d;

/// Status codes of memory faults: the kind without the level.
const TRANSLATION: u64 = 0x04;
const ACCESS_FLAG: u64 = 0x08;
const PERMISSION: u64 = 0x0c;
const ADDRESS_SIZE: u64 = 0x00;
const ALIGNMENT: u64 = 0x21;

/// The class of a syndrome.
pub(crate) const fn class(syndrome: u64) -> u64 {
    syndrome >> 26
}

/// What stopped a program, unless it was a call; `None` when it was dealt with and the program goes on.
pub(crate) fn stopped(cpu: &Cpu, regs: &mut Regs, syndrome: u64, at: u64) -> Option<Trap> {
    if syndrome == INTERRUPT {
        return interrupts::take(cpu).then_some(Trap::Interrupt);
    }
    if syndrome == ERROR {
        return Some(Trap::Fault(Fault::Other { syndrome: 0x2f << 26 }));
    }
    // Programs may tag their addresses in the top byte.
    let at = Addr(if at >> 55 & 1 == 0 { at & 0x00ff_ffff_ffff_ffff } else { at });
    let fault = match class(syndrome) {
        WAIT => {
            regs.pc += 4;
            return None;
        }
        // CPUs before ARMv8.4 do not tell such an access from an instruction they do not know.
        UNKNOWN if identity::answer_at(regs) => return None,
        SYSTEM_REGISTER if identity::answer(regs, syndrome) => return None,
        UNKNOWN | FLOATING_OFF | ILLEGAL_STATE | SYSTEM_REGISTER | VECTORS_OFF | MATRICES_OFF => Fault::Illegal,
        FETCH => memory(at, Access::Execute, syndrome),
        DATA => {
            // Cache maintenance counts as a write for the CPU, not for the program.
            let (is_write, is_maintenance) = (syndrome >> 6 & 1 != 0, syndrome >> 8 & 1 != 0);
            memory(at, if is_write && !is_maintenance { Access::Write } else { Access::Read }, syndrome)
        }
        CODE_ALIGNMENT => Fault::Alignment { at: Addr(regs.pc), syndrome },
        STACK_ALIGNMENT => Fault::Alignment { at: Addr(regs.sp), syndrome },
        STEP => Fault::Step,
        BREAKPOINT => Fault::Breakpoint { number: syndrome as u16 },
        _ => Fault::Other { syndrome },
    };
    Some(Trap::Fault(fault))
}

fn memory(at: Addr, access: Access, syndrome: u64) -> Fault {
    let status = syndrome & 0x3f;
    match status & !3 {
        _ if status == ALIGNMENT => Fault::Alignment { at, syndrome },
        TRANSLATION | ACCESS_FLAG | PERMISSION | ADDRESS_SIZE => Fault::Memory { at, access, syndrome },
        _ => Fault::Other { syndrome },
    }
}
