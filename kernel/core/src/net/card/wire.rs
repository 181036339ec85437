//! The card as the stack sees it.

use crate::machine::Machine;
use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

/// The longest frame.
const FRAME: usize = 1514;

/// The machine's network card.
pub(super) struct Wire {
    pub(super) machine: &'static dyn Machine,
    frame: [u8; FRAME],
}

impl Wire {
    pub(super) fn new(machine: &'static dyn Machine) -> Wire {
        Wire { machine, frame: [0; FRAME] }
    }
}

impl Device for Wire {
    type RxToken<'a> = Came<'a>;
    type TxToken<'a> = Goes;

    fn receive(&mut self, _now: Instant) -> Option<(Came<'_>, Goes)> {
        let len = self.machine.network()?.receive(&mut self.frame)?;
        Some((Came(self.frame.get(..len)?), Goes(self.machine)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Goes> {
        self.machine.network().map(|_| Goes(self.machine))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = FRAME;
        capabilities.checksum = ChecksumCapabilities::default();
        capabilities
    }
}

/// A frame that came.
pub(super) struct Came<'a>(&'a [u8]);

impl RxToken for Came<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, seen: F) -> R {
        seen(self.0)
    }
}

/// A frame that is to go.
pub(super) struct Goes(&'static dyn Machine);

impl TxToken for Goes {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, filled: F) -> R {
        let mut frame = [0; FRAME];
        let frame = frame.get_mut(..len).unwrap_or_default();
        let result = filled(frame);
        if let Some(card) = self.0.network() {
            // One that finds no room is lost, as on any wire; the stack sends again.
            card.send(frame);
        }
        result
    }
}
