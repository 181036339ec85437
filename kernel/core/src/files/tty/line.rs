//! The line discipline: what typed bytes become before a program reads them, and written ones before they are shown.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use ashore_pivot::Signal;
use ashore_pivot::layout::termios::*;

/// The longest line, its end included.
const LONGEST: usize = 4096;
/// Bytes that wait to be read at most; more are dropped, with a bell.
const MOST: usize = 64 << 10;

/// The discipline of a terminal.
#[derive(Debug)]
pub(super) struct Line {
    /// How it is set.
    pub modes: Termios,
    /// The line being typed.
    typed: Vec<u8>,
    /// Bytes to be read.
    ready: VecDeque<u8>,
    /// Where lines end in them: the lengths of those that are whole. One of length 0 is the end of input.
    lines: VecDeque<usize>,
    /// The next byte is taken as it is.
    is_literal: bool,
    /// The column of the next byte shown, for erasing tabs.
    column: usize,
}

/// What a typed byte leads to besides.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// What to show.
    pub echo: Vec<u8>,
    /// Signals for the foreground.
    pub signals: Vec<Signal>,
}

impl Line {
    pub(super) fn new(modes: Termios) -> Line {
        let (typed, ready, lines) = (Vec::new(), VecDeque::new(), VecDeque::new());
        Line { modes, typed, ready, lines, is_literal: false, column: 0 }
    }

    fn local(&self, flag: u32) -> bool {
        self.modes.lflag & flag != 0
    }

    fn input(&self, flag: u32) -> bool {
        self.modes.iflag & flag != 0
    }

    /// A special character; none where it is switched off.
    fn is_special(&self, byte: u8, place: u32) -> bool {
        let special = self.modes.cc.get(place as usize).copied().unwrap_or(0);
        special != 0 && byte == special
    }

    /// A special character's number as it is set.
    pub(super) fn special(&self, place: u32) -> u8 {
        self.modes.cc.get(place as usize).copied().unwrap_or(0)
    }

