//! Listings are `llvm-mc`'s: the code on the left is what it assembles, or what it reads as the text on the right.

use super::{Instructions, is_landing_pad};
use crate::testing::*;
use crate::{Coder, Unencodable};
use ashore_base::Addr;

mod kernel;
mod random;
mod regs;

#[test]
fn a_branch_reaches_forward_and_back_as_far_as_one_instruction_does() {
    same(
        &Instructions.branch(Addr(0x1_0000), Addr(0x2_0000)).unwrap(),
        "
        14004000 b #65536
    ",
    );
    same(
        &Instructions.branch(Addr(0x2_0000), Addr(0x1_0000)).unwrap(),
        "
        17ffc000 b #-65536
    ",
    );
    same(
        &Instructions.branch(Addr(0x1000_0000), Addr(0x800_0000)).unwrap(),
        "
        16000000 b #-134217728
    ",
    );
    let error = Instructions.branch(Addr(0x1000_0000), Addr(0x1800_0000)).unwrap_err();
    assert_eq!(error, Unencodable::OutOfRange { at: Addr(0x1000_0000), target: Addr(0x1800_0000), reach: 1 << 27 });
}

#[test]
fn a_far_branch_goes_by_pages_and_beyond_them_by_a_constant() {
    same(
        &Instructions.far_branch(Addr(0x4000_1234), Addr(0x1_0678)),
        "
        f0e00070 adrp x16, #-1073680384
        9119e210 add x16, x16, #1656
        d61f0200 br x16
    ",
    );
    same(
        &Instructions.far_branch(Addr(0x1_0000), Addr(0x1234_0000_5678)),
        "
        d28acf10 mov x16, #22136
        f2c24690 movk x16, #4660, lsl #32
        d61f0200 br x16
    ",
    );
}

#[test]
fn a_function_returns_any_value() {
    same(
        &Instructions.return_value(0),
        "
        d2800000 mov x0, #0
        d65f03c0 ret
    ",
    );
    same(
        &Instructions.return_value(42),
        "
        d2800540 mov x0, #42
        d65f03c0 ret
    ",
    );
    same(
        &Instructions.return_value(u64::MAX - 1),
        "
        92800020 mov x0, #-2
        d65f03c0 ret
    ",
    );
    same(
        &Instructions.return_value(0x1234_5678_9abc_def0),
        "
        d29bde00 mov x0, #57072
        f2b35780 movk x0, #39612, lsl #16
        f2cacf00 movk x0, #22136, lsl #32
        f2e24680 movk x0, #4660, lsl #48
        d65f03c0 ret
    ",
    );
}

#[test]
fn nothing_is_done_for_whole_instructions() {
    same(
        &Instructions.nothing(8).unwrap(),
        "
        d503201f nop
        d503201f nop
    ",
    );
    assert_eq!(Instructions.nothing(6), Err(Unencodable::TooShort { needed: 8 }));
}

