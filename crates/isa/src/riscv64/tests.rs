//! Listings are `llvm-mc`'s: the code on the left is what it assembles, or what it reads as the text on the right.

use super::{Instructions, is_landing_pad};
use crate::testing::*;
use crate::{Coder, Unencodable};
use ashore_base::{Addr, AddrRange};

mod kernel;
mod random;

#[test]
fn a_branch_is_one_instruction_as_far_as_that_reaches() {
    same(
        &Instructions.branch(Addr(0x1_0000), Addr(0x2_0802)).unwrap(),
        "
        0031006f j 67586
    ",
    );
    same(
        &Instructions.branch(Addr(0x2_0000), Addr(0x1_0000)).unwrap(),
        "
        800f006f j -65536
    ",
    );
    same(
        &Instructions.branch(Addr(0x20_0000), Addr(0x10_0000)).unwrap(),
        "
        8000006f j -1048576
    ",
    );
    same(
        &Instructions.branch(Addr(0x20_0000), Addr(0x30_0000)).unwrap(),
        "
        00100f97 auipc t6, 256
        000f8067 jr t6
    ",
    );
    same(
        &Instructions.branch(Addr(0x4000_0000), Addr(0x1_0ffe)).unwrap(),
        "
        c0011f97 auipc t6, 786449
        ffef8067 jr -2(t6)
    ",
    );
    let error = Instructions.branch(Addr(0), Addr(0x1_0000_0000)).unwrap_err();
    assert_eq!(error, Unencodable::OutOfRange { at: Addr(0), target: Addr(0x1_0000_0000), reach: 1 << 31 });
}

#[test]
fn a_far_branch_goes_anywhere() {
    same(
        &Instructions.far_branch(Addr(0x1_0000), Addr(0x2_0802)),
        "
        00011f97 auipc t6, 17
        802f8067 jr -2046(t6)
    ",
    );
    same(
        &Instructions.far_branch(Addr(0x1_0000), Addr(0x1234_0000_5678)),
        "
        48d00f93 li t6, 1165
        016f9f93 slli t6, t6, 22
        005f8f93 addi t6, t6, 5
        00cf9f93 slli t6, t6, 12
        678f8f93 addi t6, t6, 1656
        000f8067 jr t6
    ",
    );
}

#[test]
fn a_function_returns_any_value() {
    same(
        &Instructions.return_value(0),
        "
        00000513 li a0, 0
        00008067 ret
    ",
    );
    same(
        &Instructions.return_value(u64::MAX),
        "
        fff00513 li a0, -1
        00008067 ret
    ",
    );
    same(
        &Instructions.return_value(0x7fff_ffff),
        "
        80000537 lui a0, 524288
        fff5051b addiw a0, a0, -1
        00008067 ret
    ",
    );
    same(
        &Instructions.return_value(0x1234_5000),
        "
        12345537 lui a0, 74565
        00008067 ret
    ",
    );
    same(
        &Instructions.return_value(0x8000_0000),
        "
        00100513 li a0, 1
        01f51513 slli a0, a0, 31
        00008067 ret
    ",
    );
    same(
        &Instructions.return_value(0x1234_5678_9abc_def0),
        "
        00247537 lui a0, 583
        8ad5051b addiw a0, a0, -1875
        00e51513 slli a0, a0, 14
        c4d50513 addi a0, a0, -947
        00c51513 slli a0, a0, 12
        5e750513 addi a0, a0, 1511
        00d51513 slli a0, a0, 13
        ef050513 addi a0, a0, -272
        00008067 ret
    ",
    );
    same(
        &Instructions.return_value(0x7fff_ffff_ffff_ffff),
        "
        fff00513 li a0, -1
        03f51513 slli a0, a0, 63
        fff50513 addi a0, a0, -1
        00008067 ret
    ",
    );
}

#[test]
fn nothing_is_done_for_whole_instructions() {
    same(
        &Instructions.nothing(10).unwrap(),
        "
        00000013 nop
        00000013 nop
        0001 nop
    ",
    );
    assert_eq!(Instructions.nothing(5), Err(Unencodable::TooShort { needed: 6 }));
}

#[test]
fn a_count_keeps_registers() {
    same(
        &Instructions.count(Addr(0x1_0000), Addr(0x3_0808)).unwrap(),
        "
        ff010113 addi sp, sp, -16
        01e13023 sd t5, 0(sp)
        01f13423 sd t6, 8(sp)
        00020f97 auipc t6, 32
        7fcf8f93 addi t6, t6, 2044
        00100f13 li t5, 1
        01efb02f amoadd.d zero, t5, (t6)
        00013f03 ld t5, 0(sp)
        00813f83 ld t6, 8(sp)
        01010113 addi sp, sp, 16
    ",
    );
    assert!(Instructions.count(Addr(0x1_0000), Addr(0x3_0004)).is_err());
}

