//! What a call's function gets, and what it answers.

use crate::{Kernel, Os, State, Thread};
use alloc::vec;
use alloc::vec::Vec;
use ashore_base::Addr;
use ashore_pivot::{Arg, Errno, Linux, Memory, Sys};

/// The words of a call, in the guest's order. Words past the registers were read from the stack.
pub type Args = [u64; 8];

/// What a call leaves in the guest's registers when it succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// One result; the second result register keeps what it held.
    One(u64),
    /// Two results.
    Two(u64, u64),
    /// The registers come from the saved context at this address (sigreturn, setcontext).
    Resume(Addr),
    /// The registers are saved to a context at this address (getcontext), and the call returns 0.
    Save(Addr),
    /// The thread is over.
    ThreadOver,
}

impl From<u64> for Value {
    fn from(word: u64) -> Value {
        Value::One(word)
    }
}

/// Why a call failed, in Linux words or the guest's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fail {
    /// A Linux error number; the personality's map gives the guest's.
    Linux(Errno),
    /// The guest's own number, for errors Linux does not have.
    Own(u16),
}

impl From<Errno> for Fail {
    fn from(errno: Errno) -> Fail {
        Fail::Linux(errno)
    }
}

/// What a call's function answers.
pub type Answer = Result<Value, Fail>;

/// What a quick call may use.
pub struct Quick<'a> {
    /// The pivot, of which a quick call makes only what does not block.
    pub linux: &'a dyn Linux,
    /// The guest's memory.
    pub memory: &'a dyn Memory,
    /// What the personality itself remembers for this process.
    pub state: &'a State,
    /// The process.
    pub pid: i32,
}

/// Everything one call may use.
pub struct Ctx<'a> {
    /// The services of the process this thread belongs to, the pivot and the memory among them.
    pub kernel: &'a dyn Kernel,
    /// The calling thread.
    pub thread: &'a mut Thread,
    /// What the personality itself remembers for this process.
    pub state: &'a State,
    /// The system the program was built for.
    pub os: &'static Os,
}

impl Ctx<'_> {
    /// The pivot.
    pub fn linux(&self) -> &dyn Linux {
        self.kernel.linux()
    }

    /// A Linux call that does not block.
    pub fn call(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno> {
        self.linux().call(sys, words)
    }

    /// A Linux call with bytes of ours among its arguments.
    pub fn call_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno> {
        self.linux().call_with(sys, args)
    }

    /// A Linux call that may block; [`Errno::RESTART`] when a signal for the guest came.
    pub fn wait(&self, sys: Sys, words: [u64; 6]) -> Result<u64, Errno> {
        self.linux().wait(sys, words)
    }

    /// The same with bytes of ours among its arguments.
    pub fn wait_with(&self, sys: Sys, args: &mut [Arg<'_>]) -> Result<u64, Errno> {
        self.linux().wait_with(sys, args)
    }

    /// `N` bytes of the guest's memory.
    pub fn read<const N: usize>(&self, at: Addr) -> Result<[u8; N], Errno> {
        let mut bytes = [0; N];
        self.kernel.memory().read(at, &mut bytes)?;
        Ok(bytes)
    }

    /// `len` bytes of the guest's memory; `EINVAL` over 16 MiB, so that a wild length allocates nothing.
    pub fn read_vec(&self, at: Addr, len: u64) -> Result<Vec<u8>, Errno> {
        if len > 16 << 20 {
            return Err(Errno::EINVAL);
        }
        let mut bytes = vec![0; len as usize];
        self.kernel.memory().read(at, &mut bytes)?;
        Ok(bytes)
    }

    /// A 32-bit word of the guest's memory.
    pub fn read_u32(&self, at: Addr) -> Result<u32, Errno> {
        Ok(u32::from_le_bytes(self.read(at)?))
    }

    /// A 64-bit word of the guest's memory.
    pub fn read_u64(&self, at: Addr) -> Result<u64, Errno> {
        Ok(u64::from_le_bytes(self.read(at)?))
    }

    /// Writes to the guest's memory.
    pub fn write(&self, at: Addr, bytes: &[u8]) -> Result<(), Errno> {
        self.kernel.memory().write(at, bytes)
    }

    /// The string at `at`, without its zero, at most `max` bytes long.
    pub fn cstr(&self, at: Addr, max: usize) -> Result<Vec<u8>, Errno> {
        let len = self.kernel.memory().cstr_len(at, max)?;
        self.read_vec(at, len as u64)
    }

    /// The path at `at` as the host must be given it, with its zero: `--root` and the magic files of
    /// the guest's system (`/proc/curproc/...`) are applied here, so every call that takes a path
    /// takes it through this.
    pub fn path(&self, at: Addr) -> Result<Vec<u8>, Errno> {
        let path = self.cstr(at, 4095)?;
        let mut path = self.kernel.host_path(&path);
        path.push(0);
        Ok(path)
    }

    /// The same for a call that follows a link at the path's end.
    pub fn target(&self, at: Addr) -> Result<Vec<u8>, Errno> {
        let path = self.cstr(at, 4095)?;
        let mut path = self.kernel.host_target(&path);
        path.push(0);
        Ok(path)
    }

    /// What `call` says of the host's `path`, which ends in a zero, below the folder open as `dir`. The tree of `--root` and the
    /// host look like one: what is not found below a folder of the tree is asked for once more, by the absolute path it stands
    /// for. For calls that look at what there is.
    pub fn look_up(
        &self,
        dir: u64,
        path: &[u8],
        follows: bool,
        mut call: impl FnMut(&[u8]) -> Result<u64, Errno>,
    ) -> Result<u64, Errno> {
        let answer = call(path);
        let name = path.strip_suffix(&[0]).unwrap_or(path);
        if answer != Err(Errno::ENOENT) || name.is_empty() || name.starts_with(b"/") {
            return answer;
        }
        match self.kernel.host_path_beside(dir, name, follows) {
            Some(other) => call(&[&*other, &[0]].concat()),
            None => answer,
        }
    }

    /// Closes a descriptor that the guest has not seen.
    pub fn close(&self, fd: i32) {
        let _ = self.call(Sys::CLOSE, [fd as u64, 0, 0, 0, 0, 0]);
    }
}
