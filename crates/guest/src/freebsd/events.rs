//! kqueue: numbers of filters and units of timers. Source: `sys/event.h`.

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
        (-11, Filter::User),
    ],
    timer: Units {
        mask: 0xf,
        units: &[(0, 1_000_000), (1, 1_000_000_000), (2, 1_000_000), (4, 1_000), (8, 1)],
        absolute: 0x10,
        refuses_zero: false,
        restarts: true,
    },
    keeps_add: false,
    changes_by_any: true,
    delete_beats_add: true,
    has_receipt: true,
    unlink_note: 0x1,
    skips_zero: true,
};
