//! Reading frames: hostile bytes give a [`Damage`] with its place.

use super::{MAGIC, Tag, VERSION};
use std::fmt;

/// How many arguments or variables a program may have, and how many words a call has.
const STRINGS_MAX: u64 = 1 << 20;

/// What is wrong with a recording, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The byte of the file.
    pub offset: u64,
    /// What is wrong there.
    pub what: &'static str,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset {:#x}: {}", self.offset, self.what)
    }
}

/// What was run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The version of Ashore.
    pub version: String,
    /// The guest's system.
    pub os: String,
    /// The CPU: its name and what it can.
    pub cpu: String,
    /// The absolute path of the program.
    pub path: Vec<u8>,
    /// How long its file is.
    pub program_len: u64,
    /// The check sum of its file.
    pub program_hash: u64,
    /// The tree that absolute paths were looked up in.
    pub root: Option<Vec<u8>>,
    /// The arguments.
    pub args: Vec<Vec<u8>>,
    /// The environment.
    pub env: Vec<Vec<u8>>,
}

/// A signal as it was delivered, in Linux's numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signalled {
    /// Which.
    pub signal: u8,
    /// `si_code`.
    pub code: i32,
    /// `si_errno`.
    pub errno: i32,
    /// The sender's process.
    pub pid: i32,
    /// The sender's user.
    pub uid: u32,
    /// SIGCHLD's status.
    pub status: i32,
    /// The value sent along.
    pub value: u64,
}

/// One frame after the first two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record<'a> {
    /// Something the outside decided.
    Choice {
        /// What.
        what: u8,
        /// How.
        value: u64,
    },
    /// A call of the guest.
    Call {
        /// Its number.
        number: u64,
        /// Its words.
        args: [u64; 8],
    },
    /// The answer of a Linux call.
    Linux {
        /// The call.
        sys: u16,
        /// The check sum of its words.
        check: u32,
        /// What the kernel returned, an error as a negative number.
        result: u64,
        /// The check sum of what it sent, 0 when it sent nothing.
        sent: u32,
        /// What it wrote.
        outputs: Outputs<'a>,
    },
    /// A mapping.
    Map {
        /// Its address, or an error as a negative number.
        result: u64,
        /// What the file held there.
        contents: &'a [u8],
    },
    /// A signal.
    Signal(Signalled),
    /// A fault of the guest.
    Fault {
        /// The Linux signal it raised.
        signal: u8,
        /// The instruction.
        at: u64,
    },
    /// The end.
    End {
        /// Which kind ([`super::ending`]).
        kind: u8,
        /// The status or signal.
        value: u8,
    },
    /// Why the recording stops.
    Stop {
        /// For a person.
        why: &'a [u8],
    },
}

/// What a call wrote: [`Outputs::next`] gives one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs<'a>(Fields<'a>);

/// One thing a call wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written<'a> {
    /// Where ([`super::place`]).
    pub place: u8,
    /// The address, in the guest's memory.
    pub at: u64,
    /// What.
    pub bytes: &'a [u8],
}

impl<'a> Iterator for Outputs<'a> {
    type Item = Result<Written<'a>, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.bytes.is_empty() {
            return None;
        }
        let written = self.written();
        if written.is_err() {
            self.0.bytes = &[];
        }
        Some(written)
    }
}

impl<'a> Outputs<'a> {
    fn written(&mut self) -> Result<Written<'a>, Damage> {
        let place = self.0.byte()?;
        let at = if place == super::place::MEMORY { self.0.long()? } else { 0 };
        let len = self.0.word()?;
        Ok(Written { place, at, bytes: self.0.take(len.into())? })
    }
}

/// The fields of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fields<'a> {
    bytes: &'a [u8],
    offset: u64,
}

impl<'a> Fields<'a> {
    fn damage(&self, what: &'static str) -> Damage {
        Damage { offset: self.offset, what }
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], Damage> {
        let short = self.damage("a frame ends before what it announces");
        let (taken, rest) = usize::try_from(len).ok().and_then(|len| self.bytes.split_at_checked(len)).ok_or(short)?;
        self.bytes = rest;
        self.offset += len;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Damage> {
        Ok(self.take(1)?.first().copied().unwrap_or_default())
    }

    fn number(&mut self) -> Result<u64, Damage> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(self.damage("a number is too long"))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let short = self.damage("a frame ends before what it announces");
        self.take(N as u64)?.first_chunk::<N>().copied().ok_or(short)
    }

    fn half(&mut self) -> Result<u16, Damage> {
        self.array().map(u16::from_le_bytes)
    }

