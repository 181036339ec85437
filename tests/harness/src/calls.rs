//! The calls of small C programs.

use ashore_base::Addr;
use ashore_engine::jit::Thread;
use ashore_isa::aarch64::state;
use ashore_sys::Mapping;

const ENOSYS: u64 = 38;
const ENOTTY: u64 = 25;
const SPACE: u64 = 1 << 30;

/// Answers calls.
pub(super) struct Calls {
    brk: u64,
    brk_start: u64,
}

/// Calls that the host answers as they are: the guest's number and the host's.
const SAME: &[(u64, u64)] = &[
    (57, 3),    // close
    (62, 8),    // lseek
    (63, 0),    // read
    (64, 1),    // write
    (66, 20),   // writev
    (113, 228), // clock_gettime
    (172, 39),  // getpid
    (173, 110), // getppid
    (178, 186), // gettid
    (215, 11),  // munmap
    (226, 10),  // mprotect
    (233, 28),  // madvise
    (278, 318), // getrandom
];

impl Calls {
    pub(super) fn new(end: u64) -> Calls {
        let mapping = Mapping { at: Addr(end), len: SPACE, prot: 3, flags: 0x4022, fd: -1, offset: 0 };
        let brk = ashore_sys::map(&mapping).map_or(0, |addr| addr.0);
        Calls { brk, brk_start: brk }
    }

    /// Answers the call in the thread's registers; the exit code if it ends.
    pub(super) fn answer(&mut self, thread: &mut Thread) -> Result<Option<u8>, String> {
        let x = |number| thread.get(state::x(number));
        let (number, args) = (x(8), [x(0), x(1), x(2), x(3), x(4), x(5)]);
        let result = match number {
            93 | 94 => return Ok(Some(args[0] as u8)),
            29 => ENOTTY.wrapping_neg(),
            96 | 178 => 1,
            134 | 135 => 0,
            214 => {
                if (self.brk_start..self.brk_start + SPACE).contains(&args[0]) {
                    self.brk = args[0];
                }
                self.brk
            }
            222 => host(9, args),
            other => match SAME.iter().find(|(guest, _)| *guest == other) {
                Some((_, same)) => host(*same, args),
                None => {
                    eprintln!("ashore-harness: call {other} is not known");
                    ENOSYS.wrapping_neg()
                }
            },
        };
        thread.set(state::x(0), result);
        Ok(None)
    }
}

fn host(number: u64, args: [u64; 6]) -> u64 {
    match ashore_sys::call(number, args) {
        Ok(value) => value,
        Err(errno) => (-i64::from(errno.0)) as u64,
    }
}
