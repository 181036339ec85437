//! Error numbers of this system.

use crate::bsd::errno::{Map, NONE, Own};
use ashore_pivot::Errno;

/// The numbers past those all BSDs have.
static OWN: &[Own] = &[
    (Errno::EIDRM, 82, "EIDRM"),
    (Errno::ENOMSG, 83, "ENOMSG"),
    (Errno::EOVERFLOW, 84, "EOVERFLOW"),
    (Errno::EILSEQ, 85, "EILSEQ"),
    (NONE, 86, "ENOTSUP"),
    (Errno::ECANCELED, 87, "ECANCELED"),
    (Errno::EBADMSG, 88, "EBADMSG"),
    (Errno::ENODATA, 89, "ENODATA"),
    (Errno::ENOSR, 90, "ENOSR"),
    (Errno::ENOSTR, 91, "ENOSTR"),
    (Errno::ETIME, 92, "ETIME"),
    (NONE, 93, "ENOATTR"),
    (Errno::EMULTIHOP, 94, "EMULTIHOP"),
    (Errno::ENOLINK, 95, "ENOLINK"),
    (Errno::EPROTO, 96, "EPROTO"),
    (Errno::EOWNERDEAD, 97, "EOWNERDEAD"),
    (Errno::ENOTRECOVERABLE, 98, "ENOTRECOVERABLE"),
];

static MAP: Map = Map::new(OWN);

/// The guest's number of a Linux error.
pub fn from_linux(errno: Errno) -> u16 {
    MAP.from_linux(errno)
}

/// The name of one of this system's error numbers.
pub fn name(number: u16) -> Option<&'static str> {
    MAP.name(number)
}
