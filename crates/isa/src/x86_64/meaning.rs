//! x86-64 instructions.

use super::{Regs, text};
use crate::Registers;
use crate::meaning::{Access, Class, Formula, Instruction, Meanings, Peek, Role, Way};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use ashore_base::Addr;
use iced_x86::{
    Decoder, DecoderOptions, FlowControl, InstructionInfoFactory, MemorySize, Mnemonic, OpAccess, OpKind, Register,
    UsedMemory,
};

/// Says what instructions do.
pub(crate) struct Means;

impl Meanings for Means {
    fn read(&self, at: Addr, bytes: &[u8]) -> Option<Instruction> {
        decode(bytes, at)
    }

    fn resolve(&self, found: &mut Instruction, regs: &Registers, peek: Peek<'_>) {
        if let Registers::X86_64(regs) = regs {
            resolve(found, regs, peek);
        }
    }

    fn after(&self, found: &Instruction, regs: &Registers) -> Registers {
        let mut regs = *regs;
        regs.set_pc(found.at.0.wrapping_add(found.bytes.len() as u64));
        regs
    }
}

/// The instruction at the start of `bytes`, its operands not resolved.
fn decode(bytes: &[u8], at: Addr) -> Option<Instruction> {
    let decoded = read(bytes, at);
    let len = if decoded.is_invalid() { bytes.len().min(1) } else { decoded.len() };
    let mut found = Instruction::unread(bytes.get(..len).filter(|bytes| !bytes.is_empty())?, at);
    found.text = if decoded.is_invalid() { "(bad)".to_owned() } else { text(&decoded) };
    found.class = class(&decoded);
    found.is_thread_local = is_segment(decoded.segment_prefix());
    found.target = direct_target(&decoded);
    found.constant = stored_constant(&decoded);
    found.needs = needs(&decoded);
    Some(found)
}

/// Adds what the registers and memory tell.
fn resolve(found: &mut Instruction, regs: &Regs, memory: Peek<'_>) {
    let decoded = read(&found.bytes, found.at);
    if decoded.is_invalid() {
        return;
    }
    let mut factory = InstructionInfoFactory::new();
    let info = factory.info(&decoded);
    let mut accesses: Vec<Access> = info.used_memory().iter().filter_map(|used| access(&decoded, used, regs)).collect();
    accesses.sort_by_key(|access| access.role == Role::Stack);
    found.accesses = accesses;
    if found.target.is_none() && matches!(found.class, Class::Call | Class::Jump | Class::Return) {
        found.target = indirect_target(&decoded, found, regs, memory);
    }
    if found.class == Class::Divide {
        found.divisor = operand(&decoded, found, regs, memory);
    }
}

fn read(bytes: &[u8], at: Addr) -> iced_x86::Instruction {
    Decoder::with_ip(64, bytes, at.0, DecoderOptions::NONE).decode()
}

fn class(decoded: &iced_x86::Instruction) -> Class {
    if decoded.is_invalid() {
        return Class::Invalid;
    }
    match decoded.mnemonic() {
        Mnemonic::Div | Mnemonic::Idiv => return Class::Divide,
        Mnemonic::Int3 | Mnemonic::Int1 => return Class::Breakpoint,
        Mnemonic::Ud0 | Mnemonic::Ud1 | Mnemonic::Ud2 => return Class::Undefined,
        Mnemonic::Syscall | Mnemonic::Sysenter => return Class::SystemCall,
        Mnemonic::Int if decoded.immediate8() == 3 => return Class::Breakpoint,
        Mnemonic::Int if decoded.immediate8() == 0x80 => return Class::SystemCall,
        Mnemonic::Int => return Class::Privileged,
        // With the I/O privilege that programs have, these need the kernel too.
        Mnemonic::In | Mnemonic::Out | Mnemonic::Cli | Mnemonic::Sti => return Class::Privileged,
        Mnemonic::Insb | Mnemonic::Insw | Mnemonic::Insd => return Class::Privileged,
        Mnemonic::Outsb | Mnemonic::Outsw => return Class::Privileged,
        Mnemonic::Outsd => return Class::Privileged,
        _ => {}
    }
    if decoded.is_privileged() {
        return Class::Privileged;
    }
    match decoded.flow_control() {
        FlowControl::Call | FlowControl::IndirectCall => Class::Call,
        FlowControl::UnconditionalBranch | FlowControl::IndirectBranch => Class::Jump,
        FlowControl::ConditionalBranch => Class::Branch,
        FlowControl::Return => Class::Return,
        _ => Class::Plain,
    }
}

