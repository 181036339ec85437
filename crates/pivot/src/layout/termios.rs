//! Terminals: `struct termios` as the kernel has it, which is shorter than the C library's.

use super::record::{constants, record};

record! {
    /// `struct termios` of `TCGETS`.
    Termios: 36 {
        /// Input.
        iflag @ 0: u32,
        /// Output.
        oflag @ 4: u32,
        /// Line.
        cflag @ 8: u32,
        /// Editing, echo, signals.
        lflag @ 12: u32,
        /// The discipline.
        line @ 16: u8,
        /// The special characters, by [`CHARACTERS`].
        cc @ 17: [u8; 19],
    }
}

record! {
    /// `struct termios2` of `TCGETS2`.
    Termios2: 44 {
        /// Input.
        iflag @ 0: u32,
        /// Output.
        oflag @ 4: u32,
        /// Line.
        cflag @ 8: u32,
        /// Editing, echo, signals.
        lflag @ 12: u32,
        /// The discipline.
        line @ 16: u8,
        /// The special characters, by [`CHARACTERS`].
        cc @ 17: [u8; 19],
        /// Bits per second, in.
        ispeed @ 36: u32,
        /// Bits per second, out.
        ospeed @ 40: u32,
    }
}

record! {
    /// `struct winsize`.
    Winsize: 8 {
        /// Rows.
        row @ 0: u16,
        /// Columns.
        col @ 2: u16,
        /// Width in dots.
        xpixel @ 4: u16,
        /// Height in dots.
        ypixel @ 6: u16,
    }
}

constants! {
    /// Flags of the input.
    INPUT: u32 {
        IGNBRK = 1,
        BRKINT = 2,
        IGNPAR = 4,
        PARMRK = 8,
        INPCK = 0x10,
        ISTRIP = 0x20,
        INLCR = 0x40,
        IGNCR = 0x80,
        ICRNL = 0x100,
        IUCLC = 0x200,
        IXON = 0x400,
        IXANY = 0x800,
        IXOFF = 0x1000,
        IMAXBEL = 0x2000,
        IUTF8 = 0x4000,
    }
}

constants! {
    /// Flags of the output.
    OUTPUT: u32 {
        OPOST = 1,
        OLCUC = 2,
        ONLCR = 4,
        OCRNL = 8,
        ONOCR = 0x10,
        ONLRET = 0x20,
    }
}

constants! {
    /// Flags of the line.
    LINE: u32 {
        CSIZE = 0x30,
        CS8 = 0x30,
        CSTOPB = 0x40,
        CREAD = 0x80,
        PARENB = 0x100,
        HUPCL = 0x400,
        CLOCAL = 0x800,
        CBAUD = 0x100f,
        B9600 = 0xd,
        B38400 = 0xf,
        B115200 = 0x1002,
        BOTHER = 0x1000,
    }
}

constants! {
    /// Flags of editing, echo and signals.
    LOCAL: u32 {
        ISIG = 1,
        ICANON = 2,
        XCASE = 4,
        ECHO = 8,
        ECHOE = 0x10,
        ECHOK = 0x20,
        ECHONL = 0x40,
        NOFLSH = 0x80,
        TOSTOP = 0x100,
        ECHOCTL = 0x200,
        ECHOPRT = 0x400,
        ECHOKE = 0x800,
        FLUSHO = 0x1000,
        PENDIN = 0x4000,
        IEXTEN = 0x8000,
    }
}

constants! {
    /// Places of the special characters.
    CHARACTERS: u32 {
        VINTR = 0,
        VQUIT = 1,
        VERASE = 2,
        VKILL = 3,
        VEOF = 4,
        VTIME = 5,
        VMIN = 6,
        VSWTC = 7,
        VSTART = 8,
        VSTOP = 9,
        VSUSP = 10,
        VEOL = 11,
        VREPRINT = 12,
        VDISCARD = 13,
        VWERASE = 14,
        VLNEXT = 15,
        VEOL2 = 16,
    }
}

impl Termios {
    /// A new terminal's: cooked, with echo, as Linux sets a console up.
    pub const NEW: Termios = Termios {
        iflag: ICRNL | IXON,
        oflag: OPOST | ONLCR,
        cflag: B38400 | CS8 | CREAD | HUPCL,
        lflag: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
        line: 0,
        cc: [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0],
    };
}
