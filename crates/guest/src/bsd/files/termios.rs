//! Terminal modes. The three systems have one layout of 44 bytes: input, output, control and local modes, 20
//! control characters, input and output speed as plain numbers. Linux's `termios2` has the same size, other bits, and
//! a line discipline before 19 characters.

use crate::Ctx;
use ashore_base::{Addr, Bytes};
use ashore_pivot::{Arg, Errno, Sys};

/// Linux's requests.
mod request {
    pub const TCGETS2: u64 = 0x802c_542a;
    pub const TCSETS2: u64 = 0x402c_542b;
}

/// A record of either side.
type Record = [u8; 44];

/// Pairs of mode bits, the guest's and Linux's, one list for each of the four words.
static MODES: [&[(u32, u32)]; 4] = [INPUT, OUTPUT, CONTROL, LOCAL];

static INPUT: &[(u32, u32)] = &[
    (0x0001, 0x0001), // IGNBRK
    (0x0002, 0x0002), // BRKINT
    (0x0004, 0x0004), // IGNPAR
    (0x0008, 0x0008), // PARMRK
    (0x0010, 0x0010), // INPCK
    (0x0020, 0x0020), // ISTRIP
    (0x0040, 0x0040), // INLCR
    (0x0080, 0x0080), // IGNCR
    (0x0100, 0x0100), // ICRNL
    (0x0200, 0x0400), // IXON
    (0x0400, 0x1000), // IXOFF
    (0x0800, 0x0800), // IXANY
    (0x2000, 0x2000), // IMAXBEL
    (0x4000, 0x4000), // IUTF8
];

static OUTPUT: &[(u32, u32)] = &[
    (0x01, 0x0001), // OPOST
    (0x02, 0x0004), // ONLCR
    (0x04, 0x1800), // TAB3
    (0x10, 0x0008), // OCRNL
    (0x20, 0x0010), // ONOCR
    (0x40, 0x0020), // ONLRET
];

static CONTROL: &[(u32, u32)] = &[
    (0x0100, 0x0010), // the low bit of CSIZE
    (0x0200, 0x0020), // the high bit of CSIZE
    (0x0400, 0x0040), // CSTOPB
    (0x0800, 0x0080), // CREAD
    (0x1000, 0x0100), // PARENB
    (0x2000, 0x0200), // PARODD
    (0x4000, 0x0400), // HUPCL
    (0x8000, 0x0800), // CLOCAL
    // CCTS_OFLOW; CRTSCTS on NetBSD. FreeBSD's CRTSCTS has CRTS_IFLOW too, which Linux cannot tell apart.
    (0x0001_0000, 0x8000_0000),
];

static LOCAL: &[(u32, u32)] = &[
    (0x0001, 0x0800),      // ECHOKE
    (0x0002, 0x0010),      // ECHOE
    (0x0004, 0x0020),      // ECHOK
    (0x0008, 0x0008),      // ECHO
    (0x0010, 0x0040),      // ECHONL
    (0x0020, 0x0400),      // ECHOPRT
    (0x0040, 0x0200),      // ECHOCTL
    (0x0080, 0x0001),      // ISIG
    (0x0100, 0x0002),      // ICANON
    (0x0400, 0x8000),      // IEXTEN
    (0x0800, 0x0001_0000), // EXTPROC
    (0x0040_0000, 0x0100), // TOSTOP
    (0x0080_0000, 0x1000), // FLUSHO
    (0x2000_0000, 0x4000), // PENDIN
    (0x8000_0000, 0x0080), // NOFLSH
];

/// Control characters: the guest's place and Linux's.
static CHARACTERS: &[(usize, usize)] = &[
    (0, 4),   // VEOF
    (1, 11),  // VEOL
    (2, 16),  // VEOL2
    (3, 2),   // VERASE
    (4, 14),  // VWERASE
    (5, 3),   // VKILL
    (6, 12),  // VREPRINT
    (8, 0),   // VINTR
    (9, 1),   // VQUIT
    (10, 10), // VSUSP
    (12, 8),  // VSTART
    (13, 9),  // VSTOP
    (14, 15), // VLNEXT
    (15, 13), // VDISCARD
    (16, 6),  // VMIN
    (17, 5),  // VTIME
];

/// The guest's places whose values are counts, not characters.
static COUNTS: [usize; 2] = [16, 17];

/// A character that is switched off: the guest's value and Linux's.
const OFF: (u8, u8) = (0xff, 0);

/// Where the characters start: the guest's and Linux's.
const CHARACTERS_AT: (usize, usize) = (16, 17);

/// Where the speeds stand, on both sides.
const SPEEDS_AT: usize = 36;

