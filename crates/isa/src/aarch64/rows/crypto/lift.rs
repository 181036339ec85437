//! What the instructions of ciphers and hashes do.

use crate::aarch64::rows::lift::Lift;
use crate::aarch64::rows::pattern::{bit, bits, reg};
use ashore_ir::{Bin, Crypto, Lane, Op, VBin, VShift, Value, Width};

fn crypto(l: &mut Lift, w: u32, op: Crypto, [a, b, c]: [Value; 3]) -> Option<()> {
    let result = l.op(Op::Crypto { op, a, b, c });
    l.set_v(reg(w, 0), result);
    Some(())
}

fn vector(l: &mut Lift, op: VBin, a: Value, b: Value) -> Value {
    l.op(Op::VBin { op, lane: Lane::D, a, b })
}

pub(super) fn aes(l: &mut Lift, w: u32) -> Option<()> {
    let (a, b) = (l.v(reg(w, 0)), l.v(reg(w, 5)));
    let a = vector(l, VBin::Xor, a, b);
    let op = if bit(w, 12) { Crypto::AesInverseSubShift } else { Crypto::AesSubShift };
    crypto(l, w, op, [a, a, a])
}

pub(super) fn aes_mix(l: &mut Lift, w: u32) -> Option<()> {
    let a = l.v(reg(w, 5));
    let op = if bit(w, 12) { Crypto::AesInverseMix } else { Crypto::AesMix };
    crypto(l, w, op, [a, a, a])
}

/// Steps of SHA-1 and SHA-256; those of two registers have a fixed pattern where the third would be.
pub(super) fn three(l: &mut Lift, w: u32) -> Option<()> {
    let op = match (bits(w, 15, 10), bit(w, 11)) {
        (0, _) => Crypto::Sha1Choose,
        (4, _) => Crypto::Sha1Parity,
        (8, _) => Crypto::Sha1Majority,
        (12, _) => Crypto::Sha1Schedule0,
        (16, _) => Crypto::Sha256Hash,
        (20, _) => Crypto::Sha256Hash2,
        (24, _) => Crypto::Sha256Schedule1,
        (6, _) => Crypto::Sha1Schedule1,
        _ => Crypto::Sha256Schedule0,
    };
    let (a, b, c) = (l.v(reg(w, 0)), l.v(reg(w, 5)), l.v(reg(w, 16)));
    crypto(l, w, op, [a, b, c])
}

/// The lowest word turned by 30.
pub(super) fn sha1_turn(l: &mut Lift, w: u32) -> Option<()> {
    let a = l.v(reg(w, 5));
    let word = l.op(Op::VGet { lane: Lane::S, index: 0, a });
    let turned = l.bin_number(Bin::Ror, Width::W32, word, 2);
    let zero = l.number(0);
    let result = l.op(Op::VPair { a: turned, b: zero });
    l.set_v(reg(w, 0), result);
    Some(())
}

pub(super) fn sha512(l: &mut Lift, w: u32) -> Option<()> {
    let op = match bits(w, 11, 10) {
        0 => Crypto::Sha512Hash,
        1 => Crypto::Sha512Hash2,
        _ => Crypto::Sha512Schedule1,
    };
    let (a, b, c) = (l.v(reg(w, 0)), l.v(reg(w, 5)), l.v(reg(w, 16)));
    crypto(l, w, op, [a, b, c])
}

pub(super) fn sha512_schedule(l: &mut Lift, w: u32) -> Option<()> {
    let (a, b) = (l.v(reg(w, 0)), l.v(reg(w, 5)));
    crypto(l, w, Crypto::Sha512Schedule0, [a, b, b])
}

/// 64-bit lanes turned to the right.
fn turned(l: &mut Lift, a: Value, by: u8) -> Value {
    let low = l.op(Op::VShift { op: VShift::Shr, lane: Lane::D, by, a });
    let high = l.op(Op::VShift { op: VShift::Shl, lane: Lane::D, by: 64 - by, a });
    vector(l, VBin::Or, low, high)
}

pub(super) fn rotate_xor(l: &mut Lift, w: u32) -> Option<()> {
    let (a, b) = (l.v(reg(w, 5)), l.v(reg(w, 16)));
    let b = turned(l, b, 63);
    let result = vector(l, VBin::Xor, a, b);
    l.set_v(reg(w, 0), result);
    Some(())
}

pub(super) fn xor_rotate(l: &mut Lift, w: u32) -> Option<()> {
    let (a, b) = (l.v(reg(w, 5)), l.v(reg(w, 16)));
    let mixed = vector(l, VBin::Xor, a, b);
    let result = turned(l, mixed, bits(w, 15, 10) as u8);
    l.set_v(reg(w, 0), result);
    Some(())
}

pub(super) fn xor_three(l: &mut Lift, w: u32) -> Option<()> {
    let (a, b, c) = (l.v(reg(w, 5)), l.v(reg(w, 16)), l.v(reg(w, 10)));
    let op = if bit(w, 21) { VBin::AndNot } else { VBin::Xor };
    let mixed = vector(l, op, b, c);
    let result = vector(l, VBin::Xor, a, mixed);
    l.set_v(reg(w, 0), result);
    Some(())
}