#[test]
fn every_kind_of_reference_is_found() {
    let listing = "
        fc1ff0ef jal ra, -64
        fbdff2ef jal t0, -68
        0001 c.nop
        fb7ff06f jal zero, -74
        bf4d c.j -78
        fab568e3 bltu a0, a1, -80
        d555 c.beqz a0, -84
        f4cd c.bnez s1, -86
        00000517 auipc a0, 0
        fa850593 addi a1, a0, -88
        0001 c.nop
        fa850513 addi a0, a0, -88
        00000097 auipc ra, 0
        f9a080e7 jalr ra, -102(ra)
        00000317 auipc t1, 0
        f9230067 jalr zero, -110(t1)
        00000517 auipc a0, 0
        f8a53503 ld a0, -118(a0)
    ";
    let bytes = bytes(listing);
    let expected = "0x10000: Call\n0x10004: Call\n0x1000a: Jump\n0x1000e: Jump\n0x10010: Branch\n0x10014: Branch\n\
                    0x10016: Branch\n0x10018 and 0x1001c: Address\n0x10018 and 0x10022: Address\n\
                    0x10026 and 0x1002a: Call\n0x1002e and 0x10032: Jump\n";
    assert_eq!(find(&Instructions, code(&bytes, 0x1_0000), 0xffc0), expected);
}

#[test]
fn a_constant_is_found_in_each_form() {
    let listing = "
        12345537 lui a0, 74565
        67850513 addi a0, a0, 1656
        123455b7 lui a1, 74565
        86b2 c.mv a3, a2
        6785859b addiw a1, a1, 1656
        12345537 lui a0, 74565
        8082 c.jr ra
        67850513 addi a0, a0, 1656
    ";
    let bytes = bytes(listing);
    let found = find(&Instructions, code(&bytes, 0x1_0000), 0x1234_5678);
    assert_eq!(found, "0x10000 and 0x10004: Constant\n0x10008 and 0x1000e: Constant\n");
    let short = self::bytes(
        "
        6545 c.lui a0, 17
        fc050513 addi a0, a0, -64
        7585 c.lui a1, 1048545
        04458593 addi a1, a1, 68
    ",
    );
    assert_eq!(find(&Instructions, code(&short, 0x1_0000), 0x1_0fc0), "0x10000 and 0x10002: Constant\n");
    assert_eq!(find(&Instructions, code(&short, 0x1_0000), 0xffff_ffff_fffe_1044), "0x10006 and 0x10008: Constant\n");
}

#[test]
fn a_place_counts_only_where_an_instruction_starts() {
    // The upper half of the first and the lower half of the second are a compressed jump of their own.
    let bytes = bytes(
        "
        a0010537 lui a0, 655376
        0001 c.nop
        bfed c.j -6
    ",
    );
    assert_eq!(find(&Instructions, code(&bytes, 0x1_0000), 0x1_0000), "0x10006: Jump\n");
    assert_eq!(find(&Instructions, code(&bytes[2..], 0x1_0002), 0x1_0002), "0x10002: Jump\n");
    let inside = code(&bytes, 0x1_0000);
    let function_at =
        |at: Addr| Some(AddrRange { start: Addr(0x1_0000), end: Addr(0x1_0008) }).filter(|range| range.contains(at));
    assert_eq!(lines(&Instructions.find(inside, one(0x1_0002), &function_at)), "");
}

#[test]
fn a_place_is_made_to_name_another_address() {
    let call = "
        00000097 auipc ra, 0
        fc0080e7 jalr ra, -64(ra)
    ";
    same(
        &changed(&Instructions, call, 0xffc0, 0x1234_5ffe).unwrap(),
        "
        12336097 auipc ra, 74550
        ffe080e7 jalr -2(ra)
    ",
    );
    assert!(changed(&Instructions, call, 0xffc0, 0x8001_0000).is_err());
    assert!(changed(&Instructions, call, 0xffc0, 0x1_0001).is_err());
    let constant = "
        12345537 lui a0, 74565
        6785051b addiw a0, a0, 1656
        8082 c.jr ra
    ";
    same(
        &changed(&Instructions, constant, 0x1234_5678, 0x2_0fff).unwrap(),
        "
        00021537 lui a0, 33
        fff5051b addiw a0, a0, -1
        8082 ret
    ",
    );
    let short = "
        6545 c.lui a0, 17
        fc050513 addi a0, a0, -64
        8082 c.jr ra
    ";
    same(
        &changed(&Instructions, short, 0x1_0fc0, 0x1_f7fe).unwrap(),
        "
        657d lui a0, 31
        7fe50513 addi a0, a0, 2046
        8082 ret
    ",
    );
    assert!(changed(&Instructions, short, 0x1_0fc0, 0x1_f800).is_err());
    let branch = "
        d161 c.beqz a0, -64
    ";
    same(
        &changed(&Instructions, branch, 0xffc0, 0x1_00fe).unwrap(),
        "
        cd7d beqz a0, 254
    ",
    );
    let error = changed(&Instructions, branch, 0xffc0, 0x1_0100).unwrap_err();
    assert_eq!(error, Unencodable::OutOfRange { at: Addr(0x1_0000), target: Addr(0x1_0100), reach: 256 });
}

