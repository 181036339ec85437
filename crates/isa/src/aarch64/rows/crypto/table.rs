//! The instructions of ciphers and hashes.

use super::lift as c;
use crate::aarch64::rows::feature::Feature;
use crate::aarch64::rows::pattern::{Row, row};

/// The rows.
pub(in crate::aarch64::rows) static ROWS: &[Row] = &[
    row("aese", "01001110 00101000 010010 nnnnn ddddd", c::aes, "{vd16}, {vn16}").of(Feature::Aes),
    row("aesd", "01001110 00101000 010110 nnnnn ddddd", c::aes, "{vd16}, {vn16}").of(Feature::Aes),
    row("aesmc", "01001110 00101000 011010 nnnnn ddddd", c::aes_mix, "{vd16}, {vn16}").of(Feature::Aes),
    row("aesimc", "01001110 00101000 011110 nnnnn ddddd", c::aes_mix, "{vd16}, {vn16}").of(Feature::Aes),
    row("sha1c", "01011110 000mmmmm 000000 nnnnn ddddd", c::three, "{q3d}, {s3n}, {v4m}").of(Feature::Sha1),
    row("sha1p", "01011110 000mmmmm 000100 nnnnn ddddd", c::three, "{q3d}, {s3n}, {v4m}").of(Feature::Sha1),
    row("sha1m", "01011110 000mmmmm 001000 nnnnn ddddd", c::three, "{q3d}, {s3n}, {v4m}").of(Feature::Sha1),
    row("sha1su0", "01011110 000mmmmm 001100 nnnnn ddddd", c::three, "{v4d}, {v4n}, {v4m}").of(Feature::Sha1),
    row("sha256h", "01011110 000mmmmm 010000 nnnnn ddddd", c::three, "{q3d}, {q3n}, {v4m}").of(Feature::Sha2),
    row("sha256h2", "01011110 000mmmmm 010100 nnnnn ddddd", c::three, "{q3d}, {q3n}, {v4m}").of(Feature::Sha2),
    row("sha256su1", "01011110 000mmmmm 011000 nnnnn ddddd", c::three, "{v4d}, {v4n}, {v4m}").of(Feature::Sha2),
    row("sha1h", "01011110 00101000 000010 nnnnn ddddd", c::sha1_turn, "{s3d}, {s3n}").of(Feature::Sha1),
    row("sha1su1", "01011110 00101000 000110 nnnnn ddddd", c::three, "{v4d}, {v4n}").of(Feature::Sha1),
    row("sha256su0", "01011110 00101000 001010 nnnnn ddddd", c::three, "{v4d}, {v4n}").of(Feature::Sha2),
    row("sha512h", "11001110 011mmmmm 100000 nnnnn ddddd", c::sha512, "{q3d}, {q3n}, {v2m}").of(Feature::Sha512),
    row("sha512h2", "11001110 011mmmmm 100001 nnnnn ddddd", c::sha512, "{q3d}, {q3n}, {v2m}").of(Feature::Sha512),
    row("sha512su1", "11001110 011mmmmm 100010 nnnnn ddddd", c::sha512, "{v2d}, {v2n}, {v2m}").of(Feature::Sha512),
    row("sha512su0", "11001110 110000001 00000 nnnnn ddddd", c::sha512_schedule, "{v2d}, {v2n}").of(Feature::Sha512),
    row("rax1", "11001110 011mmmmm 100011 nnnnn ddddd", c::rotate_xor, "{v2d}, {v2n}, {v2m}").of(Feature::Sha3),
    row("eor3", "11001110 000mmmmm 0aaaaa nnnnn ddddd", c::xor_three, "{vd16}, {vn16}, {vm16}, {va16}")
        .of(Feature::Sha3),
    row("bcax", "11001110 001mmmmm 0aaaaa nnnnn ddddd", c::xor_three, "{vd16}, {vn16}, {vm16}, {va16}")
        .of(Feature::Sha3),
    row("xar", "11001110 100mmmmm iiiiii nnnnn ddddd", c::xor_rotate, "{v2d}, {v2n}, {v2m}, #{i}").of(Feature::Sha3),
];
