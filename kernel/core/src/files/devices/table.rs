//! The devices.

use super::DeviceRow;
use super::simple::{full, null, random, zero};
use crate::files::console::open_console;
use crate::files::tty::open_own;
use crate::files::tty::pair::open_master;

/// Every character device with a name in `/dev`. Numbers: `Documentation/admin-guide/devices.txt` of Linux.
pub static DEVICES: &[DeviceRow] = &[
    DeviceRow { name: "null", numbers: (1, 3), mode: 0o666, open: null },
    DeviceRow { name: "zero", numbers: (1, 5), mode: 0o666, open: zero },
    DeviceRow { name: "full", numbers: (1, 7), mode: 0o666, open: full },
    DeviceRow { name: "random", numbers: (1, 8), mode: 0o666, open: random },
    DeviceRow { name: "tty", numbers: (5, 0), mode: 0o666, open: open_own },
    DeviceRow { name: "console", numbers: (5, 1), mode: 0o600, open: open_console },
    DeviceRow { name: "ptmx", numbers: (5, 2), mode: 0o666, open: open_master },
    DeviceRow { name: "urandom", numbers: (1, 9), mode: 0o666, open: random },
];

/// The links in `/dev`.
pub static LINKS: &[(&str, &str)] = &[
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
];