#[test]
fn an_upper_half_others_use_is_not_changed() {
    let shared = "
        00001617 auipc a2, 1
        01060513 addi a0, a2, 16
        720c c.ld a1, 32(a2)
        8082 c.jr ra
    ";
    assert!(changed(&Instructions, shared, 0x1_1010, 0x1_1400).is_ok());
    assert!(matches!(changed(&Instructions, shared, 0x1_1010, 0x1_2010), Err(Unencodable::Instruction { .. })));
    let kept = "
        00001917 auipc s2, 1
        01090513 addi a0, s2, 16
        040000ef jal ra, 64
    ";
    assert!(changed(&Instructions, kept, 0x1_1010, 0x1_2010).is_err());
}

const MOVED: &str = "
        10b51063 bne a0, a1, 256
        c1c1 c.beqz a1, 128
        e041 c.bnez s0, 128
        a201 c.j 256
        1000006f jal zero, 256
        100000ef jal ra, 256
        00001517 auipc a0, 1
        717d c.addi16sp sp, -16
        8082 c.jr ra
    ";

#[test]
fn moved_instructions_name_what_they_named() {
    let bytes = bytes(MOVED);
    let near = Instructions.displace(code(&bytes, 0x1_0000), 23, Addr(0x1_0800)).unwrap();
    assert_eq!(near.taken, 24);
    same(
        &near.bytes,
        "
        90b510e3 bne a0, a1, -1792
        880580e3 beqz a1, -1920
        86041fe3 bnez s0, -1922
        8fdff06f j -1796
        8fbff06f j -1798
        8fbff0ef jal -1798
        00000517 auipc a0, 0
        7fa50513 addi a0, a0, 2042
        717d addi sp, sp, -16
        ff6ff06f j -2058
    ",
    );
    let far = Instructions.displace(code(&bytes, 0x1_0000), 24, Addr(0x4000_0000)).unwrap();
    same(
        &far.bytes,
        "
        00b50663 beq a0, a1, 12
        c0010f97 auipc t6, 786448
        0fcf8067 jr 252(t6)
        00059663 bnez a1, 12
        c0010f97 auipc t6, 786448
        074f8067 jr 116(t6)
        00040663 beqz s0, 12
        c0010f97 auipc t6, 786448
        06af8067 jr 106(t6)
        c0010f97 auipc t6, 786448
        0e4f8067 jr 228(t6)
        c0010f97 auipc t6, 786448
        0def8067 jr 222(t6)
        c0010097 auipc ra, 786448
        0da080e7 jalr 218(ra)
        c0011517 auipc a0, 786449
        fd650513 addi a0, a0, -42
        717d addi sp, sp, -16
        c0010f97 auipc t6, 786448
        fd2f8067 jr -46(t6)
    ",
    );
}

#[test]
fn a_far_move_goes_around_the_register_in_use() {
    let prologue = bytes(
        "
        6f85 c.lui t6, 1
        8d0d c.sub a0, a1
        8082 c.jr ra
    ",
    );
    same(
        &Instructions.displace(code(&prologue, 0x1_0000), 4, Addr(0x4000_0000)).unwrap().bytes,
        "
        6f85 lui t6, 1
        8d0d sub a0, a0, a1
        c0010f17 auipc t5, 786448
        000f0067 jr t5
    ",
    );
}

#[test]
fn a_branch_into_the_taken_bytes_is_refused_and_one_to_the_first_is_not() {
    let into = bytes(
        "
        0001 c.nop
        0001 c.nop
        dd7d c.beqz a0, -2
        8082 c.jr ra
    ",
    );
    assert!(Instructions.displace(code(&into, 0x1_0000), 4, Addr(0x2_0000)).is_err());
    assert!(Instructions.displace(code(&into, 0x1_0000), 2, Addr(0x2_0000)).is_ok());
    let to_first = bytes(
        "
        0001 c.nop
        dd7d c.beqz a0, -2
        8082 c.jr ra
    ",
    );
    same(
        &Instructions.displace(code(&to_first, 0x1_0000), 4, Addr(0x2_0000)).unwrap().bytes,
        "
        0001 nop
        fe050fe3 beqz a0, -2
        fffef06f j -65538
    ",
    );
    assert_eq!(Instructions.whole(code(&into, 0x1_0000), 7), Ok(8));
    assert_eq!(Instructions.whole(code(&into, 0x1_0000), 9), Err(Unencodable::TooShort { needed: 9 }));
}

#[test]
fn landing_pads_are_known() {
    assert!(is_landing_pad(0x0001_2017));
    assert!(!is_landing_pad(0x0001_2517));
}