    /// Takes typed bytes.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Effects {
        let mut effects = Effects::default();
        bytes.iter().for_each(|byte| self.take_one(*byte, &mut effects));
        effects
    }

    fn take_one(&mut self, byte: u8, effects: &mut Effects) {
        let mut byte = if self.input(ISTRIP) { byte & 0x7f } else { byte };
        if core::mem::take(&mut self.is_literal) {
            self.add(byte, effects);
            return;
        }
        match byte {
            b'\r' if self.input(IGNCR) => return,
            b'\r' if self.input(ICRNL) => byte = b'\n',
            b'\n' if self.input(INLCR) => byte = b'\r',
            _ => {}
        }
        if self.input(IXON) && (self.is_special(byte, VSTART) || self.is_special(byte, VSTOP)) {
            // Nothing shown here has to be held back.
            return;
        }
        if self.local(ISIG) {
            for (place, signal) in [(VINTR, Signal::INT), (VQUIT, Signal::QUIT), (VSUSP, Signal::TSTP)] {
                if self.is_special(byte, place) {
                    self.echo_special(byte, effects);
                    if !self.local(NOFLSH) {
                        self.flush();
                    }
                    effects.signals.push(signal);
                    return;
                }
            }
        }
        if !self.local(ICANON) {
            self.add(byte, effects);
            return;
        }
        self.edit(byte, effects);
    }

    /// A byte of a line that is being edited.
    fn edit(&mut self, byte: u8, effects: &mut Effects) {
        if self.is_special(byte, VERASE) || byte == 8 {
            self.erase(effects);
        } else if self.is_special(byte, VKILL) {
            while !self.typed.is_empty() {
                self.erase(effects);
            }
        } else if self.is_special(byte, VWERASE) && self.local(IEXTEN) {
            while self.typed.last().is_some_and(|last| *last == b' ') {
                self.erase(effects);
            }
            while self.typed.last().is_some_and(|last| *last != b' ') {
                self.erase(effects);
            }
        } else if self.is_special(byte, VLNEXT) && self.local(IEXTEN) {
            self.is_literal = true;
        } else if self.is_special(byte, VREPRINT) && self.local(IEXTEN) {
            self.echo_special(byte, effects);
            effects.echo.push(b'\n');
            effects.echo.extend_from_slice(&self.typed);
        } else if self.is_special(byte, VEOF) {
            self.end_line();
        } else if byte == b'\n' || self.is_special(byte, VEOL) || self.is_special(byte, VEOL2) {
            if self.local(ECHO) || byte == b'\n' && self.local(ECHONL) {
                effects.echo.push(byte);
            }
            self.typed.push(byte);
            self.end_line();
        } else if self.typed.len() + 1 >= LONGEST {
            effects.echo.push(7);
        } else {
            self.echo(byte, effects);
            self.typed.push(byte);
        }
    }

    fn end_line(&mut self) {
        self.lines.push_back(self.typed.len());
        self.ready.extend(self.typed.drain(..));
    }

    fn add(&mut self, byte: u8, effects: &mut Effects) {
        self.echo(byte, effects);
        if self.local(ICANON) {
            self.typed.push(byte);
        } else if self.ready.len() < MOST {
            self.ready.push_back(byte);
        }
    }

    fn echo(&self, byte: u8, effects: &mut Effects) {
        if self.local(ECHO) {
            self.show(byte, effects);
        }
    }

    fn echo_special(&self, byte: u8, effects: &mut Effects) {
        if self.local(ECHO) {
            self.show(byte, effects);
        }
    }

    /// Shows a byte; what cannot be shown as a letter with a caret, if so set.
    fn show(&self, byte: u8, effects: &mut Effects) {
        let is_plain = byte >= b' ' && byte != 127 || matches!(byte, b'\n' | b'\t');
        if is_plain || !self.local(ECHOCTL) {
            effects.echo.push(byte);
        } else {
            effects.echo.extend([b'^', byte ^ 0x40]);
        }
    }

    fn erase(&mut self, effects: &mut Effects) {
        let Some(byte) = self.typed.pop() else { return };
        let mut gone = byte;
        // The bytes of one character of UTF-8 go together.
        if self.input(IUTF8) {
            while gone & 0xc0 == 0x80 {
                match self.typed.pop() {
                    Some(before) => gone = before,
                    None => break,
                }
            }
        }
        if self.local(ECHO) && self.local(ECHOE) {
            let width = if byte < b' ' && self.local(ECHOCTL) { 2 } else { 1 };
            (0..width).for_each(|_| effects.echo.extend(b"\x08 \x08"));
        }
    }

    /// Forgets what was typed and not read.
    pub(super) fn flush(&mut self) {
        self.typed.clear();
        self.ready.clear();
        self.lines.clear();
    }

    /// How many bytes may be read now; `None` when a reader has to wait, 0 at the end of input.
    pub(super) fn readable(&self) -> Option<usize> {
        if self.local(ICANON) {
            return self.lines.front().copied();
        }
        (!self.ready.is_empty()).then_some(self.ready.len())
    }

    /// Takes up to `most` bytes of what may be read.
    pub(super) fn read(&mut self, most: usize) -> Vec<u8> {
        let count = self.readable().unwrap_or(0).min(most);
        if self.local(ICANON)
            && let Some(left) = self.lines.front_mut()
        {
            *left -= count;
            if *left == 0 {
                self.lines.pop_front();
            }
        }
        self.ready.drain(..count).collect()
    }

    /// What `FIONREAD` says.
    pub(super) fn waiting(&self) -> usize {
        if self.local(ICANON) { self.lines.iter().sum() } else { self.ready.len() }
    }

    /// Sets the modes. What is typed so far can be read at once when lines are edited no more.
    pub(super) fn set(&mut self, modes: Termios) {
        let was = self.local(ICANON);
        self.modes = modes;
        match (was, self.local(ICANON)) {
            (true, false) => {
                self.lines.clear();
                self.ready.extend(self.typed.drain(..));
            }
            (false, true) if !self.ready.is_empty() => self.lines.push_back(self.ready.len()),
            _ => {}
        }
    }

    /// What written bytes are shown as.
    pub(super) fn show_written(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.modes.oflag & OPOST == 0 {
            out.extend_from_slice(bytes);
            return;
        }
        for byte in bytes {
            match byte {
                b'\n' if self.modes.oflag & ONLCR != 0 => {
                    out.extend(b"\r\n");
                    self.column = 0;
                }
                b'\r' if self.modes.oflag & OCRNL != 0 => out.push(b'\n'),
                b'\r' if self.modes.oflag & ONOCR != 0 && self.column == 0 => {}
                b'\r' => {
                    out.push(b'\r');
                    self.column = 0;
                }
                _ => {
                    out.push(*byte);
                    self.column += 1;
                }
            }
        }
    }
}
