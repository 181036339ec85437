//! A call as a row of a table.
//!
//! A signature is `name(arg: type, arg: type) -> type`. The types:
//!
//! | type | meaning |
//! |---|---|
//! | `int uint long ulong hex size ssize off mode dev pid tid uid gid clock void ptr` | a word, and how it is printed |
//! | `fd` `dirfd` | a descriptor; a descriptor or the working directory's mark |
//! | `path` `str` `strv` | a path; a string; a zero-terminated vector of strings |
//! | `option` | a socket option's name, of the level that the argument before it is |
//! | `signal` `sigset` | a signal number; a pointer to a set read by the call |
//! | `inbuf[n]` `outbuf[n]` `outbuf[ret]` | bytes read or written, as many as argument `n` or the result says |
//! | `flags.open` `enum.whence` | a word made of named values; the name is that of the list |
//! | `in.stat` `out.stat` `inout.stat`, `in.kevent[n]` | a pointer to a record, or to `n` of them |

use crate::{Answer, Args, Ctx, Quick};
use ashore_pivot::Sys;

/// One call of a guest's kernel.
#[derive(Clone, Copy)]
pub struct Row {
    /// The guest's number of the call.
    pub number: u16,
    /// Name, arguments and result in the guest's own words, for the trace and the documents:
    /// `read(fd: fd, buf: out[ret], nbyte: size) -> size`. The trace's types are the words after the
    /// colons; a table test checks that each is known.
    pub signature: &'static str,
    /// How it is answered.
    pub does: Does,
    /// How much of it is answered.
    pub support: Support,
}

/// How a call is answered.
#[derive(Clone, Copy)]
pub enum Does {
    /// By the Linux call of the same arguments, which does not block.
    Same(Sys),
    /// By the Linux call of the same arguments, which may block and is restarted under SA_RESTART.
    Block(Sys),
    /// By the Linux call of the same arguments, which may block and is never restarted.
    Interrupt(Sys),
    /// By the Linux call of the same arguments, of which those whose bits are set are paths.
    Paths(Sys, u8),
    /// By a function of what [`Quick`] holds: it changes no thread, raises nothing and does not block, so little
    /// needs to be prepared for it.
    Quick(fn(&Quick<'_>, &Args) -> Answer),
    /// By a function.
    Custom(fn(&mut Ctx<'_>, &Args) -> Answer),
    /// Not at all: ENOSYS and one line on stderr.
    Missing,
}

/// How much of a call is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Support {
    /// All of it.
    Full,
    /// The part that the note does not except.
    Partial(&'static str),
    /// It says yes and does nothing; the note says why that is honest.
    Stub(&'static str),
    /// Nothing.
    Missing,
}

impl Row {
    /// The name of the call.
    pub fn name(&self) -> &'static str {
        self.signature.split('(').next().unwrap_or("?")
    }

    /// A row answered by the Linux call of the same arguments.
    pub const fn same(number: u16, signature: &'static str, sys: Sys) -> Row {
        Row { number, signature, does: Does::Same(sys), support: Support::Full }
    }

    /// The same for a call that may block.
    pub const fn block(number: u16, signature: &'static str, sys: Sys) -> Row {
        Row { number, signature, does: Does::Block(sys), support: Support::Full }
    }

    /// The same for a call that may block and is never restarted.
    pub const fn interrupt(number: u16, signature: &'static str, sys: Sys) -> Row {
        Row { number, signature, does: Does::Interrupt(sys), support: Support::Full }
    }

    /// A row answered by the Linux call of the same arguments; bit n of `paths` says that argument n is a path.
    pub const fn paths(number: u16, signature: &'static str, sys: Sys, paths: u8) -> Row {
        Row { number, signature, does: Does::Paths(sys, paths), support: Support::Full }
    }

    /// A row answered by a function that needs little: for calls so frequent that the rest would show.
    pub const fn quick(number: u16, signature: &'static str, function: fn(&Quick<'_>, &Args) -> Answer) -> Row {
        Row { number, signature, does: Does::Quick(function), support: Support::Full }
    }

    /// A row answered by a function.
    pub const fn custom(number: u16, signature: &'static str, function: fn(&mut Ctx<'_>, &Args) -> Answer) -> Row {
        Row { number, signature, does: Does::Custom(function), support: Support::Full }
    }

    /// A call that the system has and Ashore does not answer.
    pub const fn missing(number: u16, signature: &'static str) -> Row {
        Row { number, signature, does: Does::Missing, support: Support::Missing }
    }

    /// The row with a part excepted.
    #[must_use]
    pub const fn partial(mut self, note: &'static str) -> Row {
        self.support = Support::Partial(note);
        self
    }

    /// The row of a call that says yes and does nothing.
    #[must_use]
    pub const fn stub(mut self, note: &'static str) -> Row {
        self.support = Support::Stub(note);
        self
    }
}

/// The row of `number` in `table`, which ascends by number.
pub fn row_of(table: &'static [Row], number: u64) -> Option<&'static Row> {
    let number = u16::try_from(number).ok()?;
    table.binary_search_by_key(&number, |row| row.number).ok().and_then(|at| table.get(at))
}
