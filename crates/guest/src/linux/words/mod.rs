//! What a trace calls this system's values, and how its records are laid out.

mod table;

pub(super) use table::LISTS;

use crate::words::{COMMON, Field, Record, Shape, Words};

/// The words.
pub static WORDS: Words = Words { lists: &[LISTS], records: &[RECORDS, COMMON] };

static RECORDS: &[Record] = &[
    Record {
        word: "stat",
        len: 144,
        fields: &[
            Field { name: "dev", at: 0, len: 8, shape: Shape::Uint },
            Field { name: "ino", at: 8, len: 8, shape: Shape::Uint },
            Field { name: "mode", at: 24, len: 4, shape: Shape::Mode },
            Field { name: "nlink", at: 16, len: 8, shape: Shape::Uint },
            Field { name: "uid", at: 28, len: 4, shape: Shape::Uint },
            Field { name: "gid", at: 32, len: 4, shape: Shape::Uint },
            Field { name: "size", at: 48, len: 8, shape: Shape::Uint },
            Field { name: "mtime", at: 88, len: 16, shape: Shape::Time },
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