    fn word(&mut self) -> Result<u32, Damage> {
        self.array().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Result<u64, Damage> {
        self.array().map(u64::from_le_bytes)
    }

    fn longs(&mut self) -> Result<[u64; 8], Damage> {
        let mask = self.byte()?;
        let mut longs = [0; 8];
        for (at, long) in longs.iter_mut().enumerate() {
            if mask & 1 << at != 0 {
                *long = self.long()?;
            }
        }
        Ok(longs)
    }

    fn bytes(&mut self) -> Result<&'a [u8], Damage> {
        let len = self.number()?;
        self.take(len)
    }

    fn text(&mut self) -> Result<String, Damage> {
        Ok(String::from_utf8_lossy(self.bytes()?).into_owned())
    }

    fn strings(&mut self) -> Result<Vec<Vec<u8>>, Damage> {
        let count = self.number()?;
        if count > STRINGS_MAX {
            return Err(self.damage("there are too many strings"));
        }
        (0..count).map(|_| Ok(self.bytes()?.to_vec())).collect()
    }

    fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.bytes)
    }
}

/// Reads a recording.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    fields: Fields<'a>,
    /// What was run.
    pub head: Head,
    /// The program's file; empty when the recording does not hold it.
    pub program: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Opens a recording.
    pub fn new(file: &'a [u8]) -> Result<Reader<'a>, Damage> {
        let mut fields = Fields { bytes: file, offset: 0 };
        let not_one = fields.damage("it is no recording");
        if fields.take(MAGIC.len() as u64).ok() != Some(MAGIC) {
            return Err(not_one);
        }
        let version = fields.damage("it was written by another version of Ashore, whose recordings are different");
        if fields.take(4)? != VERSION.to_le_bytes() {
            return Err(version);
        }
        let mut reader = Reader { fields, head: Head::default(), program: &[] };
        let short = reader.fields.damage("it ends before it begins");
        let Some((Tag::Head, mut frame)) = reader.frame()? else { return Err(short) };
        reader.head = head(&mut frame)?;
        let Some((Tag::Program, mut frame)) = reader.frame()? else { return Err(short) };
        reader.program = frame.rest();
        Ok(reader)
    }

    /// Where the next frame begins.
    pub fn offset(&self) -> u64 {
        self.fields.offset
    }

    /// The next record; `None` where the recording ends, or was cut off.
    pub fn next_record(&mut self) -> Result<Option<Record<'a>>, Damage> {
        let Some((tag, mut frame)) = self.frame()? else { return Ok(None) };
        record(tag, &mut frame).map(Some)
    }

    /// The next frame, if all of it is there.
    fn frame(&mut self) -> Result<Option<(Tag, Fields<'a>)>, Damage> {
        let mut fields = self.fields.clone();
        let Some((tag, rest)) = fields.bytes.split_first() else { return Ok(None) };
        let Some((len, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        let len = u32::from_le_bytes(*len);
        let tag = Tag::of(*tag).ok_or(fields.damage("a frame is of no known kind"))?;
        let Some((inside, rest)) = rest.split_at_checked(len as usize) else { return Ok(None) };
        fields.offset += 5;
        let frame = Fields { bytes: inside, offset: fields.offset };
        self.fields = Fields { bytes: rest, offset: fields.offset + u64::from(len) };
        Ok(Some((tag, frame)))
    }
}

fn head(frame: &mut Fields<'_>) -> Result<Head, Damage> {
    Ok(Head {
        version: frame.text()?,
        os: frame.text()?,
        cpu: frame.text()?,
        path: frame.bytes()?.to_vec(),
        program_len: frame.number()?,
        program_hash: frame.number()?,
        root: if frame.number()? == 1 { Some(frame.bytes()?.to_vec()) } else { None },
        args: frame.strings()?,
        env: frame.strings()?,
    })
}

fn record<'a>(tag: Tag, frame: &mut Fields<'a>) -> Result<Record<'a>, Damage> {
    Ok(match tag {
        Tag::Head | Tag::Program => return Err(frame.damage("a recording begins inside another")),
        Tag::Choice => Record::Choice { what: frame.byte()?, value: frame.long()? },
        Tag::Call => Record::Call { number: frame.long()?, args: frame.longs()? },
        Tag::Linux => Record::Linux {
            sys: frame.half()?,
            check: frame.word()?,
            result: frame.long()?,
            sent: frame.word()?,
            outputs: Outputs(frame.clone()),
        },
        Tag::Map => Record::Map { result: frame.long()?, contents: frame.rest() },
        Tag::Signal => Record::Signal(Signalled {
            signal: frame.byte()?,
            code: frame.word()? as i32,
            errno: frame.word()? as i32,
            pid: frame.word()? as i32,
            uid: frame.word()?,
            status: frame.word()? as i32,
            value: frame.long()?,
        }),
        Tag::Fault => Record::Fault { signal: frame.byte()?, at: frame.long()? },
        Tag::End => Record::End { kind: frame.byte()?, value: frame.byte()? },
        Tag::Stop => Record::Stop { why: frame.rest() },
    })
}
