//! Random numbers: a ChaCha20 stream (RFC 8439) whose key is replaced by its own output after every answer, and into which
//! whatever the machine offers is stirred.

use crate::clock;
use ashore_kernel_core::Lock;

/// Bytes of seed that are enough.
pub(crate) const SEED: usize = 32;
/// Words of a block of the stream.
const WORDS: usize = 16;
/// The cipher's constants, "expand 32-byte k".
const NAME: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

static GENERATOR: Lock<Generator> = Lock::new(Generator { key: [0; 8], count: 0 });

struct Generator {
    key: [u32; 8],
    count: u64,
}

fn quarter(state: &mut [u32; WORDS], [a, b, c, d]: [usize; 4]) {
    state[a] = state[a].wrapping_add(state[b]);
    state[d] = (state[d] ^ state[a]).rotate_left(16);
    state[c] = state[c].wrapping_add(state[d]);
    state[b] = (state[b] ^ state[c]).rotate_left(12);
    state[a] = state[a].wrapping_add(state[b]);
    state[d] = (state[d] ^ state[a]).rotate_left(8);
    state[c] = state[c].wrapping_add(state[d]);
    state[b] = (state[b] ^ state[c]).rotate_left(7);
}

impl Generator {
    fn block(&mut self) -> [u32; WORDS] {
        let mut start = [0; WORDS];
        start[..4].copy_from_slice(&NAME);
        start[4..12].copy_from_slice(&self.key);
        start[12] = self.count as u32;
        start[13] = (self.count >> 32) as u32;
        self.count += 1;
        let mut state = start;
        for _ in 0..10 {
            for column in 0..4 {
                quarter(&mut state, [column, column + 4, column + 8, column + 12]);
            }
            for first in 0..4 {
                quarter(&mut state, [first, 4 + (first + 1) % 4, 8 + (first + 2) % 4, 12 + (first + 3) % 4]);
            }
        }
        for (word, old) in state.iter_mut().zip(start) {
            *word = word.wrapping_add(old);
        }
        state
    }

    /// Nobody can go back from here.
    fn turn(&mut self) {
        let block = self.block();
        self.key.copy_from_slice(&block[..8]);
    }
}

/// Stirs bytes in.
pub(crate) fn stir(bytes: &[u8]) {
    let mut generator = GENERATOR.lock();
    for piece in bytes.chunks(32) {
        for (nth, byte) in piece.iter().enumerate() {
            generator.key[nth / 4] ^= u32::from(*byte) << (8 * (nth % 4));
        }
        generator.turn();
    }
}

/// Fills `into` with random bytes.
pub(crate) fn fill(into: &mut [u8]) {
    let mut generator = GENERATOR.lock();
    // When it is asked is not known to an outsider either.
    generator.key[0] ^= clock::ticks() as u32;
    for piece in into.chunks_mut(WORDS * 4) {
        let block = generator.block();
        for (to, from) in piece.iter_mut().zip(block.iter().flat_map(|word| word.to_le_bytes())) {
            *to = from;
        }
    }
    generator.turn();
}
