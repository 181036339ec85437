//! Whether a few instructions can run from the first again after some of them have run.
//!
//! A signal may come between instructions that moved to a stub together, and the guest then goes on at the first. That
//! changes nothing when they only compute registers, from values that none of them changes.

use iced_x86::{FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register};

/// Whether `instructions` can be interrupted anywhere and run from the first again.
pub(super) fn can_run_again(instructions: &[Instruction]) -> bool {
    let mut factory = InstructionInfoFactory::new();
    let mut read: Vec<Register> = Vec::new();
    let mut reads_flags = false;
    for instruction in instructions {
        if !only_computes(instruction) {
            return false;
        }
        reads_flags |= instruction.rflags_read() != 0;
        if reads_flags && instruction.rflags_modified() != 0 {
            return false;
        }
        let used = factory.info(instruction).used_registers();
        read.extend(used.iter().filter(|r| reads(r.access())).map(|r| r.register().full_register()));
        let mut written = used.iter().filter(|r| writes(r.access())).map(|r| r.register().full_register());
        if written.any(|register| read.contains(&register)) {
            return false;
        }
    }
    true
}

/// Arithmetic and loads of general registers. Not stores: another thread may have seen the first and answered it.
/// Nothing that names an address relative to itself, which would have to be encoded anew.
fn only_computes(instruction: &Instruction) -> bool {
    let is_known = matches!(
        instruction.mnemonic(),
        Mnemonic::Mov
            | Mnemonic::Movzx
            | Mnemonic::Movsx
            | Mnemonic::Movsxd
            | Mnemonic::Lea
            | Mnemonic::Xor
            | Mnemonic::Or
            | Mnemonic::And
            | Mnemonic::Add
            | Mnemonic::Sub
            | Mnemonic::Nop
    );
    let to_register = instruction.op_count() == 0 || instruction.op0_kind() == OpKind::Register;
    let is_general = to_register && (instruction.op_count() == 0 || instruction.op0_register().is_gpr());
    is_known && is_general && instruction.flow_control() == FlowControl::Next && !instruction.is_ip_rel_memory_operand()
}

fn reads(access: OpAccess) -> bool {
    matches!(access, OpAccess::Read | OpAccess::CondRead | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
}

fn writes(access: OpAccess) -> bool {
    matches!(access, OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
}

#[cfg(test)]
mod tests {
    use super::*;
    use iced_x86::{Decoder, DecoderOptions};

    fn again(code: &[u8]) -> bool {
        can_run_again(&Decoder::new(64, code, DecoderOptions::NONE).iter().collect::<Vec<_>>())
    }

    #[test]
    fn constants_and_loads_can_run_again() {
        // mov esi, 3; xor edx, edx
        assert!(again(&[0xbe, 3, 0, 0, 0, 0x31, 0xd2]));
        // mov rdx, [rbp-8]; lea rsi, [rdx+1]
        assert!(again(&[0x48, 0x8b, 0x55, 0xf8, 0x48, 0x8d, 0x72, 0x01]));
    }

    #[test]
    fn what_changes_its_own_source_cannot() {
        // add rdi, 8
        assert!(!again(&[0x48, 0x83, 0xc7, 8]));
        // mov rdi, rbx; mov rbx, rcx
        assert!(!again(&[0x48, 0x89, 0xdf, 0x48, 0x89, 0xcb]));
        // mov rcx, [rcx]
        assert!(!again(&[0x48, 0x8b, 0x09]));
        // mov esi, eax; mov al, 1
        assert!(!again(&[0x89, 0xc6, 0xb0, 1]));
    }

    #[test]
    fn stores_and_the_stack_cannot() {
        // mov [rdi], rax
        assert!(!again(&[0x48, 0x89, 0x07]));
        // pop rax
        assert!(!again(&[0x58]));
        // xchg eax, edi
        assert!(!again(&[0x97]));
    }
}