/// Linux's speed bits in the control modes, and the value that says that the speeds are numbers.
const CBAUD: u32 = 0x100f_100f;
const BOTHER: u32 = 0x1000_1000;

fn from_linux(linux: &Record) -> Record {
    let mut guest = [0; 44];
    for (n, (to, pairs)) in guest.chunks_exact_mut(4).zip(MODES).enumerate() {
        let bits = Bytes(linux).u32(n as u64 * 4).unwrap_or(0);
        let set = pairs.iter().filter(|(_, theirs)| bits & theirs == *theirs);
        to.copy_from_slice(&set.fold(0, |bits, (ours, _)| bits | ours).to_le_bytes());
    }
    for at in 0..20 {
        let place = CHARACTERS.iter().find(|(ours, _)| *ours == at);
        let value = place.and_then(|(_, theirs)| linux.get(CHARACTERS_AT.1 + theirs));
        let value = match value {
            Some(count) if COUNTS.contains(&at) => *count,
            Some(value) if *value != OFF.1 => *value,
            _ => OFF.0,
        };
        if let Some(to) = guest.get_mut(CHARACTERS_AT.0 + at) {
            *to = value;
        }
    }
    if let (Some(to), Some(from)) = (guest.get_mut(SPEEDS_AT..), linux.get(SPEEDS_AT..)) {
        to.copy_from_slice(from);
    }
    guest
}

/// Puts what the guest says into what Linux has; what the guest has no word for stays.
fn to_linux(guest: &Record, linux: &mut Record) {
    for (n, (to, pairs)) in linux.chunks_exact_mut(4).zip(MODES).enumerate() {
        let wanted = Bytes(guest).u32(n as u64 * 4).unwrap_or(0);
        let mut bits = Bytes(to).u32(0).unwrap_or(0);
        for (ours, theirs) in pairs {
            bits = if wanted & ours == *ours { bits | theirs } else { bits & !theirs };
        }
        if n == 2 {
            bits = bits & !CBAUD | BOTHER;
        }
        to.copy_from_slice(&bits.to_le_bytes());
    }
    for (ours, theirs) in CHARACTERS {
        if let (Some(value), Some(to)) = (guest.get(CHARACTERS_AT.0 + ours), linux.get_mut(CHARACTERS_AT.1 + theirs)) {
            *to = if *value == OFF.0 && !COUNTS.contains(ours) { OFF.1 } else { *value };
        }
    }
    if let (Some(to), Some(from)) = (linux.get_mut(SPEEDS_AT..), guest.get(SPEEDS_AT..)) {
        to.copy_from_slice(from);
    }
}

fn ask(ctx: &Ctx<'_>, fd: i32) -> Result<Record, Errno> {
    let mut linux = [0; 44];
    ctx.call_with(Sys::IOCTL, &mut [fd.into(), request::TCGETS2.into(), Arg::Out(&mut linux)])?;
    Ok(linux)
}

/// `TIOCGETA`
pub(super) fn get(ctx: &Ctx<'_>, fd: i32, at: Addr) -> Result<u64, Errno> {
    let linux = ask(ctx, fd)?;
    ctx.write(at, &from_linux(&linux))?;
    Ok(0)
}

/// `TIOCSETA`, `TIOCSETAW`, `TIOCSETAF`: at once (0), after the output (1), and after it with the input thrown away (2).
pub(super) fn set(ctx: &Ctx<'_>, fd: i32, at: Addr, when: u64) -> Result<u64, Errno> {
    let guest = ctx.read::<44>(at)?;
    let mut linux = ask(ctx, fd)?;
    to_linux(&guest, &mut linux);
    ctx.wait_with(Sys::IOCTL, &mut [fd.into(), (request::TCSETS2 + when).into(), Arg::In(&linux)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_go_both_ways() {
        let mut guest: Record = [0; 44];
        for (n, to) in guest.chunks_exact_mut(4).take(4).enumerate() {
            let bits = MODES[n].iter().step_by(2).fold(0, |bits, (ours, _)| bits | ours);
            to.copy_from_slice(&u32::to_le_bytes(bits));
        }
        guest[16..36]
            .copy_from_slice(&[4, 255, 255, 127, 23, 21, 18, 255, 3, 28, 26, 255, 17, 19, 22, 15, 1, 0, 255, 255]);
        guest[36..40].copy_from_slice(&38400u32.to_le_bytes());
        guest[40..44].copy_from_slice(&38400u32.to_le_bytes());
        let mut linux = [0; 44];
        to_linux(&guest, &mut linux);
        assert_eq!(from_linux(&linux), guest);
        assert_eq!(linux[17], 3, "VINTR is Linux's first character");
    }
}
