//! Running another program.
//!
//! Everything that can fail is done in an address space of its own first ([`prepare`]): until the old program is gone it
//! can be told. Segments are mapped from the file's own pages, so a program that came with the machine is never copied.

mod elf;
mod first;
mod load;
mod script;
mod source;
#[cfg(test)]
mod tests;
pub(crate) mod vdso;

use crate::files::walk::{From, Last, walk};
use crate::files::{EXECUTE, Kind, Spot, Visitor};
use crate::kernel::Kernel;
use crate::limits::{Limits, STACK};
use crate::memory::{Flags, MapRequest, Mapped, Physical, Place, Prot, Space, TASK_END};
use crate::process::StartedWith;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_guest::StartRequest;
use ashore_guest::linux::{arm64, start as record};
use ashore_pivot::{Errno, Memory};
use load::{Loaded, Role};
use source::Source;

/// Scripts that may be run by scripts.
const MOST_SCRIPTS: usize = 5;
/// The longest argument, its zero included (`MAX_ARG_STRLEN`).
pub(crate) const LONGEST_ARG: usize = 32 * PAGE_SIZE as usize;
/// What arguments and environment may take at most, whatever the stack's limit is, and at least.
const MOST_ARGS: u64 = 6 << 20;
const LEAST_ARGS: u64 = LONGEST_ARG as u64;
/// How many there may be: the kernel keeps them in one piece each for a moment.
pub(crate) const ARGS_COUNT: usize = 32_768;
/// The stack a program begins with; it grows.
const FIRST_STACK: u64 = 33 * PAGE_SIZE;
/// What a stack without a limit is taken for.
const LARGE_STACK: u64 = 64 << 20;

/// Why a program cannot be run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fail {
    /// The old one is told.
    Errno(Errno),
    /// The old one is gone by then: the process dies of `SIGSEGV`.
    Fatal,
}

impl core::convert::From<Errno> for Fail {
    fn from(errno: Errno) -> Fail {
        Fail::Errno(errno)
    }
}

/// Who looks for files, and from where.
#[derive(Debug)]
pub(crate) struct Finder<'a> {
    pub(crate) visitor: Visitor<'a>,
    pub(crate) from: From,
}

/// What to run.
#[derive(Debug)]
pub(crate) struct Wish {
    /// The file.
    pub(crate) spot: Spot,
    /// The path it is known by.
    pub(crate) path: Vec<u8>,
    pub(crate) args: Vec<Vec<u8>>,
    pub(crate) env: Vec<Vec<u8>>,
}

/// Of a process: what its program is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(crate) limits: Limits,
    /// Real and effective user, real and effective group.
    pub(crate) ids: [u32; 4],
}

/// A program ready to be run.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) space: Arc<Space>,
    pub(crate) entry: Addr,
    pub(crate) sp: Addr,
    /// The path of the file that runs, of an interpreter of scripts if need be.
    pub(crate) program: Vec<u8>,
    /// What the thread is called.
    pub(crate) name: [u8; 16],
    pub(crate) started_with: StartedWith,
    pub(crate) auxv: Vec<u8>,
}

impl Finder<'_> {
    fn find(&self, path: &[u8]) -> Result<Spot, Errno> {
        walk(&self.visitor, &self.from, path, Last::Follow)?.spot()
    }

    /// A file as something to run.
    fn open(&self, spot: &Spot) -> Result<Arc<Mapped>, Errno> {
        if spot.node.kind() != Kind::Regular {
            return Err(Errno::EACCES);
        }
        self.visitor.check(&*spot.node, EXECUTE)?;
        let status = spot.node.status();
        let path = spot.path(&self.from.root, &self.visitor);
        let (pages, spot) = (spot.node.pages()?, Some(spot.clone()));
        Ok(Arc::new(Mapped { pages, device: status.device, inode: status.inode, path, spot }))
    }
}

/// How many bytes arguments and environment may take, pointers included.
pub(crate) fn args_room(physical: &Physical, limits: &Limits) -> u64 {
    let memory = physical.total as u64 * PAGE_SIZE / 16;
    (limits.soft(STACK) / 4).clamp(LEAST_ARGS, MOST_ARGS).min(memory.max(LEAST_ARGS))
}

