//! Every form through another project's decoder.

use super::{Alu, Asm, Form, Shift, ops};
use crate::reg::{Cc, Gpr, Mem, Rm, Xmm};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use ashore_ir::{Extend, Size, Width};
use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, IntelFormatter};

fn text(write: impl FnOnce(&mut Asm)) -> String {
    let mut asm = Asm::new();
    write(&mut asm);
    let mut decoder = Decoder::new(64, asm.bytes(), DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    let mut lines = Vec::new();
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        let mut line = String::new();
        IntelFormatter::new().format(&instruction, &mut line);
        lines.push(line);
    }
    lines.join("; ")
}

const NAMES: [&str; 16] =
    ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

#[test]
fn registers_of_each_number_are_named() {
    for (number, name) in NAMES.iter().enumerate() {
        let reg = Gpr(number as u8);
        assert_eq!(text(|asm| asm.alu(Alu::Add, Width::W64, reg, Gpr::RCX)), alloc::format!("add {name},rcx"));
        assert_eq!(text(|asm| asm.mov(Width::W64, Gpr::R9, reg)), alloc::format!("mov r9,{name}"));
        let load = text(|asm| asm.mov(Width::W64, Gpr::RAX, Mem::at(reg, 0)));
        let (plain, zero) = (alloc::format!("mov rax,[{name}]"), alloc::format!("mov rax,[{name}+0]"));
        assert!(load == plain || load == zero, "{load}");
        for disp in [127, -128, 128, -129, 0x1234_5678] {
            let load = text(|asm| asm.mov(Width::W64, Gpr::RAX, Mem::at(reg, disp)));
            let mut asm = Asm::new();
            asm.mov(Width::W64, Gpr::RAX, Mem::at(reg, disp));
            let instruction = Decoder::new(64, asm.bytes(), DecoderOptions::NONE).decode();
            assert_eq!(instruction.memory_displacement64() as i32, disp, "{load}");
            assert_eq!(instruction.len(), asm.bytes().len());
        }
        if number != 4 {
            let mem = Mem { base: Gpr::R13, index: Some((reg, 3)), disp: 0 };
            let lea = text(|asm| asm.lea(Width::W64, Gpr::RSI, mem));
            assert!(
                lea == alloc::format!("lea rsi,[r13+{name}*8]") || lea == alloc::format!("lea rsi,[r13+{name}*8+0]"),
                "{lea}"
            );
        }
    }
    for number in 0..16 {
        for other in 0..16 {
            let line = text(|asm| asm.v3(ops::PADDB, Xmm(number), Xmm(other), Xmm(15 - number)));
            assert_eq!(line, alloc::format!("vpaddb xmm{number},xmm{other},xmm{}", 15 - number));
        }
    }
}

type Row<'a> = (&'a str, &'a dyn Fn(&mut Asm));

