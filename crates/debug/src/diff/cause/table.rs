//! The known differences as rows.
//!
//! Sources: the systems' manual pages and the table of traps that the personalities are built from.

use super::{Cause, Side};

const LINUX: &[&str] = &["linux"];
const BSD: &[&str] = &["dragonfly", "freebsd", "netbsd"];
const FREEBSD_LIKE: &[&str] = &["dragonfly", "freebsd"];
const NETBSD: &[&str] = &["netbsd"];

const fn on(systems: &'static [&'static str], answer: &'static str) -> Side {
    Side { systems, answer }
}

/// The rows. The first that fits is told.
#[rustfmt::skip]
pub(super) static CAUSES: &[Cause] = &[
    Cause {
        code: "v6only-default", word: "ask option", asked: "IPV6_V6ONLY", thing: "", sides: [on(BSD, "1"), on(LINUX, "0")],
        text: "A new IPv6 socket takes IPv6 only on the BSDs and IPv4 too on Linux. Set IPV6_V6ONLY before bind.",
    },
    Cause {
        code: "v6only-bind", word: "bind", asked: "", thing: "IPv", sides: [on(BSD, "success"), on(LINUX, "EADDRINUSE")],
        text: "On Linux an IPv6 wildcard socket takes IPv4's port too unless IPV6_V6ONLY is set; on the BSDs it is set from the start. SO_REUSEPORT differs as well: on Linux all sockets of a port must set it.",
    },
    Cause {
        code: "v6only-connect", word: "connect", asked: "", thing: "socket", sides: [on(BSD, "ECONNREFUSED"), on(LINUX, "success")],
        text: "On the BSDs an IPv6 wildcard socket does not take IPv4 connections unless IPV6_V6ONLY is cleared; on Linux it does.",
    },
    Cause {
        code: "nofollow", word: "open", asked: "O_NOFOLLOW", thing: "", sides: [on(FREEBSD_LIKE, "EMLINK"), on(LINUX, "ELOOP")],
        text: "O_NOFOLLOW on a symbolic link fails with EMLINK on FreeBSD and DragonFly, with EFTYPE on NetBSD and with ELOOP elsewhere.",
    },
    Cause {
        code: "nofollow-netbsd", word: "open", asked: "O_NOFOLLOW", thing: "", sides: [on(NETBSD, "EFTYPE"), on(&["linux", "freebsd", "dragonfly"], "*")],
        text: "O_NOFOLLOW on a symbolic link fails with EFTYPE on NetBSD, with EMLINK on FreeBSD and DragonFly and with ELOOP elsewhere.",
    },
    Cause {
        code: "remove-directory", word: "remove", asked: "", thing: "", sides: [on(BSD, "EPERM"), on(LINUX, "EISDIR")],
        text: "unlink of a directory fails with EPERM on the BSDs, as POSIX says, and with EISDIR on Linux.",
    },
    Cause {
        code: "accept-inherits", word: "control F_GETFL", asked: "", thing: "accepted", sides: [on(BSD, "O_NONBLOCK"), on(LINUX, "*")],
        text: "A socket from accept inherits O_NONBLOCK from the listening socket on the BSDs and starts without it on Linux.",
    },
    Cause {
        code: "accept-inherits-read", word: "read", asked: "", thing: "accepted", sides: [on(BSD, "EAGAIN"), on(LINUX, "success")],
        text: "The descriptor does not block on one system: a socket from accept inherits O_NONBLOCK from the listening socket on the BSDs and not on Linux.",
    },
    Cause {
        code: "send-buffer-doubled", word: "ask option", asked: "SO_SNDBUF", thing: "", sides: [on(BSD, "*"), on(LINUX, "*")],
        text: "Linux doubles the size of a socket's buffer that was set, for its own needs, and tells the double; the BSDs tell what was set. The sizes at the start differ too.",
    },
    Cause {
        code: "receive-buffer-doubled", word: "ask option", asked: "SO_RCVBUF", thing: "", sides: [on(BSD, "*"), on(LINUX, "*")],
        text: "Linux doubles the size of a socket's buffer that was set, for its own needs, and tells the double; the BSDs tell what was set. The sizes at the start differ too.",
    },
    Cause {
        code: "nodelay-bit", word: "ask option", asked: "TCP_NODELAY", thing: "", sides: [on(BSD, "4"), on(LINUX, "1")],
        text: "A set flag reads back as its own bit on the BSDs and as 1 on Linux: test for zero only.",
    },
    Cause {
        code: "flag-bit", word: "ask option", asked: "SOL_SOCKET", thing: "", sides: [on(FREEBSD_LIKE, "*"), on(LINUX, "1")],
        text: "A set flag reads back as its own bit on the BSDs and as 1 on Linux: test for zero only.",
    },
    Cause {
        code: "read-directory", word: "read", asked: "", thing: "", sides: [on(FREEBSD_LIKE, "success"), on(LINUX, "EISDIR")],
        text: "read of a directory fails with EISDIR on Linux; older BSDs give its bytes.",
    },
    Cause {
        code: "link-to-symbolic-link", word: "link", asked: "", thing: "", sides: [on(BSD, "*"), on(LINUX, "*")],
        text: "link on a symbolic link links what it names on the BSDs and the link itself on Linux.",
    },
    Cause {
        code: "not-empty", word: "rename", asked: "", thing: "", sides: [on(BSD, "ENOTEMPTY"), on(LINUX, "EEXIST")],
        text: "Replacing a directory that is not empty fails with ENOTEMPTY or EEXIST; POSIX allows both.",
    },
    Cause {
        code: "kill-zombie", word: "send signal", asked: "", thing: "", sides: [on(BSD, "ESRCH"), on(LINUX, "success")],
        text: "A signal to a child that has ended and was not waited for fails with ESRCH on some BSDs and succeeds on Linux.",
    },
    Cause {
        code: "unix-connect-full", word: "connect", asked: "", thing: "Unix", sides: [on(BSD, "ECONNREFUSED"), on(LINUX, "EAGAIN")],
        text: "A Unix socket whose queue of connections is full refuses with ECONNREFUSED on the BSDs; a Linux one that must not wait answers EAGAIN.",
    },
    Cause {
        code: "disconnected-datagram", word: "connect", asked: "", thing: "datagram", sides: [on(BSD, "EAFNOSUPPORT"), on(LINUX, "success")],
        text: "Connecting a datagram socket to AF_UNSPEC takes its peer away; the BSDs do so and answer with an error all the same.",
    },
    Cause {
        code: "shutdown-listener", word: "shutdown", asked: "", thing: "listens", sides: [on(BSD, "ENOTCONN"), on(LINUX, "success")],
        text: "shutdown of a socket that is not connected fails with ENOTCONN on the BSDs; Linux allows it for one that listens.",
    },
    Cause {
        code: "set-times-immutable", word: "set times", asked: "", thing: "", sides: [on(BSD, "EPERM"), on(LINUX, "EACCES")],
        text: "Times of a file that one may write but does not own: EPERM on the BSDs and EACCES on Linux, or the other way round, by what is set.",
    },
];
