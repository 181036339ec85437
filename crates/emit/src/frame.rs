//! The memory of a thread that translated code finds through `r15`: the guest's state first, then what the engine keeps.
//!
//! Offsets are from the state's start; `r15` points [`BIAS`] bytes behind it, so that the first registers but two and
//! the flags are in reach of short distances.

use crate::reg::{Gpr, Mem};

/// How far `r15` is behind the state's start.
pub const BIAS: i32 = 144;
/// The bytes a state may have.
pub const STATE_MAX: usize = 2048;
/// The host's stack pointer.
pub const HOST_RSP: usize = 2048;
/// The host address that leaving code jumps to.
pub const RETURN: usize = 2056;
/// The host address that entering code jumps to; and the guest address a jump missed.
pub const TARGET: usize = 2064;
/// The number of the exit.
pub const EXIT: usize = 2072;
/// The floating-point control of the guest.
pub const GUEST_MXCSR: usize = 2080;
/// The floating-point control of the host.
pub const HOST_MXCSR: usize = 2084;
/// Room for a register, and a place for barriers.
pub const TEMP: usize = 2088;
/// Room for vectors of an instruction that needs many.
pub const SPILLS: usize = 2096;
/// How many there is room for.
pub const SPILL_COUNT: usize = (CONTEXT - SPILLS) / 16;
/// Where those are that a template has borrowed of registers that hold guest registers; the last of the rooms for vectors.
pub const BORROWED: usize = SPILLS + (SPILL_COUNT - 1) * 16;
/// The registers that may be borrowed: one that the host's exchange of 16 bytes wants, and one for its address.
pub const BORROWERS: [Gpr; 2] = [Gpr::RBX, Gpr::RSI];
/// Room for the host's registers where a fault or signal stopped: 16 general ones, then `rip` and the flags.
pub const CONTEXT: usize = 2176;
/// Room for the vector registers there.
pub const CONTEXT_VECTORS: usize = 2432;
/// The address of the table of jump targets that all threads share.
pub const TARGETS: usize = 2688;
/// The address of the code's first byte.
pub const CODE: usize = 2696;
/// Where the thread's stack of returns was when its code left.
pub const RETURNS: usize = 2704;
/// Where that stack begins: it grows downwards.
pub const RETURNS_START: usize = 2712;
/// For the low flags of a comparison of numbers: the flags as they are stored.
pub const FLOAT_FLAGS: usize = 2720;
/// Vectors that templates need.
pub const VECTORS: usize = 3232;
/// The jump cache: pairs of guest and host address.
pub const JUMPS: usize = 4096;
/// The entries of the jump cache, as a power of two.
pub const JUMPS_LOG2: u32 = 14;
/// The entries of the shared table, as a power of two; each has eight bytes.
pub const TARGETS_LOG2: u32 = 18;
/// The bits of an entry that are the code's place; none for no entry. Above them are the address's bits that do not say which
/// entry it is.
pub const TARGET_PLACE_LOG2: u32 = 28;
/// The bytes of a frame.
pub const SIZE: usize = JUMPS + (16 << JUMPS_LOG2);

/// The register that holds the frame.
pub const BASE: Gpr = Gpr::R15;

/// A place in the frame as an operand.
pub const fn place(offset: usize) -> Mem {
    Mem::at(BASE, offset as i32 - BIAS)
}

/// The vectors that templates need, by name; the value fills 16 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Vector {
    Sign32,
    Sign64,
    Rest32,
    Rest64,
    Sign8,
    Sign16,
    Nibble,
    Popcount,
    ReverseLow,
    ReverseHigh,
    Reverse16,
    Reverse32,
    Reverse64,
    OutOfTable,
    Index,
    AesShift,
    AesInverseShift,
    EvenBytes,
    EvenWords,
    ShaChoose,
    ShaParity,
    ShaMajority,
    Rest16,
    Ones,
    Rest8,
    Shift8,
    Shift16,
    Half8,
    Half16,
    Powers,
    ZerosLow,
    ZerosHigh,
    Crc,
    Half32,
    Half64,
    TwoTo16,
    TwoTo31,
    TwoTo32,
    TwoTo52,
    TwoTo84,
    TwoTo84And52,
}

