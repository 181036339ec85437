//! What a trace calls this CPU's values, where they differ from x86-64's, and how its records are laid out.

use crate::linux::words::LISTS;
use crate::words::{COMMON, Field, List, Name, Record, Shape, Words};

/// The words.
pub static WORDS: Words = Words { lists: &[OWN, LISTS], records: &[RECORDS, COMMON] };

#[rustfmt::skip]
static OWN: &[List] = &[
    List { word: "open", names: &[Name("O_RDONLY", 0x0), Name("O_WRONLY", 0x1), Name("O_RDWR", 0x2), Name("O_CREAT", 0x40), Name("O_EXCL", 0x80), Name("O_NOCTTY", 0x100), Name("O_TRUNC", 0x200), Name("O_APPEND", 0x400), Name("O_NONBLOCK", 0x800), Name("O_DSYNC", 0x1000), Name("O_ASYNC", 0x2000), Name("O_DIRECTORY", 0x4000), Name("O_NOFOLLOW", 0x8000), Name("O_DIRECT", 0x10000), Name("O_LARGEFILE", 0x20000), Name("O_NOATIME", 0x40000), Name("O_CLOEXEC", 0x80000), Name("O_SYNC", 0x101000), Name("O_PATH", 0x200000), Name("O_TMPFILE", 0x404000)] },
    List { word: "prot", names: &[Name("PROT_NONE", 0), Name("PROT_READ", 1), Name("PROT_WRITE", 2), Name("PROT_EXEC", 4), Name("PROT_BTI", 0x10), Name("PROT_MTE", 0x20)] },
    List { word: "epoll", names: &[Name("EPOLLIN", 0x1), Name("EPOLLPRI", 0x2), Name("EPOLLOUT", 0x4), Name("EPOLLERR", 0x8), Name("EPOLLHUP", 0x10), Name("EPOLLRDHUP", 0x2000), Name("EPOLLEXCLUSIVE", 0x10000000), Name("EPOLLWAKEUP", 0x20000000), Name("EPOLLONESHOT", 0x40000000), Name("EPOLLET", 0x80000000)] },
];

static RECORDS: &[Record] = &[
    Record {
        word: "stat",
        len: 128,
        fields: &[
            Field { name: "dev", at: 0, len: 8, shape: Shape::Uint },
            Field { name: "ino", at: 8, len: 8, shape: Shape::Uint },
            Field { name: "mode", at: 16, len: 4, shape: Shape::Mode },
            Field { name: "nlink", at: 20, len: 4, shape: Shape::Uint },
            Field { name: "uid", at: 24, len: 4, shape: Shape::Uint },
            Field { name: "gid", at: 28, len: 4, shape: Shape::Uint },
            Field { name: "size", at: 48, len: 8, shape: Shape::Uint },
            Field { name: "mtime", at: 88, len: 16, shape: Shape::Time },
        ],
    },
    Record {
        word: "epoll_event",
        len: 16,
        fields: &[
            Field { name: "events", at: 0, len: 4, shape: Shape::Flags("epoll") },
            Field { name: "data", at: 8, len: 8, shape: Shape::Hex },
        ],
    },
    Record {
        word: "stack",
        len: 24,
        fields: &[
            Field { name: "base", at: 0, len: 8, shape: Shape::Hex },
            Field { name: "flags", at: 8, len: 4, shape: Shape::Hex },
            Field { name: "len", at: 16, len: 8, shape: Shape::Uint },
        ],
    },
];