/// Loads a program into an address space of its own.
pub(crate) fn prepare(kernel: &Kernel, finder: &Finder<'_>, mut wish: Wish, owner: &Owner) -> Result<Ready, Fail> {
    let physical = kernel.physical;
    let mapped = script(physical, finder, &mut wish)?;
    let executable = load::read(physical, &mapped)?;
    let interpreter = match &executable.interpreter {
        None => None,
        Some(path) => {
            let mapped = finder.open(&finder.find(path)?)?;
            let executable = load::read(physical, &mapped).map_err(|errno| match errno {
                Errno::ENOEXEC => Errno::ELIBBAD,
                other => other,
            })?;
            Some((mapped, executable))
        }
    };
    let space = Space::new(physical).map_err(|_| Errno::ENOMEM)?;
    space.set_limits(&owner.limits);
    let fatal = |_| Fail::Fatal;
    let loaded = load::load(&space, &mapped, &executable, Role::Program).map_err(fatal)?;
    let stack = map_stack(&space, &owner.limits, executable.has_executable_stack).map_err(fatal)?;
    let interpreter = match interpreter {
        Some((mapped, executable)) => Some(load::load(&space, &mapped, &executable, Role::Interpreter).map_err(fatal)?),
        None => None,
    };
    let shared_page = kernel.vdso.map(&space).map_err(fatal)?;
    space.set_heap(loaded.end);
    let mut random = [0; 16];
    physical.machine.random(&mut random);
    let request = request(&loaded, interpreter.as_ref(), &wish, stack);
    let hwcap = [physical.machine.capabilities(), 0];
    let cpus = physical.machine.cpus() as u64;
    let request = StartRequest { random, hwcap, cpus, shared_page, ids: owner.ids, ..request };
    let sp = record::place(&arm64::PLATFORM, &request, &*space)?;
    space.set_stack(sp);
    let auxv = auxv(&space, sp, wish.args.len() + wish.env.len());
    Ok(Ready {
        entry: interpreter.map_or(loaded.entry, |interpreter| interpreter.entry),
        sp,
        program: mapped.path.clone(),
        name: name(&wish.path),
        started_with: started_with(&space, sp, &wish),
        auxv,
        space,
    })
}

/// Follows scripts to the program that runs them; the arguments change on the way.
fn script(physical: &'static Physical, finder: &Finder<'_>, wish: &mut Wish) -> Result<Arc<Mapped>, Errno> {
    let mut mapped = finder.open(&wish.spot)?;
    let mut path = wish.path.clone();
    for _ in 0..=MOST_SCRIPTS {
        let mut start = [0; script::LOOKED_AT];
        Source { physical, mapped: &mapped }.read(0, &mut start)?;
        let Some(line) = script::read(&start) else { return Ok(mapped) };
        let line = line?;
        let before = [Some(line.program), line.argument, Some(path.as_slice())];
        let before: Vec<Vec<u8>> = before.into_iter().flatten().map(<[u8]>::to_vec).collect();
        // The script's path takes the place of what the caller called it.
        let named = wish.args.len().min(1);
        wish.args.splice(..named, before);
        path = line.program.to_vec();
        mapped = finder.open(&finder.find(&path)?)?;
    }
    Err(Errno::ELOOP)
}

/// The stack; the part of it that may be written.
fn map_stack(space: &Space, limits: &Limits, is_executable: bool) -> Result<AddrRange, Errno> {
    let end = Addr(TASK_END);
    let execute = if is_executable { Prot::EXECUTE } else { Prot::NONE };
    space.map(&MapRequest {
        place: Place::Fixed(end.minus(FIRST_STACK)),
        prot: Prot::READ | Prot::WRITE | execute,
        flags: Flags::GROWS_DOWN,
        ..MapRequest::plain(FIRST_STACK)
    })?;
    let most = limits.soft(STACK).clamp(FIRST_STACK, LARGE_STACK);
    Ok(AddrRange { start: end.minus(most), end })
}

fn request<'a>(loaded: &Loaded, interpreter: Option<&Loaded>, wish: &'a Wish, stack: AddrRange) -> StartRequest<'a> {
    StartRequest {
        entry: loaded.entry,
        first: interpreter.map_or(loaded.entry, |interpreter| interpreter.entry),
        stack,
        args: &wish.args,
        env: &wish.env,
        program: &wish.path,
        headers: loaded.headers,
        header_count: loaded.header_count,
        header_size: loaded.header_len,
        base: Addr(interpreter.map_or(0, |interpreter| interpreter.bias)),
        random: [0; 16],
        ids: [0; 4],
        cpus: 1,
        hwcap: [0; 2],
        shared_page: Addr::NULL,
    }
}

/// Where the strings are: they lie one after the other, and the start-up record points to the first.
fn started_with(space: &Space, sp: Addr, wish: &Wish) -> StartedWith {
    let len = |strings: &[Vec<u8>]| strings.iter().map(|string| string.len() as u64 + 1).sum::<u64>();
    let at = |word: usize| space.read_u64(sp.plus(word as u64 * 8)).map_or(Addr::NULL, Addr);
    let range = |start: Addr, strings: &[Vec<u8>]| AddrRange { start, end: start.plus(len(strings)) };
    let args = range(at(1), &wish.args);
    let env = if wish.env.is_empty() { args.end } else { at(wish.args.len() + 2) };
    StartedWith { args, env: range(env, &wish.env), stack: sp }
}

/// The auxiliary vector as the start-up record has it.
fn auxv(space: &Space, sp: Addr, strings: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    // The count, the pointers and the two null pointers after them.
    let mut at = sp.plus((strings as u64 + 3) * 8);
    let mut pair = [0; 16];
    while Memory::read(space, at, &mut pair).is_ok() {
        bytes.extend(pair);
        at = at.plus(16);
        if pair.starts_with(&[0; 8]) {
            break;
        }
    }
    bytes
}

/// What a thread is called that runs a path: as much of its last name as there is room for.
fn name(path: &[u8]) -> [u8; 16] {
    let last = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    let mut name = [0; 16];
    name.iter_mut().take(15).zip(last).for_each(|(to, byte)| *to = *byte);
    name
}
