//! Kernel calls, led elsewhere.

use super::*;

const ISLAND: &str = "
        df010113 addi sp, sp, -528
        00113423 sd ra, 8(sp)
        00313c23 sd gp, 24(sp)
        02413023 sd tp, 32(sp)
        02513423 sd t0, 40(sp)
        02613823 sd t1, 48(sp)
        02713c23 sd t2, 56(sp)
        04813023 sd s0, 64(sp)
        04913423 sd s1, 72(sp)
        04a13823 sd a0, 80(sp)
        04b13c23 sd a1, 88(sp)
        06c13023 sd a2, 96(sp)
        06d13423 sd a3, 104(sp)
        06e13823 sd a4, 112(sp)
        06f13c23 sd a5, 120(sp)
        09013023 sd a6, 128(sp)
        09113423 sd a7, 136(sp)
        09213823 sd s2, 144(sp)
        09313c23 sd s3, 152(sp)
        0b413023 sd s4, 160(sp)
        0b513423 sd s5, 168(sp)
        0b613823 sd s6, 176(sp)
        0b713c23 sd s7, 184(sp)
        0d813023 sd s8, 192(sp)
        0d913423 sd s9, 200(sp)
        0da13823 sd s10, 208(sp)
        0db13c23 sd s11, 216(sp)
        0fc13023 sd t3, 224(sp)
        0fd13423 sd t4, 232(sp)
        0fe13823 sd t5, 240(sp)
        0ff13c23 sd t6, 248(sp)
        21010293 addi t0, sp, 528
        00513823 sd t0, 16(sp)
        10013027 fsd ft0, 256(sp)
        10113427 fsd ft1, 264(sp)
        10213827 fsd ft2, 272(sp)
        10313c27 fsd ft3, 280(sp)
        12413027 fsd ft4, 288(sp)
        12513427 fsd ft5, 296(sp)
        12613827 fsd ft6, 304(sp)
        12713c27 fsd ft7, 312(sp)
        14813027 fsd fs0, 320(sp)
        14913427 fsd fs1, 328(sp)
        14a13827 fsd fa0, 336(sp)
        14b13c27 fsd fa1, 344(sp)
        16c13027 fsd fa2, 352(sp)
        16d13427 fsd fa3, 360(sp)
        16e13827 fsd fa4, 368(sp)
        16f13c27 fsd fa5, 376(sp)
        19013027 fsd fa6, 384(sp)
        19113427 fsd fa7, 392(sp)
        19213827 fsd fs2, 400(sp)
        19313c27 fsd fs3, 408(sp)
        1b413027 fsd fs4, 416(sp)
        1b513427 fsd fs5, 424(sp)
        1b613827 fsd fs6, 432(sp)
        1b713c27 fsd fs7, 440(sp)
        1d813027 fsd fs8, 448(sp)
        1d913427 fsd fs9, 456(sp)
        1da13827 fsd fs10, 464(sp)
        1db13c27 fsd fs11, 472(sp)
        1fc13027 fsd ft8, 480(sp)
        1fd13427 fsd ft9, 488(sp)
        1fe13827 fsd ft10, 496(sp)
        1ff13c27 fsd ft11, 504(sp)
        003022f3 frcsr t0
        20513023 sd t0, 512(sp)
        ffff0297 auipc t0, 1048560
        efa28293 addi t0, t0, -262
        00513023 sd t0, 0(sp)
        00010513 mv a0, sp
        00010f97 auipc t6, 16
        ef4f80e7 jalr -268(t6)
        20013283 ld t0, 512(sp)
        00329073 fscsr t0
        10013007 fld ft0, 256(sp)
        10813087 fld ft1, 264(sp)
        11013107 fld ft2, 272(sp)
        11813187 fld ft3, 280(sp)
        12013207 fld ft4, 288(sp)
        12813287 fld ft5, 296(sp)
        13013307 fld ft6, 304(sp)
        13813387 fld ft7, 312(sp)
        14013407 fld fs0, 320(sp)
        14813487 fld fs1, 328(sp)
        15013507 fld fa0, 336(sp)
        15813587 fld fa1, 344(sp)
        16013607 fld fa2, 352(sp)
        16813687 fld fa3, 360(sp)
        17013707 fld fa4, 368(sp)
        17813787 fld fa5, 376(sp)
        18013807 fld fa6, 384(sp)
        18813887 fld fa7, 392(sp)
        19013907 fld fs2, 400(sp)
        19813987 fld fs3, 408(sp)
        1a013a07 fld fs4, 416(sp)
        1a813a87 fld fs5, 424(sp)
        1b013b07 fld fs6, 432(sp)
        1b813b87 fld fs7, 440(sp)
        1c013c07 fld fs8, 448(sp)
        1c813c87 fld fs9, 456(sp)
        1d013d07 fld fs10, 464(sp)
        1d813d87 fld fs11, 472(sp)
        1e013e07 fld ft8, 480(sp)
        1e813e87 fld ft9, 488(sp)
        1f013f07 fld ft10, 496(sp)
        1f813f87 fld ft11, 504(sp)
        00813083 ld ra, 8(sp)
        01813183 ld gp, 24(sp)
        02013203 ld tp, 32(sp)
        02813283 ld t0, 40(sp)
        03013303 ld t1, 48(sp)
        03813383 ld t2, 56(sp)
        04013403 ld s0, 64(sp)
        04813483 ld s1, 72(sp)
        05013503 ld a0, 80(sp)
        05813583 ld a1, 88(sp)
        06013603 ld a2, 96(sp)
        06813683 ld a3, 104(sp)
        07013703 ld a4, 112(sp)
        07813783 ld a5, 120(sp)
        08013803 ld a6, 128(sp)
        08813883 ld a7, 136(sp)
        09013903 ld s2, 144(sp)
        09813983 ld s3, 152(sp)
        0a013a03 ld s4, 160(sp)
        0a813a83 ld s5, 168(sp)
        0b013b03 ld s6, 176(sp)
        0b813b83 ld s7, 184(sp)
        0c013c03 ld s8, 192(sp)
        0c813c83 ld s9, 200(sp)
        0d013d03 ld s10, 208(sp)
        0d813d83 ld s11, 216(sp)
        0e013e03 ld t3, 224(sp)
        0e813e83 ld t4, 232(sp)
        0f013f03 ld t5, 240(sp)
        0f813f83 ld t6, 248(sp)
        21010113 addi sp, sp, 528
        ddfef06f j -66082
    ";

#[test]
fn a_kernel_call_becomes_a_jump_to_an_island_that_saves_everything() {
    let function = bytes(
        "
        48f9 c.li a7, 30
        00000073 ecall
        8082 c.jr ra
    ",
    );
    let code = code(&function, 0x1_0000);
    assert_eq!(Instructions.kernel_calls(code, &|_| None), [Addr(0x1_0002)]);
    let (write, island) =
        Instructions.redirect_kernel_call(code, Addr(0x1_0002), Addr(0x2_0000), Addr(0x3_0010)).unwrap();
    assert_eq!(write.at, Addr(0x1_0002));
    same(
        &write.bytes,
        "
        7ff0f06f j 65534
    ",
    );
    same(&island, ISLAND);
    assert!(Instructions.redirect_kernel_call(code, Addr(0x1_0000), Addr(0x2_0000), Addr(0x3_0010)).is_err());
    assert!(Instructions.redirect_kernel_call(code, Addr(0x1_0002), Addr(0x20_0000), Addr(0x3_0010)).is_err());
}