/// The features that it needs and that not every x86-64 CPU has.
fn needs(decoded: &iced_x86::Instruction) -> Vec<String> {
    use iced_x86::CpuidFeature as Feature;
    let is_common = |feature: &Feature| {
        let early = (*feature as usize) <= Feature::INTEL486 as usize;
        let common = [
            Feature::X64,
            Feature::FPU,
            Feature::FPU287,
            Feature::FPU387,
            Feature::CMOV,
            Feature::CX8,
            Feature::MMX,
            Feature::SSE,
            Feature::SSE2,
            Feature::FXSR,
            Feature::CPUID,
            Feature::TSC,
            Feature::MSR,
            Feature::MULTIBYTENOP,
            Feature::SYSCALL,
        ];
        early || common.contains(feature)
    };
    let features = decoded.cpuid_features().iter().filter(|feature| !is_common(feature));
    // Names do not begin with a digit there.
    let name = |feature: &Feature| format!("{feature:?}").replace("D3NOW", "3DNOW");
    features.map(name).collect()
}

fn is_segment(register: Register) -> bool {
    matches!(register, Register::FS | Register::GS)
}

fn is_near_branch(kind: OpKind) -> bool {
    matches!(kind, OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64)
}

fn direct_target(decoded: &iced_x86::Instruction) -> Option<Addr> {
    (decoded.op_count() > 0 && is_near_branch(decoded.op0_kind())).then(|| Addr(decoded.near_branch_target()))
}

/// The number a `mov` writes to memory.
fn stored_constant(decoded: &iced_x86::Instruction) -> Option<u64> {
    let stores = decoded.mnemonic() == Mnemonic::Mov && decoded.op0_kind() == OpKind::Memory;
    if !stores {
        return None;
    }
    let bits = match decoded.memory_size() {
        MemorySize::UInt8 | MemorySize::Int8 => 8,
        MemorySize::UInt16 | MemorySize::Int16 => 16,
        MemorySize::UInt32 | MemorySize::Int32 => 32,
        _ => 64,
    };
    decoded.try_immediate(1).ok().map(|value| if bits == 64 { value } else { value & ((1 << bits) - 1) })
}

fn access(decoded: &iced_x86::Instruction, used: &UsedMemory, regs: &Regs) -> Option<Access> {
    let way = match used.access() {
        OpAccess::Read | OpAccess::CondRead => Way::Load,
        OpAccess::Write | OpAccess::CondWrite => Way::Store,
        OpAccess::ReadWrite | OpAccess::ReadCondWrite => Way::Both,
        OpAccess::NoMemAccess | OpAccess::None => Way::Hint,
    };
    if decoded.mnemonic() == Mnemonic::Lea || way == Way::Hint {
        return None;
    }
    let at = used.virtual_address(0, |register, _, _| value(regs, register))?;
    let role = if is_segment(used.segment()) {
        Role::ThreadLocal
    } else if decoded.is_string_instruction() {
        Role::String
    } else if is_stack(decoded, used) {
        Role::Stack
    } else {
        Role::Operand
    };
    let len = used.memory_size().size() as u64;
    let align = (role != Role::Stack).then(|| alignment(decoded, len)).flatten();
    Some(Access { way, role, at: Addr(at), len, formula: formula(decoded, used, regs), align })
}

/// Whether the memory is what push, pop, call and return reach by themselves, and no operand that is written out.
fn is_stack(decoded: &iced_x86::Instruction, used: &UsedMemory) -> bool {
    let is_written_out = (0..decoded.op_count())
        .any(|n| decoded.try_op_kind(n).is_ok_and(|kind| kind == OpKind::Memory))
        && used.base() == decoded.memory_base()
        && used.index() == decoded.memory_index()
        && used.displacement() == decoded.memory_displacement64();
    used.base() == Register::RSP && decoded.is_stack_instruction() && !is_written_out
}

