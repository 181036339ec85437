//! The mailbox of a machine: where its kernel leaves for the host how it ended and where everything is.
//!
//! The kernel's image holds one. The host finds it in the machine's memory, which it shares as a file: the kernel's image
//! begins at a multiple of 4 KiB with an arm64 Image header, and that header's word at [`Mailbox::OFFSET_AT`] tells how many
//! bytes after the header the mailbox lies. All addresses in it are physical unless they say otherwise; 0 is "none".

use crate::Bytes;

/// What a kernel leaves, words of eight bytes in this order, little-endian.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Mailbox {
    /// [`Mailbox::MAGIC`].
    pub magic: u64,
    /// [`Mailbox::VERSION`]: the meaning of the words.
    pub version: u64,
    /// How it ended: one of the `RUNNING`, `EXITED`, `KILLED`, `PANICKED` words.
    pub ending: u64,
    /// The exit status or the signal's number.
    pub status: u64,
    /// The report of a panic, text in UTF-8: where and how many bytes.
    pub report_at: u64,
    /// See `report_at`.
    pub report_len: u64,
    /// Where RAM begins (offset 0 of the file that is the machine's memory) and its length.
    pub ram_at: u64,
    /// See `ram_at`.
    pub ram_len: u64,
    /// What to add to a physical address to get the kernel's own address of the same byte of RAM.
    pub direct: u64,
    /// Where the kernel's image lies, its own address of it, and its length in memory.
    pub image_at: u64,
    /// See `image_at`.
    pub image_address: u64,
    /// See `image_at`.
    pub image_len: u64,
    /// The ring of trace records and its length; its layout is the kernel core's.
    pub trace_at: u64,
    /// See `trace_at`.
    pub trace_len: u64,
    /// The record of processes and their memory, from which a host writes core files; its layout is the kernel core's.
    pub tasks_at: u64,
    /// See `tasks_at`.
    pub tasks_len: u64,
    /// Nanoseconds from the counter's zero to the first instruction of a program.
    pub first_run: u64,
    /// Nanoseconds from the counter's zero to the end.
    pub end: u64,
    /// Another number every second or two, as long as the kernel can do something.
    pub beat: u64,
    /// The ring the host may put input into: an [`Inbox`](crate::Inbox).
    pub inbox_at: u64,
}

impl Mailbox {
    /// "ASHORE-M" in memory.
    pub const MAGIC: u64 = u64::from_le_bytes(*b"ASHORE-M");
    /// The version this describes.
    pub const VERSION: u64 = 1;
    /// The offset in the image header of the word that tells the mailbox's offset.
    pub const OFFSET_AT: u64 = 32;
    /// The magic of an arm64 Image header, "ARM\x64".
    pub const IMAGE_MAGIC: u32 = 0x644d_5241;
    /// Where that magic is in the header.
    pub const IMAGE_MAGIC_AT: u64 = 56;

    /// It has not ended, or was ended from outside.
    pub const RUNNING: u64 = 0;
    /// The first program returned `status`.
    pub const EXITED: u64 = 1;
    /// The first program died of the signal `status`.
    pub const KILLED: u64 = 2;
    /// The kernel panicked; the report says why.
    pub const PANICKED: u64 = 3;

    /// A mailbox nothing was put into.
    pub const EMPTY: Mailbox = Mailbox {
        magic: Mailbox::MAGIC,
        version: Mailbox::VERSION,
        ending: Mailbox::RUNNING,
        status: 0,
        report_at: 0,
        report_len: 0,
        ram_at: 0,
        ram_len: 0,
        direct: 0,
        image_at: 0,
        image_address: 0,
        image_len: 0,
        trace_at: 0,
        trace_len: 0,
        tasks_at: 0,
        tasks_len: 0,
        first_run: 0,
        end: 0,
        beat: 0,
        inbox_at: 0,
    };

    /// The mailbox of the kernel whose image begins at `image` in a machine's memory.
    pub fn of_image(memory: &[u8], image: u64) -> Option<Mailbox> {
        let bytes = Bytes(memory);
        if bytes.u32(image.checked_add(Mailbox::IMAGE_MAGIC_AT)?)? != Mailbox::IMAGE_MAGIC {
            return None;
        }
        Mailbox::at(memory, image.checked_add(bytes.u64(image.checked_add(Mailbox::OFFSET_AT)?)?)?)
    }

    /// The mailbox at `at` in a machine's memory.
    pub fn at(memory: &[u8], at: u64) -> Option<Mailbox> {
        let word = |nth: u64| Bytes(memory).u64(at.checked_add(nth * 8)?);
        let found = Mailbox {
            magic: word(0)?,
            version: word(1)?,
            ending: word(2)?,
            status: word(3)?,
            report_at: word(4)?,
            report_len: word(5)?,
            ram_at: word(6)?,
            ram_len: word(7)?,
            direct: word(8)?,
            image_at: word(9)?,
            image_address: word(10)?,
            image_len: word(11)?,
            trace_at: word(12)?,
            trace_len: word(13)?,
            tasks_at: word(14)?,
            tasks_len: word(15)?,
            first_run: word(16)?,
            end: word(17)?,
            beat: word(18)?,
            inbox_at: word(19)?,
        };
        (found.magic == Mailbox::MAGIC && found.version == Mailbox::VERSION).then_some(found)
    }

    /// The report of a panic, out of the machine's memory.
    pub fn report<'a>(&self, memory: &'a [u8]) -> Option<&'a [u8]> {
        Bytes(memory).slice(self.report_at.checked_sub(self.ram_at)?, self.report_len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::{offset_of, size_of};

    #[test]
    fn a_mailbox_is_found_through_the_image_header() {
        let mut memory = [0u8; 0x400];
        let image = 0x100;
        memory[image + 56..image + 60].copy_from_slice(b"ARM\x64");
        memory[image + 32] = 0x80;
        assert_eq!(Mailbox::of_image(&memory, image as u64), None);
        let words =
            [(0, Mailbox::MAGIC), (1, 1), (2, Mailbox::EXITED), (3, 7), (4, 0x4000_0000), (5, 4), (6, 0x4000_0000)];
        for (nth, word) in words {
            memory[0x180 + nth * 8..0x188 + nth * 8].copy_from_slice(&u64::to_le_bytes(word));
        }
        memory[..4].copy_from_slice(b"text");
        let found = Mailbox::of_image(&memory, image as u64).unwrap();
        assert_eq!((found.ending, found.status), (Mailbox::EXITED, 7));
        assert_eq!(found.report(&memory), Some(&b"text"[..]));
        for len in 0..memory.len() {
            let _ = Mailbox::of_image(&memory[..len], image as u64);
        }
    }

    #[test]
    fn the_layout_is_the_order_of_the_words() {
        assert_eq!(size_of::<Mailbox>(), 20 * 8);
        assert_eq!((offset_of!(Mailbox, status), offset_of!(Mailbox, beat)), (24, 18 * 8));
    }
}
