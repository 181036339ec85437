//! A network card.

use super::queue::{Queue, Writer};
use super::{NEW, Registers};
use ashore_kernel_core::{Lock, Network};

/// It tells its address.
const HAS_ADDRESS: u64 = 1 << 5;
/// What comes before a frame, in the old interface and the new one: nothing of it is used.
const OLD_HEADER: usize = 10;
const NEW_HEADER: usize = 12;
/// A frame and its header.
const BUFFER: usize = 2048;
/// The longest frame without its checksum.
const FRAME: usize = 1514;

/// The card.
#[derive(Debug)]
pub(crate) struct Card {
    address: [u8; 6],
    header: usize,
    receiving: Lock<Queue>,
    sending: Lock<Sending>,
}

#[derive(Debug)]
struct Sending {
    queue: Queue,
    /// The first buffers were never used.
    fresh: u16,
}

impl Card {
    /// Drives a card.
    pub(super) fn new(registers: Registers) -> Option<Card> {
        let taken = registers.begin(HAS_ADDRESS)?;
        let mut receiving = Queue::new(registers, 0, BUFFER, Writer::Device)?;
        let queue = Queue::new(registers, 1, BUFFER, Writer::Kernel)?;
        let mut address = [0; 6];
        if taken & HAS_ADDRESS != 0 {
            (0..).zip(&mut address).for_each(|(nth, byte)| *byte = registers.config(nth));
        } else {
            crate::random::fill(&mut address);
            // Not a group's, and nobody's registered one.
            address[0] = address[0] & !1 | 2;
        }
        (0..receiving.len()).for_each(|nth| receiving.give(nth, BUFFER));
        registers.go();
        receiving.notify();
        let header = if taken & NEW != 0 { NEW_HEADER } else { OLD_HEADER };
        Some(Card { address, header, receiving: Lock::new(receiving), sending: Lock::new(Sending { queue, fresh: 0 }) })
    }
}

impl Network for Card {
    fn address(&self) -> [u8; 6] {
        self.address
    }

    fn send(&self, frame: &[u8]) -> bool {
        if frame.len() > FRAME {
            return false;
        }
        let mut sending = self.sending.lock();
        let nth = match sending.queue.take() {
            Some((nth, _)) => nth,
            None if sending.fresh < sending.queue.len() => {
                sending.fresh += 1;
                sending.fresh - 1
            }
            None => return false,
        };
        let len = self.header + frame.len();
        let buffer = sending.queue.buffer(nth, len);
        buffer[..self.header].fill(0);
        buffer[self.header..].copy_from_slice(frame);
        sending.queue.give(nth, len);
        sending.queue.notify();
        true
    }

    fn receive(&self, into: &mut [u8]) -> Option<usize> {
        let mut receiving = self.receiving.lock();
        let (nth, len) = receiving.take()?;
        let frame = receiving.buffer(nth, len).get(self.header..).unwrap_or_default();
        let len = frame.len().min(into.len());
        into[..len].copy_from_slice(&frame[..len]);
        receiving.give(nth, BUFFER);
        receiving.notify();
        Some(len)
    }
}
