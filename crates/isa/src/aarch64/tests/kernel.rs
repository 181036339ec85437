//! Kernel calls, led elsewhere.

use super::*;

const ISLAND: &str = "
        d10c83ff sub sp, sp, #800
        ad0907e0 stp q0, q1, [sp, #288]
        ad0a0fe2 stp q2, q3, [sp, #320]
        ad0b17e4 stp q4, q5, [sp, #352]
        ad0c1fe6 stp q6, q7, [sp, #384]
        ad0d27e8 stp q8, q9, [sp, #416]
        ad0e2fea stp q10, q11, [sp, #448]
        ad0f37ec stp q12, q13, [sp, #480]
        ad103fee stp q14, q15, [sp, #512]
        ad1147f0 stp q16, q17, [sp, #544]
        ad124ff2 stp q18, q19, [sp, #576]
        ad1357f4 stp q20, q21, [sp, #608]
        ad145ff6 stp q22, q23, [sp, #640]
        ad1567f8 stp q24, q25, [sp, #672]
        ad166ffa stp q26, q27, [sp, #704]
        ad1777fc stp q28, q29, [sp, #736]
        ad187ffe stp q30, q31, [sp, #768]
        a90007e0 stp x0, x1, [sp]
        a9010fe2 stp x2, x3, [sp, #16]
        a90217e4 stp x4, x5, [sp, #32]
        a9031fe6 stp x6, x7, [sp, #48]
        a90427e8 stp x8, x9, [sp, #64]
        a9052fea stp x10, x11, [sp, #80]
        a90637ec stp x12, x13, [sp, #96]
        a9073fee stp x14, x15, [sp, #112]
        a90847f0 stp x16, x17, [sp, #128]
        a9094ff2 stp x18, x19, [sp, #144]
        a90a57f4 stp x20, x21, [sp, #160]
        a90b5ff6 stp x22, x23, [sp, #176]
        a90c67f8 stp x24, x25, [sp, #192]
        a90d6ffa stp x26, x27, [sp, #208]
        a90e77fc stp x28, x29, [sp, #224]
        f9007bfe str x30, [sp, #240]
        910c83e0 add x0, sp, #800
        f9007fe0 str x0, [sp, #248]
        d53b4200 mrs x0, NZCV
        f90083e0 str x0, [sp, #256]
        d53b4400 mrs x0, FPCR
        f90087e0 str x0, [sp, #264]
        d53b4420 mrs x0, FPSR
        f9008be0 str x0, [sp, #272]
        90ffff80 adrp x0, #-65536
        91002000 add x0, x0, #8
        f9008fe0 str x0, [sp, #280]
        910003e0 mov x0, sp
        90000090 adrp x16, #65536
        91004210 add x16, x16, #16
        d63f0200 blr x16
        f94083e0 ldr x0, [sp, #256]
        d51b4200 msr NZCV, x0
        f94087e0 ldr x0, [sp, #264]
        d51b4400 msr FPCR, x0
        f9408be0 ldr x0, [sp, #272]
        d51b4420 msr FPSR, x0
        ad4907e0 ldp q0, q1, [sp, #288]
        ad4a0fe2 ldp q2, q3, [sp, #320]
        ad4b17e4 ldp q4, q5, [sp, #352]
        ad4c1fe6 ldp q6, q7, [sp, #384]
        ad4d27e8 ldp q8, q9, [sp, #416]
        ad4e2fea ldp q10, q11, [sp, #448]
        ad4f37ec ldp q12, q13, [sp, #480]
        ad503fee ldp q14, q15, [sp, #512]
        ad5147f0 ldp q16, q17, [sp, #544]
        ad524ff2 ldp q18, q19, [sp, #576]
        ad5357f4 ldp q20, q21, [sp, #608]
        ad545ff6 ldp q22, q23, [sp, #640]
        ad5567f8 ldp q24, q25, [sp, #672]
        ad566ffa ldp q26, q27, [sp, #704]
        ad5777fc ldp q28, q29, [sp, #736]
        ad587ffe ldp q30, q31, [sp, #768]
        a94007e0 ldp x0, x1, [sp]
        a9410fe2 ldp x2, x3, [sp, #16]
        a94217e4 ldp x4, x5, [sp, #32]
        a9431fe6 ldp x6, x7, [sp, #48]
        a94427e8 ldp x8, x9, [sp, #64]
        a9452fea ldp x10, x11, [sp, #80]
        a94637ec ldp x12, x13, [sp, #96]
        a9473fee ldp x14, x15, [sp, #112]
        a94847f0 ldp x16, x17, [sp, #128]
        a9494ff2 ldp x18, x19, [sp, #144]
        a94a57f4 ldp x20, x21, [sp, #160]
        a94b5ff6 ldp x22, x23, [sp, #176]
        a94c67f8 ldp x24, x25, [sp, #192]
        a94d6ffa ldp x26, x27, [sp, #208]
        a94e77fc ldp x28, x29, [sp, #224]
        f9407bfe ldr x30, [sp, #240]
        910c83ff add sp, sp, #800
        17ffbfab b #-65876
    ";

#[test]
fn a_kernel_call_becomes_a_branch_to_an_island_that_saves_everything() {
    let function = bytes(
        "
        d2800808 mov x8, #64
        d4000001 svc #0
        d65f03c0 ret
    ",
    );
    let code = code(&function, 0x1_0000);
    assert_eq!(Instructions.kernel_calls(code, &|_| None), [Addr(0x1_0004)]);
    let (write, island) =
        Instructions.redirect_kernel_call(code, Addr(0x1_0004), Addr(0x2_0000), Addr(0x3_0010)).unwrap();
    assert_eq!(write.at, Addr(0x1_0004));
    same(
        &write.bytes,
        "
        14003fff b #65532
    ",
    );
    same(&island, ISLAND);
    assert!(Instructions.redirect_kernel_call(code, Addr(0x1_0000), Addr(0x2_0000), Addr(0x3_0010)).is_err());
}
