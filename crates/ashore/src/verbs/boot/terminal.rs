//! This command's own streams, and the terminal they may be.

use ashore_formats::boot::Stream;
use rustix::termios::{self, OptionalActions, Termios};
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
    /// Looks at what we were started with.
    pub(super) fn look() -> Streams {
        let terminals =
            [std::io::stdin().is_terminal(), std::io::stdout().is_terminal(), std::io::stderr().is_terminal()];
        let kind = |is_terminal| if is_terminal { Stream::Terminal } else { Stream::Bytes };
        let size = [termios::tcgetwinsize(rustix::stdio::stdout()), termios::tcgetwinsize(rustix::stdio::stdin())];
        let size = size.into_iter().flatten().next().map_or((0, 0), |size| (size.ws_row, size.ws_col));
        Streams { kinds: terminals.map(kind), size }
    }

    /// Whether a person types.
    pub(super) fn is_typed(&self) -> bool {
        self.kinds.first() == Some(&Stream::Terminal)
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
