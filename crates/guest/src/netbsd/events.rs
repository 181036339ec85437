//! kqueue: numbers of filters and units of timers. Source: `sys/event.h`.

use crate::bsd::events::filters::timer::Units;
use crate::bsd::events::{Filter, Words};

/// The values of this system.
pub static WORDS: Words = Words {
    filters: &[
        (0, Filter::Read),
        (1, Filter::Write),
        (3, Filter::Vnode),
        (4, Filter::Proc),
        (5, Filter::Signal),
        (6, Filter::Timer),
        (8, Filter::User),
    ],
    timer: Units {
        mask: 0x3,
        units: &[(0, 1_000_000), (1, 1_000_000_000), (2, 1_000), (3, 1)],
        absolute: 0x10,
        refuses_zero: true,
        restarts: true,
    },
    keeps_add: true,
    changes_by_any: false,
    delete_beats_add: false,
    has_receipt: true,
    unlink_note: 0x10,
    skips_zero: false,
};