#[test]
fn a_count_keeps_registers_and_flags() {
    same(
        &Instructions.count(Addr(0x1_0000), Addr(0x3_0008)).unwrap(),
        "
        a9be47f0 stp x16, x17, [sp, #-32]!
        f9000bef str x15, [sp, #16]
        90000110 adrp x16, #131072
        91002210 add x16, x16, #8
        c85f7e11 ldxr x17, [x16]
        91000631 add x17, x17, #1
        c80f7e11 stxr w15, x17, [x16]
        35ffffaf cbnz w15, #-12
        f9400bef ldr x15, [sp, #16]
        a8c247f0 ldp x16, x17, [sp], #32
    ",
    );
    assert!(Instructions.count(Addr(0x1_0000), Addr(0x3_0004)).is_err());
}

#[test]
fn every_kind_of_reference_is_found() {
    let listing = "
        97ffffc0 bl #-256
        17ffffbf b #-260
        54fff7c1 b.ne #-264
        34fff7a3 cbz w3, #-268
        b5fff783 cbnz x3, #-272
        3617f763 tbz w3, #2, #-276
        b747f743 tbnz x3, #40, #-280
        10fff721 adr x1, #-284
        f0ffffe2 adrp x2, #-4096
        aa0203e5 mov x5, x2
        913c0042 add x2, x2, #3840
        94000001 bl #4
    ";
    let bytes = bytes(listing);
    let found = find(&Instructions, code(&bytes, 0x1_0000), 0xff00);
    let expected = "0x10000: Call\n0x10004: Jump\n0x10008: Branch\n0x1000c: Branch\n0x10010: Branch\n0x10014: Branch\n\
                    0x10018: Branch\n0x1001c: Address\n0x10020 and 0x10028: Address\n";
    assert_eq!(found, expected);
}

#[test]
fn a_page_goes_to_each_addition_until_something_else_is_in_the_register() {
    let listing = "
        b0000002 adrp x2, #4096
        f9400843 ldr x3, [x2, #16]
        91004040 add x0, x2, #16
        91004041 add x1, x2, #16
        f94003e2 ldr x2, [sp]
        91004044 add x4, x2, #16
        b0000002 adrp x2, #4096
        b4000040 cbz x0, #8
        91004042 add x2, x2, #16
        b0000002 adrp x2, #4096
        f9400842 ldr x2, [x2, #16]
    ";
    let bytes = bytes(listing);
    assert_eq!(
        find(&Instructions, code(&bytes, 0x1_0000), 0x1_1010),
        "0x10000 and 0x10008: Address\n0x10000 and 0x1000c: Address\n"
    );
}

#[test]
fn a_constant_is_found_when_several_instructions_make_it() {
    let listing = "
        d28acf00 mov x0, #22136
        f2a24680 movk x0, #4660, lsl #16
        528acf01 mov w1, #22136
        aa0803e9 mov x9, x8
        72a24681 movk w1, #4660, lsl #16
        d28acf02 mov x2, #22136
        f2a24682 movk x2, #4660, lsl #16
        f2c00022 movk x2, #1, lsl #32
    ";
    let bytes = bytes(listing);
    let code = code(&bytes, 0x1_0000);
    assert_eq!(
        find(&Instructions, code, 0x1234_5678),
        "0x10000 and 0x10004: Constant\n0x10008 and 0x10010: Constant\n"
    );
    assert_eq!(find(&Instructions, code, 0x1_1234_5678), "0x10014 and 0x1001c: Constant\n");
    assert_eq!(find(&Instructions, code, 0x5678), "");
}

#[test]
fn a_place_is_made_to_name_another_address() {
    let pair = "
        f0ffffe2 adrp x2, #-4096
        d503201f nop
        913c0042 add x2, x2, #3840
        d65f03c0 ret
    ";
    same(
        &changed(&Instructions, pair, 0xff00, 0x12_3456).unwrap(),
        "
        f0000882 adrp x2, #1126400
        d503201f nop
        91115842 add x2, x2, #1110
        d65f03c0 ret
    ",
    );
    let constant = "
        d28acf00 mov x0, #22136
        f2a24680 movk x0, #4660, lsl #16
    ";
    same(
        &changed(&Instructions, constant, 0x1234_5678, 0xabcd_0000).unwrap(),
        "
        d2800000 mov x0, #0
        f2b579a0 movk x0, #43981, lsl #16
    ",
    );
    assert!(changed(&Instructions, constant, 0x1234_5678, 0x1_0000_0000).is_err());
    let test = "
        3617f803 tbz w3, #2, #-256
    ";
    let error = changed(&Instructions, test, 0xff00, 0x1_8000).unwrap_err();
    assert_eq!(error, Unencodable::OutOfRange { at: Addr(0x1_0000), target: Addr(0x1_8000), reach: 1 << 15 });
    let condition = "
        54fff801 b.ne #-256
    ";
    assert!(changed(&Instructions, condition, 0xff00, 0x11_0000 - 4).is_ok());
    assert!(changed(&Instructions, condition, 0xff00, 0x11_0000).is_err());
}

#[test]
fn a_page_others_use_is_not_changed() {
    let shared = "
        b0000002 adrp x2, #4096
        91004040 add x0, x2, #16
        f9401041 ldr x1, [x2, #32]
        d65f03c0 ret
    ";
    assert!(changed(&Instructions, shared, 0x1_1010, 0x1_1400).is_ok());
    assert!(matches!(changed(&Instructions, shared, 0x1_1010, 0x1_2010), Err(Unencodable::Instruction { .. })));
    let dead = "
        b0000008 adrp x8, #4096
        91004100 add x0, x8, #16
        94000010 bl #64
    ";
    assert!(changed(&Instructions, dead, 0x1_1010, 0x1_2010).is_ok());
    let kept = "
        b0000014 adrp x20, #4096
        91004280 add x0, x20, #16
        94000010 bl #64
    ";
    assert!(changed(&Instructions, kept, 0x1_1010, 0x1_2010).is_err());
}

const MOVED: &str = "
        54000801 b.ne #256
        b4000801 cbz x1, #256
        37180801 tbnz w1, #3, #256
        14000040 b #256
        94000040 bl #256
        10000801 adr x1, #256
        b0000002 adrp x2, #4096
        58000803 ldr x3, #256
        98000804 ldrsw x4, #256
        9c000805 ldr q5, #256
        d8000800 prfm pldl1keep, #256
        a9bf7bfd stp x29, x30, [sp, #-16]!
        d65f03c0 ret
    ";

#[test]
fn moved_instructions_name_what_they_named() {
    let bytes = bytes(MOVED);
    let near = Instructions.displace(code(&bytes, 0x1_0000), 48, Addr(0x2_0000)).unwrap();
    assert_eq!(near.taken, 48);
    same(
        &near.bytes,
        "
        54f80801 b.ne #-65280
        b4f80801 cbz x1, #-65280
        36180041 tbz w1, #3, #8
        17ffc03f b #-65284
        17ffc03f b #-65284
        97ffc03f bl #-65284
        90ffff81 adrp x1, #-65536
        91045021 add x1, x1, #276
        b0ffff82 adrp x2, #-61440
        90ffff83 adrp x3, #-65536
        91047063 add x3, x3, #284
        f9400063 ldr x3, [x3]
        90ffff84 adrp x4, #-65536
        91048084 add x4, x4, #288
        b9800084 ldrsw x4, [x4]
        90ffff90 adrp x16, #-65536
        91049210 add x16, x16, #292
        3dc00205 ldr q5, [x16]
        a9bf7bfd stp x29, x30, [sp, #-16]!
        17ffbff9 b #-65564
    ",
    );
    let far = Instructions.displace(code(&bytes, 0x1_0000), 46, Addr(0x4000_0000)).unwrap();
    assert_eq!(far.taken, 48);
    same(
        &far.bytes,
        "
        54000080 b.eq #16
        90e00090 adrp x16, #-1073676288
        91040210 add x16, x16, #256
        d61f0200 br x16
        b5000081 cbnz x1, #16
        90e00090 adrp x16, #-1073676288
        91041210 add x16, x16, #260
        d61f0200 br x16
        36180081 tbz w1, #3, #16
        90e00090 adrp x16, #-1073676288
        91042210 add x16, x16, #264
        d61f0200 br x16
        90e00090 adrp x16, #-1073676288
        91043210 add x16, x16, #268
        d61f0200 br x16
        90e00090 adrp x16, #-1073676288
        91044210 add x16, x16, #272
        d63f0200 blr x16
        90e00081 adrp x1, #-1073676288
        91045021 add x1, x1, #276
        b0e00082 adrp x2, #-1073672192
        90e00083 adrp x3, #-1073676288
        91047063 add x3, x3, #284
        f9400063 ldr x3, [x3]
        90e00084 adrp x4, #-1073676288
        91048084 add x4, x4, #288
        b9800084 ldrsw x4, [x4]
        90e00090 adrp x16, #-1073676288
        91049210 add x16, x16, #292
        3dc00205 ldr q5, [x16]
        a9bf7bfd stp x29, x30, [sp, #-16]!
        90e00090 adrp x16, #-1073676288
        9100c210 add x16, x16, #48
        d61f0200 br x16
    ",
    );
}

#[test]
fn a_far_move_goes_around_the_register_in_use() {
    let prologue = bytes(
        "
        f9400b90 ldr x16, [x28, #16]
        eb3063ff cmp sp, x16
        54000209 b.ls #64
        d65f03c0 ret
    ",
    );
    same(
        &Instructions.displace(code(&prologue, 0x1_0000), 4, Addr(0x4000_0000)).unwrap().bytes,
        "
        f9400b90 ldr x16, [x28, #16]
        90e00091 adrp x17, #-1073676288
        91001231 add x17, x17, #4
        d61f0220 br x17
    ",
    );
    let both = bytes(
        "
        f9400b90 ldr x16, [x28, #16]
        d14007f1 sub x17, sp, #1, lsl #12
        d65f03c0 ret
    ",
    );
    assert!(Instructions.displace(code(&both, 0x1_0000), 8, Addr(0x4000_0000)).is_err());
}

#[test]
fn a_branch_into_the_taken_bytes_is_refused_and_one_to_the_first_is_not() {
    let into = bytes(
        "
        d503201f nop
        d503201f nop
        b4ffffe0 cbz x0, #-4
        d65f03c0 ret
    ",
    );
    assert!(Instructions.displace(code(&into, 0x1_0000), 8, Addr(0x2_0000)).is_err());
    let to_first = bytes(
        "
        d503201f nop
        b4ffffe0 cbz x0, #-4
        b4ffffc0 cbz x0, #-8
        d65f03c0 ret
    ",
    );
    same(
        &Instructions.displace(code(&to_first, 0x1_0000), 8, Addr(0x2_0000)).unwrap().bytes,
        "
        d503201f nop
        b4ffffe0 cbz x0, #-4
        17ffc000 b #-65536
    ",
    );
    assert_eq!(
        Instructions.displace(code(&into, 0x1_0000), 17, Addr(0x2_0000)),
        Err(Unencodable::TooShort { needed: 20 })
    );
    assert_eq!(Instructions.whole(code(&into, 0x1_0000), 5), Ok(8));
}

#[test]
fn landing_pads_are_known() {
    let pads = bytes(
        "
        d503241f bti
        d503245f bti c
        d503249f bti j
        d50324df bti jc
        d503233f paciasp
        d503237f pacibsp
    ",
    );
    assert!(pads.chunks(4).all(|word| is_landing_pad(u32::from_le_bytes(word.try_into().unwrap()))));
    let others = bytes(
        "
        d503201f nop
        d50323bf autiasp
        d65f03c0 ret
    ",
    );
    assert!(!others.chunks(4).any(|word| is_landing_pad(u32::from_le_bytes(word.try_into().unwrap()))));
}
