//! Error numbers: what the BSDs share, and how a system's own numbers join it.
//!
//! 1 to 34 are everywhere the same but for 11; 35 to 81 are the BSDs' own. Above that every system differs.

use ashore_pivot::Errno;

/// One number of a system: Linux's number, or 0 when Linux has no such error, the system's, its name.
pub type Own = (Errno, u16, &'static str);

/// Linux has no such error.
pub const NONE: Errno = Errno(0);

/// The numbers all BSDs have.
pub static COMMON: &[Own] = &[
    (Errno::EPERM, 1, "EPERM"),
    (Errno::ENOENT, 2, "ENOENT"),
    (Errno::ESRCH, 3, "ESRCH"),
    (Errno::EINTR, 4, "EINTR"),
    (Errno::EIO, 5, "EIO"),
    (Errno::ENXIO, 6, "ENXIO"),
    (Errno::E2BIG, 7, "E2BIG"),
    (Errno::ENOEXEC, 8, "ENOEXEC"),
    (Errno::EBADF, 9, "EBADF"),
    (Errno::ECHILD, 10, "ECHILD"),
    (Errno::EDEADLK, 11, "EDEADLK"),
    (Errno::ENOMEM, 12, "ENOMEM"),
    (Errno::EACCES, 13, "EACCES"),
    (Errno::EFAULT, 14, "EFAULT"),
    (Errno::ENOTBLK, 15, "ENOTBLK"),
    (Errno::EBUSY, 16, "EBUSY"),
    (Errno::EEXIST, 17, "EEXIST"),
    (Errno::EXDEV, 18, "EXDEV"),
    (Errno::ENODEV, 19, "ENODEV"),
    (Errno::ENOTDIR, 20, "ENOTDIR"),
    (Errno::EISDIR, 21, "EISDIR"),
    (Errno::EINVAL, 22, "EINVAL"),
    (Errno::ENFILE, 23, "ENFILE"),
    (Errno::EMFILE, 24, "EMFILE"),
    (Errno::ENOTTY, 25, "ENOTTY"),
    (Errno::ETXTBSY, 26, "ETXTBSY"),
    (Errno::EFBIG, 27, "EFBIG"),
    (Errno::ENOSPC, 28, "ENOSPC"),
    (Errno::ESPIPE, 29, "ESPIPE"),
    (Errno::EROFS, 30, "EROFS"),
    (Errno::EMLINK, 31, "EMLINK"),
    (Errno::EPIPE, 32, "EPIPE"),
    (Errno::EDOM, 33, "EDOM"),
    (Errno::ERANGE, 34, "ERANGE"),
    (Errno::EAGAIN, 35, "EAGAIN"),
    (Errno::EINPROGRESS, 36, "EINPROGRESS"),
    (Errno::EALREADY, 37, "EALREADY"),
    (Errno::ENOTSOCK, 38, "ENOTSOCK"),
    (Errno::EDESTADDRREQ, 39, "EDESTADDRREQ"),
    (Errno::EMSGSIZE, 40, "EMSGSIZE"),
    (Errno::EPROTOTYPE, 41, "EPROTOTYPE"),
    (Errno::ENOPROTOOPT, 42, "ENOPROTOOPT"),
    (Errno::EPROTONOSUPPORT, 43, "EPROTONOSUPPORT"),
    (Errno::ESOCKTNOSUPPORT, 44, "ESOCKTNOSUPPORT"),
    (Errno::EOPNOTSUPP, 45, "EOPNOTSUPP"),
    (Errno::EPFNOSUPPORT, 46, "EPFNOSUPPORT"),
    (Errno::EAFNOSUPPORT, 47, "EAFNOSUPPORT"),
    (Errno::EADDRINUSE, 48, "EADDRINUSE"),
    (Errno::EADDRNOTAVAIL, 49, "EADDRNOTAVAIL"),
    (Errno::ENETDOWN, 50, "ENETDOWN"),
    (Errno::ENETUNREACH, 51, "ENETUNREACH"),
    (Errno::ENETRESET, 52, "ENETRESET"),
    (Errno::ECONNABORTED, 53, "ECONNABORTED"),
    (Errno::ECONNRESET, 54, "ECONNRESET"),
    (Errno::ENOBUFS, 55, "ENOBUFS"),
    (Errno::EISCONN, 56, "EISCONN"),
    (Errno::ENOTCONN, 57, "ENOTCONN"),
    (Errno::ESHUTDOWN, 58, "ESHUTDOWN"),
    (Errno::ETOOMANYREFS, 59, "ETOOMANYREFS"),
    (Errno::ETIMEDOUT, 60, "ETIMEDOUT"),
    (Errno::ECONNREFUSED, 61, "ECONNREFUSED"),
    (Errno::ELOOP, 62, "ELOOP"),
    (Errno::ENAMETOOLONG, 63, "ENAMETOOLONG"),
    (Errno::EHOSTDOWN, 64, "EHOSTDOWN"),
    (Errno::EHOSTUNREACH, 65, "EHOSTUNREACH"),
    (Errno::ENOTEMPTY, 66, "ENOTEMPTY"),
    (NONE, 67, "EPROCLIM"),
    (Errno::EUSERS, 68, "EUSERS"),
    (Errno::EDQUOT, 69, "EDQUOT"),
    (Errno::ESTALE, 70, "ESTALE"),
    (Errno::EREMOTE, 71, "EREMOTE"),
    (NONE, 72, "EBADRPC"),
    (NONE, 73, "ERPCMISMATCH"),
    (NONE, 74, "EPROGUNAVAIL"),
    (NONE, 75, "EPROGMISMATCH"),
    (NONE, 76, "EPROCUNAVAIL"),
    (Errno::ENOLCK, 77, "ENOLCK"),
    (Errno::ENOSYS, 78, "ENOSYS"),
    (NONE, 79, "EFTYPE"),
    (NONE, 80, "EAUTH"),
    (NONE, 81, "ENEEDAUTH"),
];

/// What an error becomes on a system that has no such error: the nearest in meaning, as a common error.
/// Whatever is not listed becomes EINVAL.
const FALLBACKS: &[(Errno, u16)] = &[
    (Errno::RESTART, 4),
    (Errno::ERESTART, 4),
    (Errno::ENODATA, 2),
    (Errno::ETIME, 60),
    (Errno::ENOSR, 55),
    (Errno::ENONET, 50),
    (Errno::EREMOTEIO, 5),
    (Errno::ECOMM, 5),
    (Errno::EUCLEAN, 5),
    (Errno::EBADFD, 9),
    (Errno::ENOTUNIQ, 17),
    (Errno::ESTRPIPE, 32),
    (Errno::ENOPKG, 78),
    (Errno::ENOMEDIUM, 6),
    (Errno::EMEDIUMTYPE, 19),
    (Errno::EHWPOISON, 14),
    (Errno::ERFKILL, 50),
    (Errno::EKEYREJECTED, 13),
    (Errno::ELIBACC, 8),
    (Errno::ELIBBAD, 8),
    (Errno::ELIBSCN, 8),
    (Errno::ELIBEXEC, 8),
];

/// EINVAL everywhere.
const EINVAL: u16 = 22;
/// How many Linux numbers a map has a place for.
const MAP_LEN: usize = 134;

/// One system's map from Linux's numbers.
pub struct Map {
    numbers: [u16; MAP_LEN],
    own: &'static [Own],
}

impl Map {
    /// The common numbers and the system's own, whose later entries for one Linux number win.
    pub const fn new(own: &'static [Own]) -> Map {
        let mut map = Map { numbers: [EINVAL; MAP_LEN], own };
        let mut n = 0;
        while n < FALLBACKS.len() {
            let (errno, number) = FALLBACKS[n];
            if (errno.0 as usize) < MAP_LEN {
                map.numbers[errno.0 as usize] = number;
            }
            n += 1;
        }
        n = 0;
        while n < COMMON.len() + own.len() {
            let (errno, number, _) = if n < COMMON.len() { COMMON[n] } else { own[n - COMMON.len()] };
            if errno.0 != 0 {
                map.numbers[errno.0 as usize] = number;
            }
            n += 1;
        }
        map
    }

    /// The system's number of a Linux error.
    pub fn from_linux(&self, errno: Errno) -> u16 {
        match self.numbers.get(errno.0 as usize) {
            Some(number) => *number,
            None if errno == Errno::RESTART => 4,
            None => EINVAL,
        }
    }

    /// The name of one of the system's numbers.
    pub fn name(&self, number: u16) -> Option<&'static str> {
        let named = |table: &'static [Own]| table.iter().find(|(_, own, _)| *own == number).map(|(_, _, name)| *name);
        named(COMMON).or_else(|| named(self.own))
    }
}
