//! What a Linux call does to its caller's memory, and whether it can be answered a second time without the kernel.
//!
//! Calls whose words are all the guest's say nothing of what they write; [`EFFECTS`] does. A recording keeps what the
//! rows name, and a replay puts it there again.

mod table;

pub use table::{EFFECTS, IOCTLS, SILENT_IOCTLS};

use crate::{Errno, Sys};

/// What one call does.
#[derive(Debug, Clone, Copy)]
pub struct Effect {
    /// The call.
    pub sys: Sys,
    /// What it does.
    pub kind: Kind,
}

/// What a call does.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// It answers by its result alone.
    Answer,
    /// It writes to its caller's memory.
    Writes(&'static [Output]),
    /// It gives bytes of its caller to the world.
    Sends(Input),
    /// What it writes depends on its words.
    By(Special),
    /// It changes the address space: a replay makes it too.
    Memory,
    /// A process answers it by itself and asks nobody.
    Own,
    /// A recording answers it with this error, as a kernel without it does: programs have another way.
    Denied(Errno),
    /// It cannot be recorded, for this reason.
    Refused(&'static str),
}

/// When something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// When the call succeeds.
    Success,
    /// When it fails, too.
    Always,
}

/// A word that says where a call writes.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// Which word.
    pub word: u8,
    /// How much is written there.
    pub len: Length,
    /// When.
    pub when: When,
}

/// How much a call writes. Numbers that are not bytes are those of words.
#[derive(Debug, Clone, Copy)]
pub enum Length {
    /// So many bytes.
    Bytes(u32),
    /// As many bytes as the result says, at most what this word says.
    Result(u8),
    /// So many bytes, and as many as the result says.
    ResultAfter(u32),
    /// As many records of so many bytes as the result says.
    Results(u32),
    /// As many records of so many bytes as this word says.
    Count(u8, u32),
    /// What the 32-bit word that this word points at holds before the call.
    Held(u8),
    /// As many bytes as the result says, in pieces: a `struct iovec` each, as many as this word says.
    Vector(u8),
    /// One bit for each that this word counts, in whole 64-bit words.
    Bits(u8),
    /// One byte for each page of as many bytes as this word says.
    Pages(u8),
}

/// Bytes that a call gives to the world, as many as its result says. Numbers are those of words.
#[derive(Debug, Clone, Copy)]
pub enum Input {
    /// In one piece.
    Bytes {
        /// Where.
        at: u8,
        /// At most how many.
        len: u8,
    },
    /// In pieces, a `struct iovec` each.
    Vector {
        /// Where those are.
        at: u8,
        /// How many they are.
        count: u8,
    },
    /// What a `struct msghdr` names.
    Message {
        /// Where that is.
        at: u8,
    },
}

/// A call whose other words say what it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// `ioctl`: its request.
    Ioctl,
    /// `fcntl`: its command.
    Fcntl,
    /// `prctl`: its option.
    Prctl,
    /// `futex`: its operation.
    Futex,
    /// `recvmsg`: the record its second word points at.
    ReceiveMessage,
}

/// What an ioctl of this request writes at its third word: `None` when nobody knows.
pub fn ioctl_len(request: u32) -> Option<u32> {
    /// Where the number of a request has the direction and the length of its record.
    const WRITES: u32 = 1 << 31;
    const LEN_SHIFT: u32 = 16;
    const LEN_MASK: u32 = 0x3fff;
    /// Types of requests whose records hold no pointers: terminals, blocks, random bytes.
    const PLAIN: [u8; 3] = [b'T', 0x12, b'R'];
    if let Ok(at) = IOCTLS.binary_search_by_key(&request, |row| row.0) {
        return IOCTLS.get(at).map(|row| row.1);
    }
    if SILENT_IOCTLS.contains(&request) {
        return Some(0);
    }
    let len = request >> LEN_SHIFT & LEN_MASK;
    let writes = request & WRITES != 0;
    let is_plain = PLAIN.contains(&((request >> 8) as u8));
    match (writes, len) {
        (false, 1..) => Some(0),
        (true, 1..) if is_plain => Some(len),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ROWS;

    #[test]
    fn every_call_of_x86_64_has_one_effect() {
        let calls = ROWS.iter().filter(|row| row.x86_64.is_some()).map(|row| row.sys);
        assert!(calls.eq(EFFECTS.iter().map(|row| row.sys)));
    }

    #[test]
    fn effects_name_words_that_a_call_has() {
        for row in EFFECTS {
            if let Kind::Writes(outputs) = row.kind {
                assert!(!outputs.is_empty(), "{:?}", row.sys);
                assert!(outputs.iter().all(|output| output.word < 6), "{:?}", row.sys);
            }
        }
    }

    #[test]
    fn requests_of_ioctl_ascend_and_those_known_tell_their_length() {
        assert!(IOCTLS.is_sorted_by(|a, b| a.0 < b.0));
        assert!(IOCTLS.iter().all(|row| !SILENT_IOCTLS.contains(&row.0)));
        assert_eq!(ioctl_len(0x5413), Some(8));
        // TCGETS2, FS_IOC_GETFLAGS, FICLONE (which reads), FS_IOC_FIEMAP (which has pieces behind its record).
        assert_eq!(ioctl_len(0x802c_542a), Some(44));
        assert_eq!(ioctl_len(0x8008_6601), Some(8));
        assert_eq!(ioctl_len(0x4004_9409), Some(0));
        assert_eq!(ioctl_len(0xc020_660b), None);
        assert_eq!(ioctl_len(0x5400), None);
    }
}
