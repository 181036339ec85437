//! The console: where the first program's input comes from and its output goes.
//!
//! The host says which of its streams are terminals. Those are one terminal here; the others are bytes that nobody
//! changes. On a wired console every stream has its channel.

mod streams;
#[cfg(test)]
mod tests;

use super::tty::pair::take_if_free;
use super::tty::{Screen, Tty};
use super::{Spot, Visitor};
use crate::call::{Call, Stop};
use crate::fd::{Files, Slot};
use crate::file::{File, Open};
use crate::kernel::{Device, Kernel};
use crate::lock::Lock;
use crate::process::Process;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_formats::boot::wire::{Channel, LISTENING, Receiver, Sender};
use ashore_formats::boot::{Start, Stream};
use ashore_pivot::Errno;
use ashore_pivot::layout::open::aarch64::O_LARGEFILE;
use core::sync::atomic::Ordering;
use streams::{Input, Output};

/// The console.
pub struct Console {
    /// The sending end of the wire, when there is one.
    wire: Option<Lock<Sender>>,
    /// The receiving end. Whoever takes bytes from the machine holds it, so that they stay in their order.
    receiver: Lock<Receiver>,
    /// Bytes for a program whose input is no terminal.
    input: Arc<Input>,
    /// As much as came of the terminal's next size.
    size: Lock<Vec<u8>>,
    /// The terminal, and whether input is for it.
    terminal: Lock<Option<(Arc<Tty>, Stream)>>,
}

impl Screen for Console {
    fn show(&self, kernel: &Kernel, bytes: &[u8]) -> usize {
        self.send(kernel, Channel::Stream, bytes);
        bytes.len()
    }
}

impl Console {
    /// Prints bytes of a channel.
    fn send(&self, kernel: &Kernel, channel: Channel, bytes: &[u8]) {
        let machine = kernel.machine();
        match &self.wire {
            Some(sender) => sender.lock().send(channel, bytes, |piece| machine.print(piece)),
            None => machine.print(bytes),
        }
    }

    /// Bytes were typed or sent.
    fn received(&self, kernel: &Kernel, bytes: &[u8]) {
        let terminal = self.terminal.lock().clone();
        match terminal {
            Some((tty, Stream::Terminal)) => tty.typed(kernel, bytes),
            _ => self.input.put(kernel, bytes),
        }
    }

    /// Whether more may be taken from the machine. What is typed at a terminal is: a terminal drops what nobody reads.
    fn has_room(&self) -> bool {
        let is_terminal = matches!(*self.terminal.lock(), Some((_, Stream::Terminal)));
        is_terminal || self.input.has_room()
    }

    /// The terminal has another size: rows and columns, which may come in pieces.
    fn resized(&self, kernel: &Kernel, piece: &[u8]) {
        let mut size = self.size.lock();
        for byte in piece {
            size.push(*byte);
            let &[rows_low, rows_high, columns_low, columns_high] = size.as_slice() else { continue };
            size.clear();
            let number = |low, high| u16::from_le_bytes([low, high]);
            if let Some((tty, _)) = &*self.terminal.lock() {
                tty.resize(kernel, (number(rows_low, rows_high), number(columns_low, columns_high)));
            }
        }
    }

    /// The input has ended.
    fn ended(&self, kernel: &Kernel) {
        let terminal = self.terminal.lock().clone();
        match terminal {
            Some((tty, Stream::Terminal)) => tty.hang_up(kernel),
            _ => self.input.end(kernel),
        }
    }
}

/// The number of `/dev/console`.
const CONSOLE: (u32, u32) = (5, 1);
/// Bytes taken from the machine at a time.
const PIECE: usize = 128;

impl Device for Console {
    fn interrupt(&self, kernel: &Kernel) {
        let mut buffer = [0; PIECE];
        let mut receiver = self.receiver.lock();
        while self.has_room() {
            let count = kernel.machine().typed(&mut buffer);
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { return };
            match &self.wire {
                None => self.received(kernel, bytes),
                Some(_) => receiver.receive(bytes, |channel, piece| match channel {
                    Channel::Stream => self.received(kernel, piece),
                    Channel::End => self.ended(kernel),
                    Channel::Size => self.resized(kernel, piece),
                    Channel::Kernel | Channel::Errors => {}
                }),
            }
        }
    }
}

impl Kernel {
    /// Sets the console up and gives the descriptors the first program starts with.
    pub fn begin_console(&self, start: &Start) -> Result<Files, Errno> {
        let wire = start.is_wired.then(Lock::default);
        let (receiver, terminal) = (Lock::default(), Lock::new(None));
        let console = Arc::new(Console { wire, receiver, input: Arc::default(), size: Lock::default(), terminal });
        self.devices.lock().push(console.clone());
        if start.is_wired {
            self.machine().print(&LISTENING);
            self.is_wired.store(true, Ordering::Relaxed);
        }
        let [input, output, errors] = start.streams;
        let tty = start.streams.contains(&Stream::Terminal).then(|| Tty::new(console.clone(), CONSOLE, start.size));
        if let Some(tty) = &tty {
            *console.terminal.lock() = Some((tty.clone(), input));
            *self.tree.console.lock() = Some(tty.clone());
        }
        let files = Files::default();
        let streams: [(Stream, Arc<dyn File>, u32); 3] = [
            (input, console.input.clone(), 0),
            (output, Arc::new(Output { console: console.clone(), channel: Channel::Stream }), 1),
            (errors, Arc::new(Output { console: console.clone(), channel: Channel::Errors }), 1),
        ];
        // A terminal is one open file for all streams it serves, as a login makes it.
        let shared = match tty {
            Some(tty) => Some(Open::at(tty, 2 | O_LARGEFILE, self.console_spot()?)),
            None => None,
        };
        for (stream, file, flags) in streams {
            let open = match (stream, &shared) {
                (Stream::Terminal, Some(shared)) => shared.clone(),
                _ => Open::new(file, flags),
            };
            files.add(self, Slot { open, closes_on_exec: false }, 0, 3)?;
        }
        Ok(files)
    }

    /// `/dev/console`.
    fn console_spot(&self) -> Result<Spot, Errno> {
        let visitor = Visitor::kernel(self);
        let (dir, name) = (self.tree.root().look(&visitor, b"dev")?, b"console");
        Ok(Spot { node: dir.look(&visitor, name)?, dir: Some(dir), name: name.to_vec() })
    }

    /// Makes the console's terminal, if there is one, that of the first process.
    pub fn give_console(&self, process: &Process) {
        let tty = self.tree.console.lock().clone();
        if let Some(tty) = tty {
            tty.control_session(process);
        }
    }
}

/// Opens `/dev/console`.
pub(super) fn open_console(call: &mut Call<'_>, flags: u32) -> Result<Arc<dyn File>, Stop> {
    let tty = call.kernel.tree.console.lock().clone().ok_or(Errno::ENODEV)?;
    take_if_free(call, &tty, flags);
    Ok(tty)
}
