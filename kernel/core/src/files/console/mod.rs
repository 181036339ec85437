//! The console: where the first program's input comes from and its output goes.
//!
//! The host says which of its streams are terminals. Those are one terminal here; the others are bytes that nobody
//! changes. On a wired console every stream has its channel.

mod streams;

use crate::fd::{Files, Slot};
use crate::file::{File, Open};
use crate::kernel::{Device, Kernel};
use crate::lock::Lock;
use alloc::sync::Arc;
use ashore_formats::boot::wire::{Channel, Receiver, Sender};
use ashore_formats::boot::{Start, Stream};
use ashore_pivot::Errno;
use streams::{Input, Output};

/// The console.
pub struct Console {
    /// The two ends of the wire, when there is one.
    wire: Option<(Lock<Sender>, Lock<Receiver>)>,
    /// Bytes for a program whose input is no terminal.
    input: Arc<Input>,
}

impl Console {
    /// Prints bytes of a channel.
    fn send(&self, kernel: &Kernel, channel: Channel, bytes: &[u8]) {
        let machine = kernel.machine();
        match &self.wire {
            Some((sender, _)) => sender.lock().send(channel, bytes, |piece| machine.print(piece)),
            None => machine.print(bytes),
        }
    }

    /// Bytes were typed or sent.
    fn received(&self, kernel: &Kernel, bytes: &[u8]) {
        self.input.put(kernel, bytes);
    }
}

/// Bytes taken from the machine at a time.
const PIECE: usize = 128;

impl Device for Console {
    fn interrupt(&self, kernel: &Kernel) {
        let mut buffer = [0; PIECE];
        loop {
            let count = kernel.machine().typed(&mut buffer);
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { return };
            match &self.wire {
                None => self.received(kernel, bytes),
                Some((_, receiver)) => receiver.lock().receive(bytes, |channel, piece| match channel {
                    Channel::Stream => self.received(kernel, piece),
                    Channel::End => self.input.end(kernel),
                    Channel::Kernel | Channel::Errors => {}
                }),
            }
        }
    }
}

impl Kernel {
    /// Sets the console up and gives the descriptors the first program starts with.
    pub fn begin_console(&self, start: &Start) -> Result<Files, Errno> {
        let wire = start.is_wired.then(|| (Lock::default(), Lock::default()));
        let console = Arc::new(Console { wire, input: Arc::default() });
        self.devices.lock().push(console.clone());
        let files = Files::default();
        let [input, output, errors] = start.streams;
        let stream: [(Stream, Arc<dyn File>, u32); 3] = [
            (input, console.input.clone(), 0),
            (output, Arc::new(Output { console: console.clone(), channel: Channel::Stream }), 1),
            (errors, Arc::new(Output { console: console.clone(), channel: Channel::Errors }), 1),
        ];
        for (_, file, flags) in stream {
            files.add(self, Slot { open: Open::new(file, flags), closes_on_exec: false }, 0, 3)?;
        }
        Ok(files)
    }
}
