//! The start-up record: strings, vectors and the auxiliary vector at the top of the main stack.
//!
//! From the top down: `ps_strings`, the program's path, the canary, the page sizes, the strings, the
//! auxiliary vector, the environment's and the arguments' pointers, the argument count. No word of
//! Linux's auxiliary vector comes through: its numbers mean other things here.

use crate::StartRequest;
use alloc::vec::Vec;
use ashore_base::{Addr, PAGE_SIZE};
use ashore_pivot::{Errno, Memory};

/// A system's auxiliary vector without the ending pair.
pub type Vector = fn(&StartRequest<'_>, &Placed) -> Vec<(u64, u64)>;

/// What a system wants at the start of a program on a CPU whose registers are `R`.
pub struct StartWords<R> {
    /// What the program is told.
    pub auxv: Vector,
    /// Sets the registers that are not zero.
    pub registers: fn(&mut R, &Placed),
}

/// Where the record's parts went.
#[derive(Debug, Default, Clone, Copy)]
pub struct Placed {
    /// The argument count, where the stack starts.
    pub record: Addr,
    /// The pointers to the arguments.
    pub argv: Addr,
    /// The pointers to the environment.
    pub envp: Addr,
    /// `struct ps_strings`: arguments, their count, environment, its count.
    pub ps_strings: Addr,
    /// The program's path.
    pub exec_path: Addr,
    /// Random bytes for the stack protector.
    pub canary: Addr,
    /// The sizes a page can have, 8 bytes each.
    pub page_sizes: Addr,
}

/// How many bytes `struct ps_strings` has.
const PS_STRINGS_LEN: u64 = 32;
/// How many bytes of randomness the canary has.
pub const CANARY_LEN: u64 = 64;
/// The sizes a page can have: ordinary ones and 2 MiB.
const PAGE_SIZES: [u64; 2] = [PAGE_SIZE, 2 << 20];
/// How many bytes those take.
pub const PAGE_SIZES_LEN: u64 = 16;

/// Bytes put under each other, from the top of the stack down.
struct Stack<'a> {
    at: Addr,
    floor: Addr,
    memory: &'a dyn Memory,
}

impl Stack<'_> {
    fn push(&mut self, bytes: &[u8], align: u64) -> Result<Addr, Errno> {
        let room = self.at.0.saturating_sub(self.floor.0);
        if bytes.len() as u64 + align > room {
            return Err(Errno::E2BIG);
        }
        self.at = self.at.minus(bytes.len() as u64).align_down(align);
        self.memory.write(self.at, bytes)?;
        Ok(self.at)
    }

    fn push_words(&mut self, words: &[u64], align: u64) -> Result<Addr, Errno> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.push(&bytes, align)
    }

    fn push_strings(&mut self, strings: &[Vec<u8>]) -> Result<Vec<u64>, Errno> {
        let mut bytes = Vec::new();
        let mut offsets = Vec::new();
        for string in strings {
            offsets.push(bytes.len() as u64);
            bytes.extend_from_slice(string);
            bytes.push(0);
        }
        let base = self.push(&bytes, 1)?;
        Ok(offsets.iter().map(|offset| base.plus(*offset).0).collect())
    }
}

/// Writes the record.
pub fn place(auxv: Vector, request: &StartRequest<'_>, memory: &dyn Memory) -> Result<Placed, Errno> {
    // The record may take half of the stack; a program needs the rest.
    let floor = Addr(request.stack.start.0 + request.stack.len() / 2);
    let mut stack = Stack { at: request.stack.end.align_down(16), floor, memory };
    let mut placed = Placed { ps_strings: stack.push(&[0; PS_STRINGS_LEN as usize], 8)?, ..Placed::default() };
    let mut path = request.program.to_vec();
    path.push(0);
    placed.exec_path = stack.push(&path, 8)?;
    placed.canary = stack.push(&canary(request.random), 8)?;
    placed.page_sizes = stack.push_words(&PAGE_SIZES, 8)?;
    // The environment's strings stand over the arguments', as setproctitle and its like expect.
    let mut env = stack.push_strings(request.env)?;
    let mut args = stack.push_strings(request.args)?;
    let (argc, envc) = (args.len() as u64, env.len() as u64);
    env.push(0);
    args.push(0);

    // The auxiliary vector names the places of the vectors under it, so its length comes first.
    let pairs = auxv(request, &placed).len() as u64 + 1;
    let len = 8 * (1 + args.len() as u64 + env.len() as u64 + 2 * pairs);
    placed.record = stack.at.minus(len).align_down(16);
    placed.argv = placed.record.plus(8);
    placed.envp = placed.argv.plus(8 * args.len() as u64);
    let mut record = Vec::new();
    record.push(argc);
    record.append(&mut args);
    record.append(&mut env);
    for (tag, value) in auxv(request, &placed) {
        record.extend([tag, value]);
    }
    record.extend([0, 0]);
    stack.push_words(&record, 16)?;

    let ps_strings = [placed.argv.0, argc, placed.envp.0, envc].map(u64::to_le_bytes);
    memory.write(placed.ps_strings, ps_strings.as_flattened())?;
    Ok(placed)
}

/// The canary's bytes from the 16 random ones there are: a xorshift over them, good enough for a value
/// whose only use is to be unknown to an attacker of the guest.
fn canary(random: [u8; 16]) -> [u8; CANARY_LEN as usize] {
    let (low, high) = random.split_at(8);
    let word = |bytes: &[u8]| bytes.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
    let (mut a, mut b) = (word(low) | 1, word(high));
    let mut bytes = [0; CANARY_LEN as usize];
    for chunk in bytes.chunks_exact_mut(8) {
        a ^= a << 23;
        a ^= a >> 17;
        a ^= b ^ (b >> 26);
        (a, b) = (b, a);
        chunk.copy_from_slice(&a.wrapping_add(b).to_le_bytes());
    }
    bytes
}