/// What an SSE operand must be aligned to: all of 16 bytes except those whose instruction says otherwise. With VEX or
/// EVEX only the moves whose name says so need it.
fn alignment(decoded: &iced_x86::Instruction, len: u64) -> Option<u64> {
    use iced_x86::EncodingKind;
    let is_named = matches!(
        decoded.mnemonic(),
        Mnemonic::Movaps
            | Mnemonic::Movapd
            | Mnemonic::Movdqa
            | Mnemonic::Movntps
            | Mnemonic::Movntpd
            | Mnemonic::Movntdq
            | Mnemonic::Movntdqa
            | Mnemonic::Vmovaps
            | Mnemonic::Vmovapd
            | Mnemonic::Vmovdqa
            | Mnemonic::Vmovdqa32
            | Mnemonic::Vmovdqa64
            | Mnemonic::Vmovntps
            | Mnemonic::Vmovntpd
            | Mnemonic::Vmovntdq
            | Mnemonic::Vmovntdqa
    );
    let is_fxsave = matches!(
        decoded.mnemonic(),
        Mnemonic::Fxsave | Mnemonic::Fxsave64 | Mnemonic::Fxrstor | Mnemonic::Fxrstor64 | Mnemonic::Cmpxchg16b
    );
    let is_xsave = matches!(
        decoded.mnemonic(),
        Mnemonic::Xsave
            | Mnemonic::Xsave64
            | Mnemonic::Xsavec
            | Mnemonic::Xsavec64
            | Mnemonic::Xrstor
            | Mnemonic::Xrstor64
    );
    if is_named {
        return Some(len.max(16));
    }
    if is_fxsave {
        return Some(16);
    }
    if is_xsave {
        return Some(64);
    }
    let is_loose = matches!(
        decoded.mnemonic(),
        Mnemonic::Movups
            | Mnemonic::Movupd
            | Mnemonic::Movdqu
            | Mnemonic::Lddqu
            | Mnemonic::Pcmpestri
            | Mnemonic::Pcmpestrm
            | Mnemonic::Pcmpistri
            | Mnemonic::Pcmpistrm
    );
    let has_vector = (0..decoded.op_count()).any(|n| decoded.try_op_register(n).is_ok_and(Register::is_xmm));
    (decoded.encoding() == EncodingKind::Legacy && has_vector && len == 16 && !is_loose).then_some(16)
}

fn formula(decoded: &iced_x86::Instruction, used: &UsedMemory, regs: &Regs) -> Formula {
    let mut text = String::from("[");
    let mut registers = Vec::new();
    let mut note = |register: Register| {
        let name = name(register);
        if let Some(value) = value(regs, register)
            && !registers.iter().any(|(known, _)| *known == name)
        {
            registers.push((name, value));
        }
        name
    };
    let is_relative = decoded.is_ip_rel_memory_operand() && used.displacement() == decoded.ip_rel_memory_address();
    if is_segment(used.segment()) {
        text.push_str(note(used.segment()));
        text.push(':');
    }
    let mut is_first = true;
    if is_relative {
        text.push_str("rip+");
    }
    if used.base() != Register::None {
        text.push_str(note(used.base()));
        is_first = false;
    }
    if used.index() != Register::None {
        if !is_first {
            text.push('+');
        }
        text.push_str(note(used.index()));
        if used.scale() > 1 {
            text.push_str(&format!("*{}", used.scale()));
        }
        is_first = false;
    }
    let displacement = used.displacement();
    if is_first {
        let shown = if is_relative { displacement.wrapping_sub(decoded.next_ip()) } else { displacement };
        text.push_str(&format!("{shown:#x}"));
    } else if displacement != 0 {
        let negative = displacement.wrapping_neg();
        // A displacement has 32 bits with their sign.
        if negative <= 1 << 31 {
            text.push_str(&format!("-{negative:#x}"));
        } else {
            text.push_str(&format!("+{displacement:#x}"));
        }
    }
    text.push(']');
    Formula { text, registers }
}

fn indirect_target(
    decoded: &iced_x86::Instruction,
    found: &Instruction,
    regs: &Regs,
    memory: Peek<'_>,
) -> Option<Addr> {
    if found.class == Class::Return {
        return word(memory, Addr(regs.rsp), 8).map(Addr);
    }
    operand(decoded, found, regs, memory).map(Addr)
}

/// The value of the first operand that is not the accumulator.
fn operand(decoded: &iced_x86::Instruction, found: &Instruction, regs: &Regs, memory: Peek<'_>) -> Option<u64> {
    match decoded.op0_kind() {
        OpKind::Register => value(regs, decoded.op0_register()),
        OpKind::Memory => {
            let access = found.accesses.iter().find(|access| access.role != Role::Stack)?;
            word(memory, access.at, access.len)
        }
        _ => None,
    }
}

