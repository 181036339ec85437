//! Steps of ciphers and hashes (FIPS 197, FIPS 180-4), on vectors whose lowest lane is the first word.

use super::vector::{build, lane};
use crate::{Crypto, Lane};

/// The product in AES's field.
const fn field_mul(a: u8, b: u8) -> u8 {
    let (mut a, mut b, mut product) = (a, b, 0);
    while b != 0 {
        if b & 1 != 0 {
            product ^= a;
        }
        a = a << 1 ^ if a & 0x80 != 0 { 0x1b } else { 0 };
        b >>= 1;
    }
    product
}

/// AES's byte table, computed: the inverse in the field, then the affine map.
const fn byte_table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut number = 0;
    while number < 256 {
        let byte = number as u8;
        // The inverse is the 254th power.
        let (mut power, mut inverse, mut left) = (byte, 1, 254);
        while left != 0 {
            if left & 1 != 0 {
                inverse = field_mul(inverse, power);
            }
            power = field_mul(power, power);
            left >>= 1;
        }
        let i: u8 = inverse;
        table[number] = i ^ i.rotate_left(1) ^ i.rotate_left(2) ^ i.rotate_left(3) ^ i.rotate_left(4) ^ 0x63;
        number += 1;
    }
    table
}

const fn inverse_table() -> [u8; 256] {
    let table = byte_table();
    let mut inverse = [0; 256];
    let mut number = 0;
    while number < 256 {
        inverse[table[number] as usize] = number as u8;
        number += 1;
    }
    inverse
}

static BYTES: [u8; 256] = byte_table();
static INVERSE_BYTES: [u8; 256] = inverse_table();

/// Executes a step.
pub(super) fn step(op: Crypto, a: u128, b: u128, c: u128) -> u128 {
    match op {
        Crypto::AesSubShift => build(Lane::B, |at| BYTES[lane(Lane::B, a, (at + 4 * (at % 4)) % 16) as usize].into()),
        Crypto::AesInverseSubShift => {
            build(Lane::B, |at| INVERSE_BYTES[lane(Lane::B, a, (at + 12 * (at % 4)) % 16) as usize].into())
        }
        Crypto::AesMix => mix(a, [2, 3, 1, 1]),
        Crypto::AesInverseMix => mix(a, [14, 11, 13, 9]),
        Crypto::Sha1Choose => sha1(a, b, c, |x, y, z| (x & y) ^ (!x & z)),
        Crypto::Sha1Parity => sha1(a, b, c, |x, y, z| x ^ y ^ z),
        Crypto::Sha1Majority => sha1(a, b, c, |x, y, z| (x & y) ^ (x & z) ^ (y & z)),
        Crypto::Sha1Schedule0 => a ^ c ^ (a >> 64 | b << 64),
        Crypto::Sha1Schedule1 => sha1_schedule1(a, b),
        Crypto::Sha256Hash => sha256(a, b, c).0,
        Crypto::Sha256Hash2 => sha256(b, a, c).1,
        Crypto::Sha256Schedule0 => {
            let word = |at| if at < 4 { word(a, at) } else { word(b, at - 4) };
            build(Lane::S, |at| word(at).wrapping_add(small_sigma0(word(at + 1))).into())
        }
        Crypto::Sha256Schedule1 => sha256_schedule1(a, b, c),
        Crypto::Sha512Hash => sha512_hash(a, b, c),
        Crypto::Sha512Hash2 => sha512_hash2(a, b, c),
        Crypto::Sha512Schedule0 => {
            let sigma = |x: u64| x.rotate_right(1) ^ x.rotate_right(8) ^ x >> 7;
            let next = [long(a, 1), long(b, 0)];
            build(Lane::D, |at| long(a, at).wrapping_add(sigma(next[at as usize & 1])))
        }
        Crypto::Sha512Schedule1 => {
            let sigma = |x: u64| x.rotate_right(19) ^ x.rotate_right(61) ^ x >> 6;
            build(Lane::D, |at| long(a, at).wrapping_add(sigma(long(b, at))).wrapping_add(long(c, at)))
        }
    }
}

fn word(vector: u128, at: u32) -> u32 {
    lane(Lane::S, vector, at) as u32
}

fn long(vector: u128, at: u32) -> u64 {
    lane(Lane::D, vector, at)
}

