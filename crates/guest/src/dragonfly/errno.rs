//! Error numbers of this system.

use crate::bsd::errno::{Map, NONE, Own};
use ashore_pivot::Errno;

/// The numbers past those all BSDs have.
static OWN: &[Own] = &[
    (Errno::EIDRM, 82, "EIDRM"),
    (Errno::ENOMSG, 83, "ENOMSG"),
    (Errno::EOVERFLOW, 84, "EOVERFLOW"),
    (Errno::ECANCELED, 85, "ECANCELED"),
    (Errno::EILSEQ, 86, "EILSEQ"),
    (NONE, 87, "ENOATTR"),
    (NONE, 88, "EDOOFUS"),
    (Errno::EBADMSG, 89, "EBADMSG"),
    (Errno::EMULTIHOP, 90, "EMULTIHOP"),
    (Errno::ENOLINK, 91, "ENOLINK"),
    (Errno::EPROTO, 92, "EPROTO"),
    (Errno::ENOMEDIUM, 93, "ENOMEDIUM"),
    (NONE, 94, "EUNUSED94"),
    (NONE, 95, "EUNUSED95"),
    (NONE, 96, "EUNUSED96"),
    (NONE, 97, "EUNUSED97"),
    (NONE, 98, "EUNUSED98"),
    (NONE, 99, "EASYNC"),
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