fn word(memory: Peek<'_>, at: Addr, len: u64) -> Option<u64> {
    let mut bytes = [0; 8];
    let part = bytes.get_mut(..usize::try_from(len).ok()?)?;
    memory(at, part).then(|| u64::from_le_bytes(bytes))
}

/// What a register holds, a part of one included.
fn value(regs: &Regs, register: Register) -> Option<u64> {
    let whole = match register.full_register() {
        Register::RAX => regs.rax,
        Register::RBX => regs.rbx,
        Register::RCX => regs.rcx,
        Register::RDX => regs.rdx,
        Register::RSI => regs.rsi,
        Register::RDI => regs.rdi,
        Register::RBP => regs.rbp,
        Register::RSP => regs.rsp,
        Register::R8 => regs.r8,
        Register::R9 => regs.r9,
        Register::R10 => regs.r10,
        Register::R11 => regs.r11,
        Register::R12 => regs.r12,
        Register::R13 => regs.r13,
        Register::R14 => regs.r14,
        Register::R15 => regs.r15,
        Register::RIP => regs.rip,
        Register::FS => regs.fs_base,
        Register::GS => regs.gs_base,
        // The other segments begin at 0.
        Register::CS | Register::DS | Register::ES | Register::SS => 0,
        _ => return None,
    };
    if matches!(register, Register::AH | Register::BH | Register::CH | Register::DH) {
        return Some(whole >> 8 & 0xff);
    }
    Some(match register.size() {
        1 => whole & 0xff,
        2 if register.is_gpr16() => whole & 0xffff,
        4 => whole & 0xffff_ffff,
        _ => whole,
    })
}