fn mix(a: u128, factors: [u8; 4]) -> u128 {
    build(Lane::B, |at| {
        let byte = |row: u32| lane(Lane::B, a, (at & !3) + (at + row) % 4) as u8;
        (0..4).fold(0, |sum, row| sum ^ field_mul(byte(row), factors[row as usize])).into()
    })
}

fn sha1(a: u128, b: u128, c: u128, of: fn(u32, u32, u32) -> u32) -> u128 {
    let (mut x, mut y) = (a, b as u32);
    for at in 0..4 {
        let mixed = of(word(x, 1), word(x, 2), word(x, 3));
        y = y.wrapping_add(word(x, 0).rotate_left(5)).wrapping_add(mixed).wrapping_add(word(c, at));
        let turned = word(x, 1).rotate_left(30);
        x = x & !(u128::from(u32::MAX) << 32) | u128::from(turned) << 32;
        let next = word(x, 3);
        x = x << 32 | u128::from(y);
        y = next;
    }
    x
}

fn sha1_schedule1(a: u128, b: u128) -> u128 {
    let mixed = a ^ b >> 32;
    let first = word(mixed, 0).rotate_left(1);
    build(Lane::S, |at| match at {
        3 => u64::from(word(mixed, 3).rotate_left(1) ^ word(mixed, 0).rotate_left(2)),
        0 => first.into(),
        at => word(mixed, at).rotate_left(1).into(),
    })
}

fn small_sigma0(x: u32) -> u32 {
    x.rotate_right(7) ^ x.rotate_right(18) ^ x >> 3
}

/// Four rounds over the hash's first words `x` and last words `y`: both afterwards.
fn sha256(x: u128, y: u128, c: u128) -> (u128, u128) {
    let (mut x, mut y) = (x, y);
    for at in 0..4 {
        let (e, f, g, h) = (word(y, 0), word(y, 1), word(y, 2), word(y, 3));
        let (a, b, d) = (word(x, 0), word(x, 1), word(x, 2));
        let choice = (e & f) ^ (!e & g);
        let majority = (a & b) ^ (a & d) ^ (b & d);
        let sum1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let sum0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let first = h.wrapping_add(sum1).wrapping_add(choice).wrapping_add(word(c, at));
        let new_e = word(x, 3).wrapping_add(first);
        let new_a = first.wrapping_add(sum0).wrapping_add(majority);
        x = x << 32 | u128::from(new_a);
        y = y << 32 | u128::from(new_e);
    }
    (x, y)
}

fn sha256_schedule1(a: u128, b: u128, c: u128) -> u128 {
    let sigma = |x: u32| x.rotate_right(17) ^ x.rotate_right(19) ^ x >> 10;
    let middle = |at| if at < 3 { word(b, at + 1) } else { word(c, 0) };
    let sum = |at, last: u32| word(a, at).wrapping_add(middle(at)).wrapping_add(sigma(last));
    let low = [sum(0, word(c, 2)), sum(1, word(c, 3))];
    let high = [sum(2, low[0]), sum(3, low[1])];
    build(Lane::S, |at| [low[0], low[1], high[0], high[1]][at as usize & 3].into())
}

/// `a` is the accumulated input, `b` holds g and f, `c` holds e and d, as the instruction's operands do.
fn sha512_hash(a: u128, b: u128, c: u128) -> u128 {
    let sum1 = |x: u64| x.rotate_right(14) ^ x.rotate_right(18) ^ x.rotate_right(41);
    let choice = |x: u64, y: u64, z: u64| (x & y) ^ (!x & z);
    let high = choice(long(c, 1), long(b, 0), long(b, 1)).wrapping_add(sum1(long(c, 1))).wrapping_add(long(a, 1));
    let mixed = high.wrapping_add(long(c, 0));
    let low = choice(mixed, long(c, 1), long(b, 0)).wrapping_add(sum1(mixed)).wrapping_add(long(a, 0));
    u128::from(high) << 64 | u128::from(low)
}

fn sha512_hash2(a: u128, b: u128, c: u128) -> u128 {
    let sum0 = |x: u64| x.rotate_right(28) ^ x.rotate_right(34) ^ x.rotate_right(39);
    let majority = |x: u64, y: u64, z: u64| (x & y) ^ (x & z) ^ (y & z);
    let high = majority(long(c, 0), long(b, 0), long(c, 1)).wrapping_add(sum0(long(c, 0))).wrapping_add(long(a, 1));
    let low = majority(high, long(c, 0), long(c, 1)).wrapping_add(sum0(high)).wrapping_add(long(a, 0));
    u128::from(high) << 64 | u128::from(low)
}
