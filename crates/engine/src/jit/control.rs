//! The host's floating-point control and status, for the guest's.

use ashore_ir::Round;
use ashore_ir::float::{Control, Exceptions};

/// All exceptions masked but the invalid one.
const MASKS: u32 = 0x1f00;
/// What is stopped at when numbers too small to be normal are zero to the guest, results and operands: the host flushes them
/// too, but after rounding, and does not tell of operands. To it a division by zero matters more than what is divided.
const STOPS_TINY: u32 = 0x0b00;
/// Then this is stopped at too until the guest's status has it: to the host, what is made zero is inexact.
const STOPS_INEXACT: u32 = 0x1000;
/// How far above each exception's bit the one is that keeps it from stopping anything.
const TO_MASKS: u32 = 7;
/// Each exception's bit on the host, and what it is.
///
/// Invalid is not among them: what raises it on the host is evaluated, and may not be invalid for the guest.
const STICKY: [(u32, Exceptions); 4] = [
    (4, Exceptions::DIVIDE_BY_ZERO),
    (8, Exceptions::OVERFLOW),
    (16, Exceptions::UNDERFLOW),
    (32, Exceptions::INEXACT),
];
/// All exceptions.
const RAISED: u32 = 63;

/// The host's register for the guest's control and status; what `old` has of exceptions stays.
pub(super) fn host_control(control: Control, status: Exceptions, old: u32) -> u32 {
    let round = match control.round {
        Round::Down => 1 << 13,
        Round::Up => 2 << 13,
        Round::Zero => 3 << 13,
        Round::Guest | Round::Even | Round::Away | Round::Odd => 0,
    };
    let stops = match (control.flush, status.has(Exceptions::INEXACT)) {
        (false, _) => 0,
        (true, false) => STOPS_TINY | STOPS_INEXACT,
        (true, true) => STOPS_TINY,
    };
    MASKS & !stops | round | old & RAISED
}

/// Whether the host's register has exceptions that are to be looked at.
#[inline]
pub(super) fn has_raised(mxcsr: u32) -> bool {
    STICKY.iter().any(|(bit, _)| mxcsr & bit != 0)
}

/// What was raised without stopping. Exceptions that stop are told by who evaluates what they stopped.
pub(super) fn raised(mxcsr: u32) -> Exceptions {
    let told = mxcsr & mxcsr >> TO_MASKS;
    let mut raised = Exceptions::default();
    for (bit, exception) in STICKY {
        if told & bit != 0 {
            raised.raise(exception);
        }
    }
    raised
}

/// The host's register with nothing raised.
pub(super) const fn without_raised(mxcsr: u32) -> u32 {
    mxcsr & !RAISED
}
