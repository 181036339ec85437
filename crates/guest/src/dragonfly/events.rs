//! kqueue: numbers of filters and units of timers. Source: `sys/event.h`, Go's generated files.

use crate::bsd::events::filters::timer::Units;
use crate::bsd::events::{Filter, Words};

/// The values of this system.
pub static WORDS: Words = Words {
    filters: &[
        (-1, Filter::Read),
        (-2, Filter::Write),
        (-4, Filter::Vnode),
        (-5, Filter::Proc),
        (-6, Filter::Signal),
        (-7, Filter::Timer),
        (-8, Filter::Except),
        (-9, Filter::User),
    ],
    timer: Units { mask: 0, units: &[(0, 1_000_000)], absolute: 0, refuses_zero: false, restarts: false },
    keeps_add: true,
    changes_by_any: false,
    delete_beats_add: false,
    has_receipt: true,
    unlink_note: 0x1,
    skips_zero: false,
};
