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
        code: "unix-connect-full", word: "connect", asked: "", thing: "Unix", sides: [on(BSD, "ECONNREFUSED"), on(LINUX, "EAGAIN")],
        text: "A Unix socket whose queue of connections is full refuses with ECONNREFUSED on the BSDs; a Linux one that must not wait answers EAGAIN.",
    },
    Cause {
        code: "disconnected-datagram", word: "connect", asked: "", thing: "datagram", sides: [on(BSD, "EAFNOSUPPORT"), on(LINUX, "success")],
        text: "Connecting a datagram socket to AF_UNSPEC takes its peer away; the BSDs do so and answer with an error all the same.",
    },
    Cause {
        code: "socket-opened", word: "open", asked: "", thing: "", sides: [on(BSD, "EOPNOTSUPP"), on(LINUX, "ENXIO")],
        text: "Opening a socket's name fails with EOPNOTSUPP on the BSDs and with ENXIO on Linux.",
    },
    Cause {
        code: "directory-created", word: "open", asked: "O_CREAT", thing: "", sides: [on(BSD, "success"), on(LINUX, "EISDIR")],
        text: "O_CREAT on a directory that is there opens it for reading on the BSDs and fails with EISDIR on Linux.",
    },
    Cause {
        code: "sticky-file", word: "chmod", asked: "", thing: "", sides: [on(BSD, "EFTYPE"), on(LINUX, "success")],
        text: "Only root may set the sticky bit of a file on the BSDs: others are told EFTYPE. On Linux anybody may.",
    },
    Cause {
        code: "connect-to-file", word: "connect", asked: "", thing: "Unix", sides: [on(BSD, "ENOTSOCK"), on(LINUX, "ECONNREFUSED")],
        text: "Connecting to the name of something that is no socket fails with ENOTSOCK on the BSDs and with ECONNREFUSED on Linux.",
    },
    Cause {
        code: "connect-to-port-0", word: "connect", asked: "", thing: "", sides: [on(BSD, "EADDRNOTAVAIL"), on(LINUX, "ECONNREFUSED")],
        text: "The BSDs refuse port 0 themselves, with EADDRNOTAVAIL; Linux asks the other side.",
    },
    Cause {
        code: "connect-again", word: "connect", asked: "", thing: "", sides: [on(BSD, "EISCONN"), on(LINUX, "success")],
        text: "A second connect tells that the first one, which did not wait, has made the connection: with EISCONN on the BSDs, with success on Linux.",
    },
    Cause {
        code: "connect-mapped", word: "connect", asked: "", thing: "IPv6", sides: [on(BSD, "EINVAL"), on(LINUX, "ENETUNREACH")],
        text: "An IPv6-only socket that is to reach an IPv4 address fails with EINVAL on the BSDs and with ENETUNREACH on Linux.",
    },
];
