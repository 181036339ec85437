//! The way of our input to the kernel: through its memory where it has a place for that, else over the serial line.

use super::mailbox;
use ashore_base::Inbox;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::process::ChildStdin;
use std::time::Duration;

/// How long we wait before we look for room again.
const WAIT: Duration = Duration::from_millis(1);

/// Where bytes for the kernel go.
pub(super) struct Way {
    line: ChildStdin,
    ring: Option<Ring>,
}

/// The ring in the machine's memory.
struct Ring {
    memory: File,
    /// Where it lies.
    at: u64,
    put: u64,
}

impl Way {
    /// The way into a machine whose kernel listens.
    pub(super) fn new(line: ChildStdin, memory: &File) -> Way {
        let at = mailbox::read(memory).filter(|mailbox| mailbox.inbox_at != 0);
        let at = at.and_then(|mailbox| mailbox.inbox_at.checked_sub(mailbox.ram_at));
        let ring = at.zip(memory.try_clone().ok()).map(|(at, memory)| Ring { memory, at, put: 0 });
        Way { line, ring }
    }

    /// Sends bytes; waits until there is room for all of them.
    pub(super) fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let Some(ring) = &mut self.ring else { return self.line.write_all(bytes) };
        while !bytes.is_empty() {
            let count = ring.put(bytes)?;
            if count == 0 {
                std::thread::sleep(WAIT);
                continue;
            }
            self.line.write_all(&[0])?;
            bytes = bytes.get(count..).unwrap_or_default();
        }
        Ok(())
    }
}

impl Ring {
    fn word(&self, nth: usize) -> u64 {
        self.at + nth as u64 * 8
    }

    /// Puts in what there is room for; how much that was.
    fn put(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = [0; 8];
        self.memory.read_exact_at(&mut taken, self.word(Inbox::TAKEN))?;
        let waiting = self.put.saturating_sub(u64::from_le_bytes(taken));
        let place = (self.put % Inbox::LEN as u64) as usize;
        // No further than the ring's end: the rest is for the next time.
        let room = Inbox::LEN.saturating_sub(waiting as usize).min(Inbox::LEN - place);
        let count = room.min(bytes.len());
        if count > 0 {
            self.memory.write_all_at(bytes.get(..count).unwrap_or_default(), self.word(Inbox::BYTES) + place as u64)?;
            self.put += count as u64;
            self.memory.write_all_at(&self.put.to_le_bytes(), self.word(Inbox::PUT))?;
        }
        Ok(count)
    }
}