/// The name of a register that can be part of an address.
fn name(register: Register) -> &'static str {
    const NAMES: &[(Register, &str)] = &[
        (Register::RAX, "rax"),
        (Register::RBX, "rbx"),
        (Register::RCX, "rcx"),
        (Register::RDX, "rdx"),
        (Register::RSI, "rsi"),
        (Register::RDI, "rdi"),
        (Register::RBP, "rbp"),
        (Register::RSP, "rsp"),
        (Register::R8, "r8"),
        (Register::R9, "r9"),
        (Register::R10, "r10"),
        (Register::R11, "r11"),
        (Register::R12, "r12"),
        (Register::R13, "r13"),
        (Register::R14, "r14"),
        (Register::R15, "r15"),
        (Register::EAX, "eax"),
        (Register::EBX, "ebx"),
        (Register::ECX, "ecx"),
        (Register::EDX, "edx"),
        (Register::ESI, "esi"),
        (Register::EDI, "edi"),
        (Register::EBP, "ebp"),
        (Register::ESP, "esp"),
        (Register::R8D, "r8d"),
        (Register::R9D, "r9d"),
        (Register::R10D, "r10d"),
        (Register::R11D, "r11d"),
        (Register::R12D, "r12d"),
        (Register::R13D, "r13d"),
        (Register::R14D, "r14d"),
        (Register::R15D, "r15d"),
        (Register::AL, "al"),
        (Register::RIP, "rip"),
        (Register::FS, "fs"),
        (Register::GS, "gs"),
    ];
    NAMES.iter().find(|(known, _)| *known == register).map_or("vector", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Addr = Addr(0x40_1000);

    fn at(bytes: &[u8], regs: &Regs) -> Instruction {
        let memory = |at: Addr, into: &mut [u8]| {
            let from = at.0.wrapping_sub(0x7000) as usize;
            let all = 0x0123_4567_89ab_cdefu64.to_le_bytes();
            let part = all.get(from..).and_then(|rest| rest.get(..into.len()));
            part.map(|part| into.copy_from_slice(part)).is_some()
        };
        let mut found = decode(bytes, AT).unwrap();
        resolve(&mut found, regs, &memory);
        found
    }

    /// One line: the text, the class, what is reached.
    fn line(bytes: &[u8], regs: &Regs) -> String {
        let found = at(bytes, regs);
        let mut line = format!("{} {:?}", found.text, found.class);
        for access in &found.accesses {
            line.push_str(&format!("; {:?} {:?} {} {access}", access.way, access.role, access.len));
            if let Some(rest) = access.misaligned_by() {
                line.push_str(&format!(" off by {rest}"));
            }
        }
        for (what, value) in [("to", found.target.map(|to| to.0)), ("by", found.divisor), ("stores", found.constant)] {
            if let Some(value) = value {
                line.push_str(&format!("; {what} {value:#x}"));
            }
        }
        line
    }

    #[test]
    fn operands_are_resolved() {
        let regs = Regs { rcx: 0x7000, rsp: 0x7000, rdi: 0x31, fs_base: 0x5000, r12: 3, ..Regs::default() };
        let cases: &[(&[u8], &str)] = &[
            (b"\x48\x8b\x40\x08", "mov rax,[rax+0x8] Plain; Load Operand 8 [rax+0x8] with rax = 0x0 -> 0x8"),
            (
                b"\xc7\x04\x25\xf1\0\0\0\xf1\0\0\0",
                "mov dword ptr [0xf1],0xf1 Plain; Store Operand 4 [0xf1] -> 0xf1; stores 0xf1",
            ),
            (
                b"\x42\x83\x44\xa1\xf8\x01",
                "add dword ptr [rcx+r12*4-0x8],0x1 Plain; Both Operand 4 [rcx+r12*4-0x8] with rcx = 0x7000, r12 = 0x3 -> 0x7004",
            ),
            (
                b"\x64\x48\x8b\x04\x25\xf8\xff\xff\xff",
                "mov rax,fs:[0xfffffffffffffff8] Plain; Load ThreadLocal 8 [fs:0xfffffffffffffff8] with fs = 0x5000 -> 0x4ff8",
            ),
            (b"\x8b\x05\x10\0\0\0", "mov eax,[rip+0x10] Plain; Load Operand 4 [rip+0x10] -> 0x401016"),
            (b"\xff\xd0", "call rax Call; Store Stack 8 [rsp-0x8] with rsp = 0x7000 -> 0x6ff8; to 0x0"),
            (
                b"\xff\x21",
                "jmp qword ptr [rcx] Jump; Load Operand 8 [rcx] with rcx = 0x7000 -> 0x7000; to 0x123456789abcdef",
            ),
            (b"\xc3", "ret Return; Load Stack 8 [rsp] with rsp = 0x7000 -> 0x7000; to 0x123456789abcdef"),
            (b"\x55", "push rbp Plain; Store Stack 8 [rsp-0x8] with rsp = 0x7000 -> 0x6ff8"),
            (b"\x0f\x29\x07", "movaps [rdi],xmm0 Plain; Store Operand 16 [rdi] with rdi = 0x31 -> 0x31 off by 1"),
            (b"\x66\x0f\xef\x07", "pxor xmm0,[rdi] Plain; Load Operand 16 [rdi] with rdi = 0x31 -> 0x31 off by 1"),
            (b"\xc5\xf9\xef\x07", "vpxor xmm0,xmm0,[rdi] Plain; Load Operand 16 [rdi] with rdi = 0x31 -> 0x31"),
            (b"\x0f\x11\x07", "movups [rdi],xmm0 Plain; Store Operand 16 [rdi] with rdi = 0x31 -> 0x31"),
            (b"\xf7\xf8", "idiv eax Divide; by 0x0"),
            (b"\xf6\x31", "div byte ptr [rcx] Divide; Load Operand 1 [rcx] with rcx = 0x7000 -> 0x7000; by 0xef"),
            (b"\x0f\x0b", "ud2 Undefined"),
            (b"\xcc", "int3 Breakpoint"),
            (b"\xf4", "hlt Privileged"),
            (b"\x06", "(bad) Invalid"),
            (b"\x48\x8d\x00", "lea rax,[rax] Plain"),
            (b"\x75\xfe", "jne 0x401000 Branch; to 0x401000"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(line(bytes, &regs), *expected, "{bytes:02x?}");
        }
    }

    #[test]
    fn thread_local_reads_are_seen_without_registers() {
        assert!(decode(b"\x64\x48\x8b\x04\x25\xf8\xff\xff\xff", AT).unwrap().is_thread_local);
        assert!(!decode(b"\x48\x8b\x40\x08", AT).unwrap().is_thread_local);
    }

    #[test]
    fn the_operand_that_faulted_is_picked() {
        let regs = Regs { rsi: 0x7000, rdi: 0x10, rcx: 4, ..Regs::default() };
        let moved = at(b"\xf3\xa4", &regs);
        assert_eq!(moved.access_for(Addr(0x10)).unwrap().way, Way::Store);
        assert_eq!(moved.access_for(Addr(0x7000)).unwrap().way, Way::Load);
    }
}
