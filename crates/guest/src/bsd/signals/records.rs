//! Small signal records: sets, actions, alternate stacks, wait statuses.

use super::Words;
use crate::{AltStack, SaFlags};

/// How many bytes a set has.
pub const SET_LEN: u64 = 16;
/// How many bytes an alternate stack's record has: pointer, size, flags.
pub const STACK_LEN: usize = 24;
/// The thread is on the stack now.
pub const SS_ONSTACK: u32 = 1;
/// There is no stack.
pub const SS_DISABLE: u32 = 4;

/// The places in `struct sigaction`, which has 32 bytes and starts with the handler.
#[derive(Debug, Clone, Copy)]
pub struct ActionLayout {
    /// Where the mask is.
    pub mask: u64,
    /// Where the flags are.
    pub flags: u64,
}

/// How many bytes an action's record has.
pub const ACTION_LEN: usize = 32;

/// An action's flags: (the BSDs' bit, Linux's).
const FLAGS: &[(u32, u32)] = &[
    (0x01, SaFlags::ONSTACK),
    (0x02, SaFlags::RESTART),
    (0x04, SaFlags::RESETHAND),
    (0x08, SaFlags::NOCLDSTOP),
    (0x10, SaFlags::NODEFER),
    (0x20, SaFlags::NOCLDWAIT),
    (0x40, SaFlags::SIGINFO),
];

/// Linux's flags of an action from the BSDs'; bits nobody knows are dropped, as the kernels do.
pub fn flags_to_linux(flags: u32) -> SaFlags {
    SaFlags(FLAGS.iter().filter(|(own, _)| flags & own != 0).fold(0, |bits, (_, linux)| bits | linux))
}

/// The BSDs' flags of an action from Linux's.
pub fn flags_from_linux(flags: SaFlags) -> u32 {
    FLAGS.iter().filter(|(_, linux)| flags.has(*linux)).fold(0, |bits, (own, _)| bits | own)
}

/// The record of an alternate stack.
pub fn stack_record(stack: AltStack, on_it: bool) -> [u8; STACK_LEN] {
    let flags = match (stack.len, on_it) {
        (0, _) => SS_DISABLE,
        (_, true) => SS_ONSTACK,
        (_, false) => 0,
    };
    let mut bytes = [0; STACK_LEN];
    for (place, word) in bytes.chunks_exact_mut(8).zip([stack.base.0, stack.len, u64::from(flags)]) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// What Linux's wait status says of a continued process.
const LINUX_CONTINUED: u32 = 0xffff;
/// The low byte of a stopped process's status.
const STOPPED: u32 = 0x7f;
/// A core was dumped.
const CORE: u32 = 0x80;

impl Words {
    /// The guest's wait status from Linux's: exit codes stay, signal numbers are translated.
    pub fn status_from_linux(&self, status: u32) -> u32 {
        let own = |number: u32| {
            let signal = ashore_pivot::Signal::new(u64::from(number));
            signal.map_or(number, |signal| self.map.from_linux(signal))
        };
        if status == LINUX_CONTINUED {
            return self.continued;
        }
        match status & STOPPED {
            0 => status,
            STOPPED => own(status >> 8 & 0xff) << 8 | STOPPED,
            number => own(number) | status & CORE,
        }
    }
}
