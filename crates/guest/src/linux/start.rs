//! A program's start-up stack, which is the same on every CPU but for a few entries of the auxiliary vector.

use crate::StartRequest;
use alloc::vec::Vec;
use ashore_base::{Addr, PAGE_SIZE};
use ashore_pivot::layout::auxv;
use ashore_pivot::{Errno, Memory};

/// What the stack tells of the CPU.
#[derive(Clone, Copy, Debug)]
pub struct Platform {
    /// The string of `AT_PLATFORM`.
    pub name: &'static str,
    /// The least size of a signal stack that holds every frame, where the system tells it.
    pub min_signal_stack: Option<u64>,
}

/// How many ticks a second has, as `times` counts.
const CLOCK_TICKS: u64 = 100;

/// The strings, written from the stack's top downwards.
struct Strings<'a> {
    at: Addr,
    floor: Addr,
    memory: &'a dyn Memory,
}

impl Strings<'_> {
    /// Writes a string and its zero.
    fn push(&mut self, bytes: &[u8]) -> Result<u64, Errno> {
        let len = bytes.len() as u64 + 1;
        // Half of what is left stays free: the program needs room too.
        if len > self.at.0.saturating_sub(self.floor.0) / 2 {
            return Err(Errno::E2BIG);
        }
        self.at = self.at.minus(len);
        self.memory.write(self.at, bytes)?;
        self.memory.write(self.at.plus(len - 1), &[0])?;
        Ok(self.at.0)
    }

    /// Writes strings so that they ascend, and gives back where they are.
    fn push_all(&mut self, strings: &[Vec<u8>]) -> Result<Vec<u64>, Errno> {
        let mut at = strings.iter().rev().map(|string| self.push(string)).collect::<Result<Vec<_>, _>>()?;
        at.reverse();
        Ok(at)
    }
}

/// Writes strings, auxiliary vector, environment, arguments and their count downwards from the stack's top; gives back the
/// stack pointer, a multiple of 16, where the count is.
pub fn place(platform: &Platform, request: &StartRequest<'_>, memory: &dyn Memory) -> Result<Addr, Errno> {
    let mut strings = Strings { at: request.stack.end.minus(16), floor: request.stack.start, memory };
    let name = strings.push(request.program)?;
    let env = strings.push_all(request.env)?;
    let args = strings.push_all(request.args)?;
    let platform_name = strings.push(platform.name.as_bytes())?;
    let random = strings.push(&request.random)?;
    let mut words = alloc::vec![request.args.len() as u64];
    words.extend(args);
    words.push(0);
    words.extend(env);
    words.push(0);
    for (kind, value) in vector(platform, request, [name, platform_name, random]) {
        words.extend([kind, value]);
    }
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    if bytes.len() as u64 > strings.at.0.saturating_sub(request.stack.start.0) / 2 {
        return Err(Errno::E2BIG);
    }
    let sp = strings.at.minus(bytes.len() as u64).align_down(16);
    memory.write(sp, &bytes)?;
    Ok(sp)
}

/// The auxiliary vector behind the count of arguments that the stack pointer is at.
pub fn auxv(sp: Addr, memory: &dyn Memory) -> Vec<u8> {
    /// The most words that are looked at.
    const MOST: usize = 1 << 20;
    let word = |at: usize| {
        let mut bytes = [0; 8];
        memory.read(sp.plus(at as u64 * 8), &mut bytes).map(|()| u64::from_le_bytes(bytes)).unwrap_or(0)
    };
    // Arguments and environment end with a zero each.
    let args = word(0).min(MOST as u64) as usize;
    let first_env = args + 2;
    let envs = (first_env..first_env + MOST).take_while(|at| word(*at) != 0).count();
    let mut at = first_env + envs + 1;
    let mut bytes = Vec::new();
    loop {
        let (kind, value) = (word(at), word(at + 1));
        bytes.extend(kind.to_le_bytes());
        bytes.extend(value.to_le_bytes());
        if kind == auxv::AT_NULL || bytes.len() > MOST {
            return bytes;
        }
        at += 2;
    }
}

/// The auxiliary vector, in the kernel's order.
fn vector(
    platform: &Platform,
    request: &StartRequest<'_>,
    [name, platform_name, random]: [u64; 3],
) -> impl Iterator<Item = (u64, u64)> {
    let [uid, euid, gid, egid] = request.ids.map(u64::from);
    let shared_page = (!request.shared_page.is_null()).then_some((auxv::AT_SYSINFO_EHDR, request.shared_page.0));
    let signal_stack = platform.min_signal_stack.map(|len| (auxv::AT_MINSIGSTKSZ, len));
    let everywhere = [
        (auxv::AT_HWCAP, request.hwcap[0]),
        (auxv::AT_PAGESZ, PAGE_SIZE),
        (auxv::AT_CLKTCK, CLOCK_TICKS),
        (auxv::AT_PHDR, request.headers.0),
        (auxv::AT_PHENT, request.header_size),
        (auxv::AT_PHNUM, request.header_count),
        (auxv::AT_BASE, request.base.0),
        (auxv::AT_FLAGS, 0),
        (auxv::AT_ENTRY, request.entry.0),
        (auxv::AT_UID, uid),
        (auxv::AT_EUID, euid),
        (auxv::AT_GID, gid),
        (auxv::AT_EGID, egid),
        (auxv::AT_SECURE, 0),
        (auxv::AT_RANDOM, random),
        (auxv::AT_HWCAP2, request.hwcap[1]),
        (auxv::AT_EXECFN, name),
        (auxv::AT_PLATFORM, platform_name),
        (auxv::AT_NULL, 0),
    ];
    shared_page.into_iter().chain(signal_stack).chain(everywhere)
}
