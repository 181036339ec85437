//! What a trace calls a system's values, and how its records are laid out.
//!
//! A signature's type names a list (`flags.open`, `enum.whence`) or a record (`out.stat`); these are those.

/// One named value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name(pub &'static str, pub u64);

/// A list of named values.
#[derive(Debug, Clone, Copy)]
pub struct List {
    /// The word of the signature.
    pub word: &'static str,
    /// The values.
    pub names: &'static [Name],
}

/// How a field is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A signed number.
    Int,
    /// An unsigned number.
    Uint,
    /// In hexadecimal.
    Hex,
    /// File type and permissions.
    Mode,
    /// Seconds and nanoseconds, 8 bytes each.
    Time,
    /// One value of a list.
    Enum(&'static str),
    /// Several values of a list.
    Flags(&'static str),
}

/// A field of a record.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// What it is called.
    pub name: &'static str,
    /// Its offset in bytes.
    pub at: u16,
    /// Its size in bytes.
    pub len: u8,
    /// How it is printed.
    pub shape: Shape,
}

/// A record in the guest's memory.
#[derive(Debug, Clone, Copy)]
pub struct Record {
    /// The word of the signature.
    pub word: &'static str,
    /// Its size in bytes.
    pub len: u16,
    /// What is printed of it.
    pub fields: &'static [Field],
}

/// The words of one system.
#[derive(Debug)]
pub struct Words {
    /// Its lists, its own before those of its family.
    pub lists: &'static [&'static [List]],
    /// Its records, its own before the common ones.
    pub records: &'static [&'static [Record]],
}

impl Words {
    /// The list of this word: the system's own, else one that all share.
    pub fn list(&self, word: &str) -> Option<&'static List> {
        self.lists.iter().copied().flatten().chain(SHARED).find(|list| list.word == word)
    }

    /// The record of this word.
    pub fn record(&self, word: &str) -> Option<&'static Record> {
        self.records.iter().copied().flatten().find(|record| record.word == word)
    }
}

macro_rules! record {
    ($word:literal, $len:literal: $($name:ident @ $at:literal / $size:literal $shape:expr),*) => {
        Record {
            word: $word,
            len: $len,
            fields: &[$(Field { name: stringify!($name), at: $at, len: $size, shape: $shape }),*],
        }
    };
}

/// Records that are the same on every system.
pub static COMMON: &[Record] = &[
    record!("timespec", 16: time @ 0 / 16 Shape::Time),
    record!("timeval", 16: seconds @ 0 / 8 Shape::Int, micros @ 8 / 8 Shape::Int),
    record!("itimerval", 32: every @ 0 / 8 Shape::Int, every_micros @ 8 / 8 Shape::Int, first @ 16 / 8 Shape::Int, first_micros @ 24 / 8 Shape::Int),
    record!("itimerspec", 32: every @ 0 / 16 Shape::Time, first @ 16 / 16 Shape::Time),
    record!("rlimit", 16: now @ 0 / 8 Shape::Uint, most @ 8 / 8 Shape::Uint),
    record!("pipe", 8: read @ 0 / 4 Shape::Int, write @ 4 / 4 Shape::Int),
    record!("fdpair", 8: first @ 0 / 4 Shape::Int, second @ 4 / 4 Shape::Int),
    record!("status", 4: status @ 0 / 4 Shape::Hex),
    record!("optval", 4: value @ 0 / 4 Shape::Int),
    record!("off", 8: offset @ 0 / 8 Shape::Int),
    record!("pollfd", 8: fd @ 0 / 4 Shape::Int, events @ 4 / 2 Shape::Hex, got @ 6 / 2 Shape::Hex),
    record!("iovec", 16: base @ 0 / 8 Shape::Hex, len @ 8 / 8 Shape::Uint),
];

/// Lists that are the same on every system.
#[rustfmt::skip]
static SHARED: &[List] = &[
    List { word: "whence", names: &[Name("SEEK_SET", 0), Name("SEEK_CUR", 1), Name("SEEK_END", 2), Name("SEEK_DATA", 3), Name("SEEK_HOLE", 4)] },
    List { word: "access", names: &[Name("F_OK", 0), Name("X_OK", 1), Name("W_OK", 2), Name("R_OK", 4)] },
    List { word: "prot", names: &[Name("PROT_NONE", 0), Name("PROT_READ", 1), Name("PROT_WRITE", 2), Name("PROT_EXEC", 4)] },
    List { word: "idtype", names: &[] },
    List { word: "itimer", names: &[Name("ITIMER_REAL", 0), Name("ITIMER_VIRTUAL", 1), Name("ITIMER_PROF", 2)] },
    List { word: "epollctl", names: &[Name("EPOLL_CTL_ADD", 1), Name("EPOLL_CTL_DEL", 2), Name("EPOLL_CTL_MOD", 3)] },
    List { word: "prio", names: &[Name("PRIO_PROCESS", 0), Name("PRIO_PGRP", 1), Name("PRIO_USER", 2)] },
    List { word: "getrandom", names: &[Name("GRND_NONBLOCK", 1), Name("GRND_RANDOM", 2)] },
];
