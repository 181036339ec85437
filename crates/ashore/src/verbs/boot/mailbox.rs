//! What the kernel of a running machine has left so far.

use super::machine::KERNEL_AT;
use ashore_base::{Bytes, Mailbox};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Enough of the kernel's image to hold its mailbox's place, and the words of a mailbox.
const IMAGE_HEAD: usize = 64;
const MAILBOX: usize = 256;

/// The mailbox in a machine's memory, once there is one.
pub(super) fn read(memory: &File) -> Option<Mailbox> {
    let mut head = [0; IMAGE_HEAD];
    memory.read_exact_at(&mut head, KERNEL_AT).ok()?;
    let mut bytes = [0; MAILBOX];
    memory.read_exact_at(&mut bytes, KERNEL_AT.checked_add(Bytes(&head).u64(Mailbox::OFFSET_AT)?)?).ok()?;
    Mailbox::at(&bytes, 0)
}