#[test]
fn integer_forms_are_what_they_say() {
    let mem = Mem { base: Gpr::R12, index: Some((Gpr::R13, 2)), disp: 8 };
    let rows: &[Row<'_>] = &[
        ("cmp r8d,0FFFFFFFFh", &|a| a.alu_number(Alu::Cmp, Width::W32, Gpr::R8, -1)),
        ("xor rbx,12345h", &|a| a.alu_number(Alu::Xor, Width::W64, Gpr::RBX, 0x12345)),
        ("add [r12+r13*4+8],rdx", &|a| a.alu_store(Alu::Add, Width::W64, mem, Gpr::RDX)),
        ("test r9d,r10d", &|a| a.test(Width::W32, Gpr::R9, Gpr::R10)),
        ("test esi,100h", &|a| a.test_number(Width::W32, Gpr::RSI, 0x100)),
        ("mov r11d,7", &|a| a.number(Gpr::R11, 7)),
        ("mov rdi,0FFFFFFFFFFFFFFFEh", &|a| a.number(Gpr::RDI, !1)),
        ("mov r14,123456789ABCDEF0h", &|a| a.number(Gpr::R14, 0x1234_5678_9abc_def0)),
        ("movzx esi,dil", &|a| a.load(Size::B1, Extend::Zero, Gpr::RSI, Gpr::RDI)),
        ("movzx eax,word ptr [r12+r13*4+8]", &|a| a.load(Size::B2, Extend::Zero, Gpr::RAX, mem)),
        ("movsx rax,byte ptr [r12+r13*4+8]", &|a| a.load(Size::B1, Extend::Sign64, Gpr::RAX, mem)),
        ("movsx eax,word ptr [r12+r13*4+8]", &|a| a.load(Size::B2, Extend::Sign32, Gpr::RAX, mem)),
        ("movsxd r8,[r12+r13*4+8]", &|a| a.load(Size::B4, Extend::Sign64, Gpr::R8, mem)),
        ("mov [r12+r13*4+8],dil", &|a| a.store(Size::B1, mem, Gpr::RDI)),
        ("mov [r12+r13*4+8],di", &|a| a.store(Size::B2, mem, Gpr::RDI)),
        ("mov [r12+r13*4+8],r9d", &|a| a.store(Size::B4, mem, Gpr::R9)),
        ("mov byte ptr [r12+r13*4+8],5", &|a| a.store_number(Size::B1, mem, 5)),
        ("mov word ptr [r12+r13*4+8],5", &|a| a.store_number(Size::B2, mem, 5)),
        ("mov qword ptr [r12+r13*4+8],0FFFFFFFFFFFFFFFFh", &|a| a.store_number(Size::B8, mem, -1)),
        ("xchg [r12+r13*4+8],ecx", &|a| a.xchg(Size::B4, mem, Gpr::RCX)),
        ("xchg rsi,r9", &|a| a.xchg_regs(Gpr::R9, Gpr::RSI)),
        ("lock xadd [r12+r13*4+8],sil", &|a| a.lock_xadd(Size::B1, mem, Gpr::RSI)),
        ("lock xadd [r12+r13*4+8],si", &|a| a.lock_xadd(Size::B2, mem, Gpr::RSI)),
        ("lock cmpxchg [r12+r13*4+8],r10", &|a| a.lock_cmpxchg(Size::B8, mem, Gpr::R10)),
        ("lock cmpxchg16b [r12+r13*4+8]", &|a| a.lock_cmpxchg16b(mem)),
        ("cmp al,dl", &|a| a.compare(Size::B1, Gpr::RAX, Gpr::RDX)),
        ("cmp sil,dl", &|a| a.compare(Size::B1, Gpr::RSI, Gpr::RDX)),
        ("cmp dl,r9b", &|a| a.compare(Size::B1, Gpr::RDX, Gpr::R9)),
        ("cmp ax,dx", &|a| a.compare(Size::B2, Gpr::RAX, Gpr::RDX)),
        ("cmp rax,rdx", &|a| a.compare(Size::B8, Gpr::RAX, Gpr::RDX)),
        ("lock or dword ptr [r15],0", &|a| a.fence(Mem::at(Gpr::R15, 0))),
        ("lea eax,[rbx+8]", &|a| a.lea(Width::W32, Gpr::RAX, Mem::at(Gpr::RBX, 8))),
        ("imul r9,r10", &|a| a.imul(Width::W64, Gpr::R9, Gpr::R10)),
        ("imul r9d,ebx,3E8h", &|a| a.imul_number(Width::W32, Gpr::R9, Gpr::RBX, 1000)),
        ("sar r9,5", &|a| a.shift(Shift::Sar, Width::W64, Gpr::R9, 5)),
        ("ror r9d,cl", &|a| a.shift_cl(Shift::Ror, Width::W32, Gpr::R9)),
        ("shrd rbx,r9,7", &|a| a.shrd(Width::W64, Gpr::RBX, Gpr::R9, 7)),
        ("neg r12d", &|a| a.form(Form::Neg, Width::W32, Gpr::R12)),
        ("idiv rcx", &|a| a.form(Form::SignedDiv, Width::W64, Gpr::RCX)),
        ("mul r8", &|a| a.form(Form::Mul, Width::W64, Gpr::R8)),
        ("cqo; cdq", &|a| [Width::W64, Width::W32].iter().for_each(|width| a.sign_to_rdx(*width))),
        ("lzcnt r9,rbx", &|a| a.lzcnt(Width::W64, Gpr::R9, Gpr::RBX)),
        ("tzcnt ecx,r8d", &|a| a.tzcnt(Width::W32, Gpr::RCX, Gpr::R8)),
        ("popcnt rdx,rdx", &|a| a.popcnt(Width::W64, Gpr::RDX, Gpr::RDX)),
        ("crc32 eax,dil", &|a| a.crc32c(Size::B1, Gpr::RAX, Gpr::RDI)),
        ("crc32 eax,di", &|a| a.crc32c(Size::B2, Gpr::RAX, Gpr::RDI)),
        ("crc32 eax,r9d", &|a| a.crc32c(Size::B4, Gpr::RAX, Gpr::R9)),
        ("crc32 rax,r9", &|a| a.crc32c(Size::B8, Gpr::RAX, Gpr::R9)),
        ("bswap r13; bswap ebx", &|a| {
            a.bswap(Width::W64, Gpr::R13);
            a.bswap(Width::W32, Gpr::RBX);
        }),
        ("setae sil", &|a| a.setcc(Cc::AboveEqual, Gpr::RSI)),
        ("cmovl r8,rbx", &|a| a.cmov(Cc::Less, Width::W64, Gpr::R8, Gpr::RBX)),
        ("bt r9,3Fh", &|a| a.bit_test(Width::W64, Gpr::R9, 63)),
        ("lahf; sahf; cmc; rdtsc; int3", &|a| {
            a.lahf();
            a.sahf();
            a.cmc();
            a.rdtsc();
            a.int3();
        }),
        ("add al,7Fh", &|a| a.add_al(0x7f)),
        ("jmp r9", &|a| a.jmp_rm(Gpr::R9)),
        ("jmp qword ptr [r12+r13*4+8]", &|a| a.jmp_rm(mem)),
        ("call 0000000000001000h", &|a| a.call_to(0x1000)),
        ("pop rax", &|a| a.pop(Gpr::RAX)),
        ("pop r9", &|a| a.pop(Gpr::R9)),
        ("nop [rax+rax]", &|a| a.nops(5)),
        ("sub dword ptr [1000h],1", &|a| a.count_down(0x1000)),
        ("shlx r9,[r12+r13*4+8],rcx", &|a| a.g3(ops::SHLX.wide(Width::W64), Gpr::R9, Gpr::RCX, mem)),
        ("sarx r9d,ebx,ecx", &|a| a.g3(ops::SARX, Gpr::R9, Gpr::RCX, Gpr::RBX)),
        ("andn r9,rcx,rbx", &|a| a.g3(ops::ANDN.wide(Width::W64), Gpr::R9, Gpr::RCX, Gpr::RBX)),
        ("mulx r9,rcx,rbx", &|a| a.g3(ops::MULX.wide(Width::W64), Gpr::R9, Gpr::RCX, Gpr::RBX)),
        ("mulx r9d,r9d,[r12+r13*4+8]", &|a| a.g3(ops::MULX, Gpr::R9, Gpr::R9, mem)),
        ("rorx r9,rbx,9", &|a| a.rorx(Width::W64, Gpr::R9, Gpr::RBX, 9)),
    ];
    for (want, write) in rows {
        assert_eq!(&text(write), want);
    }
}

