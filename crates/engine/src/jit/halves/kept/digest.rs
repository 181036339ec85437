//! Digests of what is kept, and of the pages it was made of: they tell damage and change from what was there.
//!
//! Nothing here keeps anybody out who wants to get in: who can write into the folder can write a right digest too, and is kept
//! out by the folder's permissions. So it need not be slow: four products at a time, of 64 bytes.

/// The bytes of a digest.
pub(in crate::jit) const LEN: usize = 16;

/// A digest.
pub(in crate::jit) type Digest = [u8; LEN];

const BLOCK: usize = 64;
const LANES: usize = 4;
/// What is behind the point in the square roots of 2, 3, 5, 7, 11 and 13: odd numbers that mean nothing.
const KEYS: [u64; 6] = [
    0x6a09_e667_f3bc_c909,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
];

fn mix(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

fn word(block: &[u8; BLOCK], index: usize) -> u64 {
    let at = index * 8;
    block.get(at..at + 8).and_then(|word| word.try_into().ok()).map_or(0, u64::from_le_bytes)
}

fn step(lanes: &mut [u64; LANES], block: &[u8; BLOCK]) {
    for (index, (lane, key)) in lanes.iter_mut().zip(KEYS).enumerate() {
        let (left, right) = (word(block, index * 2), word(block, index * 2 + 1));
        // The sum keeps what was before in it also where a factor happens to be zero.
        *lane = mix(*lane ^ left, right ^ key).wrapping_add(lane.rotate_left(29) ^ right);
    }
}

/// The digest of some bytes.
pub(in crate::jit) fn digest(bytes: &[u8]) -> Digest {
    let mut lanes = [KEYS[1], KEYS[2], KEYS[3], KEYS[4]];
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for block in blocks {
        step(&mut lanes, block);
    }
    if !rest.is_empty() {
        let mut block = [0; BLOCK];
        block.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
        step(&mut lanes, &block);
    }
    let [a, b, c, d] = lanes;
    let len = bytes.len() as u64;
    let low = mix(a ^ len, b ^ KEYS[4]) ^ mix(c ^ KEYS[5], d.wrapping_add(len));
    let high = mix(a.rotate_left(17) ^ d, KEYS[5] ^ len) ^ mix(b ^ c.rotate_left(41), KEYS[0]).wrapping_add(low);
    let mut digest = [0; LEN];
    let words = [mix(low ^ KEYS[0], KEYS[3]), mix(high ^ KEYS[2], KEYS[1])];
    digest.iter_mut().zip(words.into_iter().flat_map(u64::to_le_bytes)).for_each(|(to, byte)| *to = byte);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_byte_and_the_length_count() {
        let bytes: Vec<u8> = (0..300u32).map(|at| (at * 7 + 1) as u8).collect();
        let mut seen = HashSet::new();
        for len in 0..bytes.len() {
            assert!(seen.insert(digest(&bytes[..len])), "{len}");
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut other = bytes.clone();
                other[at] ^= 1 << bit;
                assert!(seen.insert(digest(&other)), "{at} {bit}");
            }
        }
        for len in 0..300 {
            assert!(seen.insert(digest(&vec![0; len])) || len == 0, "{len} zeros");
        }
    }

    #[test]
    fn each_half_of_it_changes_with_any_word() {
        let bytes = [0u8; 4096];
        let whole = digest(&bytes);
        for at in (0..4096).step_by(8) {
            let mut other = bytes;
            other[at] = 1;
            let found = digest(&other);
            assert!(found[..8] != whole[..8] && found[8..] != whole[8..], "{at}");
        }
    }
}
