//! What a trace calls this system's values, and how its records are laid out.

mod table;

use crate::bsd;
use crate::words::{COMMON, Field, Record, Shape, Words};

/// The words.
pub static WORDS: Words = Words { lists: &[table::LISTS, bsd::words::LISTS], records: &[RECORDS, COMMON] };

static RECORDS: &[Record] = &[
    Record {
        word: "stat",
        len: 224,
        fields: &[
            Field { name: "dev", at: 0, len: 8, shape: Shape::Uint },
            Field { name: "ino", at: 8, len: 8, shape: Shape::Uint },
            Field { name: "mode", at: 24, len: 2, shape: Shape::Mode },
            Field { name: "nlink", at: 16, len: 8, shape: Shape::Uint },
            Field { name: "uid", at: 28, len: 4, shape: Shape::Uint },
            Field { name: "gid", at: 32, len: 4, shape: Shape::Uint },
            Field { name: "size", at: 112, len: 8, shape: Shape::Uint },
            Field { name: "mtime", at: 64, len: 16, shape: Shape::Time },
        ],
    },
    Record {
        word: "kevent",
        len: 64,
        fields: &[
            Field { name: "ident", at: 0, len: 8, shape: Shape::Uint },
            Field { name: "filter", at: 8, len: 2, shape: Shape::Enum("filter") },
            Field { name: "flags", at: 10, len: 2, shape: Shape::Flags("evflags") },
            Field { name: "fflags", at: 12, len: 4, shape: Shape::Hex },
            Field { name: "data", at: 16, len: 8, shape: Shape::Int },
            Field { name: "udata", at: 24, len: 8, shape: Shape::Hex },
        ],
    },
    Record {
        word: "stack",
        len: 24,
        fields: &[
            Field { name: "base", at: 0, len: 8, shape: Shape::Hex },
            Field { name: "len", at: 8, len: 8, shape: Shape::Uint },
            Field { name: "flags", at: 16, len: 4, shape: Shape::Hex },
        ],
    },
];
