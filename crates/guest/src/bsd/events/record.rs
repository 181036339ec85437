//! `struct kevent`, in the layout of each system and age.

use ashore_base::Bytes;

/// A change or an event, in the guest's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Event {
    /// What is watched: a descriptor, a process, a signal, or a name of the program's own.
    pub ident: u64,
    /// The filter's number.
    pub filter: i32,
    /// `EV_*` bits.
    pub flags: u32,
    /// `NOTE_*` bits.
    pub fflags: u32,
    /// The filter's number: bytes, a count, a status.
    pub data: i64,
    /// The program's own word, never looked at.
    pub udata: u64,
    /// More words of the program's own, in records that have them.
    pub ext: [u64; 4],
}

/// How wide the filter and flag words of a record are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    /// 16 bits each.
    Narrow,
    /// 32 bits each.
    Wide,
}

/// One layout of the record.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// How many bytes a record has.
    pub size: usize,
    words: Words,
    has_ext: bool,
}

impl Layout {
    /// The first one: 16-bit filter and flags.
    pub const CLASSIC: Layout = Layout { size: 32, words: Words::Narrow, has_ext: false };
    /// The first one, with four words at its end (FreeBSD since 12).
    pub const EXTENDED: Layout = Layout { size: 64, words: Words::Narrow, has_ext: true };
    /// 32-bit filter and flags (NetBSD).
    pub const WIDE: Layout = Layout { size: 40, words: Words::Wide, has_ext: false };
    /// The same with four words at its end (NetBSD since 11).
    pub const WIDE_EXTENDED: Layout = Layout { size: 72, words: Words::Wide, has_ext: true };

    /// Reads a record; `None` when `bytes` are fewer than one has.
    pub fn decode(&self, bytes: &[u8]) -> Option<Event> {
        let bytes = Bytes(bytes);
        let mut event = Event { ident: bytes.u64(0)?, ..Event::default() };
        let data = match self.words {
            Words::Narrow => {
                event.filter = i32::from(bytes.u16(8)? as i16);
                event.flags = u32::from(bytes.u16(10)?);
                event.fflags = bytes.u32(12)?;
                16
            }
            Words::Wide => {
                event.filter = bytes.u32(8)? as i32;
                event.flags = bytes.u32(12)?;
                event.fflags = bytes.u32(16)?;
                24
            }
        };
        event.data = bytes.u64(data)? as i64;
        event.udata = bytes.u64(data + 8)?;
        if self.has_ext {
            for (n, word) in (0u64..).zip(event.ext.iter_mut()) {
                *word = bytes.u64(data + 16 + 8 * n)?;
            }
        }
        Some(event)
    }

    /// Appends a record.
    pub fn encode(&self, event: &Event, into: &mut alloc::vec::Vec<u8>) {
        into.extend(event.ident.to_le_bytes());
        match self.words {
            Words::Narrow => {
                into.extend((event.filter as i16).to_le_bytes());
                into.extend((event.flags as u16).to_le_bytes());
                into.extend(event.fflags.to_le_bytes());
            }
            Words::Wide => {
                into.extend(event.filter.to_le_bytes());
                into.extend(event.flags.to_le_bytes());
                into.extend(event.fflags.to_le_bytes());
                into.extend([0; 4]);
            }
        }
        into.extend(event.data.to_le_bytes());
        into.extend(event.udata.to_le_bytes());
        if self.has_ext {
            for word in event.ext {
                into.extend(word.to_le_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn every_layout_reads_what_it_wrote() {
        for layout in [Layout::CLASSIC, Layout::EXTENDED, Layout::WIDE, Layout::WIDE_EXTENDED] {
            let ext = if layout.has_ext { [5, 6, 7, u64::MAX] } else { [0; 4] };
            let event = Event {
                ident: 0xee1e_b9f4,
                filter: if layout.words == Words::Narrow { -11 } else { 8 },
                flags: 0xc021,
                fflags: 0x8100_0000,
                data: -3,
                udata: 0xffff_8000_1234_5678,
                ext,
            };
            let mut bytes = Vec::new();
            layout.encode(&event, &mut bytes);
            assert_eq!(bytes.len(), layout.size);
            assert_eq!(layout.decode(&bytes), Some(event));
            assert_eq!(layout.decode(&bytes[..bytes.len() - 1]), None);
        }
    }

    #[test]
    fn the_fields_stand_where_go_reads_them() {
        let event = Event { filter: -1, flags: 0x8021, data: 7, udata: 9, ..Event::default() };
        let mut bytes = Vec::new();
        Layout::EXTENDED.encode(&event, &mut bytes);
        assert_eq!(&bytes[8..12], &[0xff, 0xff, 0x21, 0x80]);
        assert_eq!((bytes[16], bytes[24]), (7, 9));
        bytes.clear();
        Layout::WIDE.encode(&Event { filter: 1, ..event }, &mut bytes);
        assert_eq!((bytes[8], bytes[12], bytes[24], bytes[32]), (1, 0x21, 7, 9));
    }
}
