//! This command's own streams, and the terminal they may be.

use ashore_formats::boot::Stream;
use rustix::termios::{self, OptionalActions, Termios};
use std::borrow::Cow;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};

/// What standard input, output and error output are.
#[derive(Debug)]
pub(super) struct Streams {
    /// In the order of their numbers.
    pub(super) kinds: [Stream; 3],
    /// Rows and columns of the terminal; zeros when there is none.
    pub(super) size: (u16, u16),
}

impl Streams {
    /// A plain serial line with a person at its end.
    pub(super) const SERIAL: Streams = Streams { kinds: [Stream::Terminal; 3], size: (0, 0) };

    /// Looks at what we were started with.
    pub(super) fn look() -> Streams {
        let terminals =
            [std::io::stdin().is_terminal(), std::io::stdout().is_terminal(), std::io::stderr().is_terminal()];
        let kind = |is_terminal| if is_terminal { Stream::Terminal } else { Stream::Bytes };
        Streams { kinds: terminals.map(kind), size: size() }
    }

    /// How our own words end their lines while the machine runs.
    pub(super) fn lines(&self) -> Lines {
        if self.is_typed() { Lines::Raw } else { Lines::Plain }
    }

    /// Whether a person types.
    pub(super) fn is_typed(&self) -> bool {
        self.kinds.first() == Some(&Stream::Terminal)
    }
}

/// Rows and columns of our terminal; zeros when there is none.
pub(super) fn size() -> (u16, u16) {
    let size = [termios::tcgetwinsize(rustix::stdio::stdout()), termios::tcgetwinsize(rustix::stdio::stdin())];
    size.into_iter().flatten().next().map_or((0, 0), |size| (size.ws_row, size.ws_col))
}

/// Whether lines end by themselves where they are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lines {
    /// Somebody adds what is missing.
    Plain,
    /// It is a terminal that hands bytes over as they are.
    Raw,
}

impl Lines {
    /// Our own words, with ends of lines that are ends there.
    pub(super) fn ended(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Lines::Plain => Cow::Borrowed(bytes),
            Lines::Raw => bytes
                .split_inclusive(|byte| *byte == b'\n')
                .fold(Vec::new(), |mut out, line| {
                    let (text, end) = line.strip_suffix(b"\n").map_or((line, &b""[..]), |text| (text, b"\r\n"));
                    out.extend_from_slice(text);
                    out.extend_from_slice(end);
                    out
                })
                .into(),
        }
    }
}

/// How the terminal was before we changed it.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// The terminal hands every byte over as it is, as long as this lives: the machine's kernel does what terminals do.
#[derive(Debug)]
pub(super) struct Raw(());

impl Raw {
    /// Changes the terminal, if standard input is one.
    pub(super) fn begin(streams: &Streams) -> Option<Raw> {
        if !streams.is_typed() {
            return None;
        }
        let before = termios::tcgetattr(rustix::stdio::stdin()).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &raw).ok()?;
        Some(Raw(()))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

/// Makes the terminal what it was. Twice is once.
pub(super) fn restore() {
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = termios::tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_nobody_ends_them() {
        assert_eq!(Lines::Raw.ended(b"a\nb\n\nc"), &b"a\r\nb\r\n\r\nc"[..]);
        assert_eq!(Lines::Plain.ended(b"a\n"), &b"a\n"[..]);
    }
}