#[test]
fn instructions_that_do_nothing_are_as_long_as_they_are_to_be() {
    for count in 0..40 {
        let mut asm = Asm::new();
        asm.nops(count);
        assert_eq!(asm.here(), count);
        let mut decoder = Decoder::new(64, asm.bytes(), DecoderOptions::NONE);
        assert!(decoder.iter().all(|one| one.mnemonic() == iced_x86::Mnemonic::Nop), "{count}");
    }
}

#[test]
fn jumps_reach_their_labels() {
    let lines = text(|asm| {
        let (back, ahead) = (asm.label(), asm.label());
        asm.bind(back);
        asm.jcc(Cc::NotEqual, ahead);
        asm.jmp(back);
        asm.bind(ahead);
        asm.jmp_to(0x40);
        assert!(asm.resolve());
    });
    assert_eq!(lines, "jne 000000000000000Bh; jmp 0; jmp 0000000000000040h");
}

#[test]
fn vector_rows_are_what_their_names_say() {
    let mem: Rm = Mem { base: Gpr::R12, index: Some((Gpr::R13, 2)), disp: 8 }.into();
    for (name, op) in ops::ALL {
        for rm in [Rm::Reg(9), mem] {
            let mut asm = Asm::new();
            asm.vex(*op, 3, 4, rm);
            asm.byte(1);
            let instruction = Decoder::new(64, asm.bytes(), DecoderOptions::NONE).decode();
            let found = alloc::format!("{:?}", instruction.mnemonic()).to_uppercase();
            let wanted = name.trim_end_matches("_STORE").trim_end_matches("_NUMBER");
            let wanted = wanted.replace("231S", "231SS").replace("231P", "231PS");
            let is_group = name.starts_with("PSHIFT") || *name == "LDMXCSR";
            // Some take two operands, or registers only: those are invalid with a third or with memory.
            if found == "INVALID" || is_group {
                asm.clear();
                asm.vex(*op, if is_group { 2 } else { 3 }, if is_group { 4 } else { 0 }, rm);
                asm.byte(1);
                let again = Decoder::new(64, asm.bytes(), DecoderOptions::NONE).decode();
                let found = alloc::format!("{:?}", again.mnemonic()).to_uppercase();
                let fits = found.contains(&wanted)
                    || is_group
                    || (found == "INVALID" && rm == mem)
                    || name.contains("MOVSS")
                    || name.contains("MOVSD");
                assert!(fits, "{name}: {found}");
                continue;
            }
            assert!(found.ends_with(&wanted.to_string()), "{name}: {found}");
        }
    }
}
