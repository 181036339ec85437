//! The check sum of what a program sent.

use super::hash::Hasher;
use super::pieces::Piece;
use ashore_base::Addr;
use ashore_pivot::Memory;

/// How much is looked at at a time.
const CHUNK: usize = 16 * 1024;

/// Calls `each` with the bytes of pieces of the guest's memory, as far as they are there.
pub(super) fn for_each_chunk(pieces: &[Piece], memory: &dyn Memory, mut each: impl FnMut(&[u8])) {
    let longest = pieces.iter().map(|piece| piece.len).max().unwrap_or(0).min(CHUNK as u64);
    let mut buffer = vec![0; longest as usize];
    for piece in pieces {
        let mut done = 0;
        while done < piece.len {
            let len = (piece.len - done).min(CHUNK as u64) as usize;
            let Some(chunk) = buffer.get_mut(..len) else { return };
            if memory.read(Addr(piece.at).plus(done), chunk).is_err() {
                return;
            }
            each(chunk);
            done += len as u64;
        }
    }
}

/// The check sum of pieces of the guest's memory; never 0.
pub(super) fn sum(pieces: &[Piece], memory: &dyn Memory) -> u32 {
    let mut hasher = Hasher::new();
    for_each_chunk(pieces, memory, |chunk| hasher.bytes(chunk));
    (hasher.finish() as u32).max(1)
}