impl Vector {
    /// Every vector and its value.
    pub const ALL: [(Vector, u128); 41] = [
        (Vector::Sign32, 0x8000_0000_8000_0000_8000_0000_8000_0000),
        (Vector::Sign64, 0x8000_0000_0000_0000_8000_0000_0000_0000),
        (Vector::Rest32, 0x7fff_ffff_7fff_ffff_7fff_ffff_7fff_ffff),
        (Vector::Rest64, 0x7fff_ffff_ffff_ffff_7fff_ffff_ffff_ffff),
        (Vector::Sign8, 0x8080_8080_8080_8080_8080_8080_8080_8080),
        (Vector::Sign16, 0x8000_8000_8000_8000_8000_8000_8000_8000),
        (Vector::Nibble, 0x0f0f_0f0f_0f0f_0f0f_0f0f_0f0f_0f0f_0f0f),
        (Vector::Popcount, 0x0403_0302_0302_0201_0302_0201_0201_0100),
        // The four bits of each index in the opposite order, low and high in the result.
        (Vector::ReverseLow, 0x0f07_0b03_0d05_0901_0e06_0a02_0c04_0800),
        (Vector::ReverseHigh, 0xf070_b030_d050_9010_e060_a020_c040_8000),
        (Vector::Reverse16, 0x0e0f_0c0d_0a0b_0809_0607_0405_0203_0001),
        (Vector::Reverse32, 0x0c0d_0e0f_0809_0a0b_0405_0607_0001_0203),
        (Vector::Reverse64, 0x0809_0a0b_0c0d_0e0f_0001_0203_0405_0607),
        (Vector::OutOfTable, 0x7070_7070_7070_7070_7070_7070_7070_7070),
        (Vector::Index, 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100),
        // The rows' shift of AES undone, so that the host's combined instruction leaves only the byte table.
        (Vector::AesShift, 0x0b06_010c_0702_0d08_030e_0904_0f0a_0500),
        (Vector::AesInverseShift, 0x0306_090c_0f02_0508_0b0e_0104_070a_0d00),
        (Vector::EvenBytes, 0x00ff_00ff_00ff_00ff_00ff_00ff_00ff_00ff),
        (Vector::EvenWords, 0x0000_ffff_0000_ffff_0000_ffff_0000_ffff),
        // What the host's rounds of SHA-1 add by themselves.
        (Vector::ShaChoose, 0x5a82_7999_5a82_7999_5a82_7999_5a82_7999),
        (Vector::ShaParity, 0x6ed9_eba1_6ed9_eba1_6ed9_eba1_6ed9_eba1),
        (Vector::ShaMajority, 0x8f1b_bcdc_8f1b_bcdc_8f1b_bcdc_8f1b_bcdc),
        (Vector::Rest16, 0x7fff_7fff_7fff_7fff_7fff_7fff_7fff_7fff),
        (Vector::Ones, u128::MAX),
        (Vector::Rest8, 0x7f7f_7f7f_7f7f_7f7f_7f7f_7f7f_7f7f_7f7f),
        // What is taken from a number with the other top bit to have the lane's size more of it.
        (Vector::Shift8, 0x7878_7878_7878_7878_7878_7878_7878_7878),
        (Vector::Shift16, 0x7ff0_7ff0_7ff0_7ff0_7ff0_7ff0_7ff0_7ff0),
        // Half of a byte's and of a word's size in lanes twice as large.
        (Vector::Half8, 0x0080_0080_0080_0080_0080_0080_0080_0080),
        (Vector::Half16, 0x0000_8000_0000_8000_0000_8000_0000_8000),
        (Vector::Powers, 0x8040_2010_0804_0201),
        // The leading zeros of a byte whose upper four bits are zero, by its lower ones; and of others, by their upper ones.
        (Vector::ZerosLow, 0x0404_0404_0404_0404_0505_0505_0606_0708),
        (Vector::ZerosHigh, 0x0000_0000_0000_0000_0101_0101_0202_0308),
        // Ethernet's polynomial in reversed bit order with its highest term, and below it the inverse, up to 64 bits.
        (Vector::Crc, 0x0000_0001_db71_0641_b4e5_b025_f701_1641),
        // Numbers: one half, and powers of two, of 32 and of 64 bits.
        (Vector::Half32, 0x3f00_0000_3f00_0000_3f00_0000_3f00_0000),
        (Vector::Half64, 0x3fe0_0000_0000_0000_3fe0_0000_0000_0000),
        (Vector::TwoTo16, 0x4780_0000_4780_0000_4780_0000_4780_0000),
        (Vector::TwoTo31, 0x4f00_0000_4f00_0000_4f00_0000_4f00_0000),
        (Vector::TwoTo32, 0x4f80_0000_4f80_0000_4f80_0000_4f80_0000),
        (Vector::TwoTo52, 0x4330_0000_0000_0000_4330_0000_0000_0000),
        (Vector::TwoTo84, 0x4530_0000_0000_0000_4530_0000_0000_0000),
        (Vector::TwoTo84And52, 0x4530_0000_0010_0000_4530_0000_0010_0000),
    ];

    /// Where it is.
    pub const fn place(self) -> Mem {
        place(VECTORS + self as usize * 16)
    }
}

/// What [`FLOAT_FLAGS`] holds for the low flags of a comparison.
pub const fn float_flags(low: u8) -> u16 {
    let (below, parity, zero) = (low & 1 != 0, low & 4 != 0, low & 0x40 != 0);
    if parity {
        // Unordered: carry (no borrow) and overflow.
        return 1;
    }
    if zero {
        return 0x4000;
    }
    if below { 0x8100 } else { 0 }
}
