//! What the kernel shall run, and how.
//!
//! The record is a row of texts, each ended by a zero byte: a key, `=` and a value. Keys may repeat where that means a
//! list (`arg`, `env`). The first text is `ashore-start=1`. A key that the reader does not know is damage: the kernel
//! and the host tool are built together.

use alloc::{format, string::String, vec::Vec};
use ashore_report::{Place, Report, table::MALFORMED};

/// Where the record lies in the archive of files.
pub const START_PATH: &str = ".ashore/start";

/// The key of the first text, and the version.
const FIRST: (&[u8], &[u8]) = (b"ashore-start", b"1");

/// What a stream of the program (input, output, error output) is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Stream {
    /// A terminal: the kernel does what terminals do (echo, lines, signals from keys).
    Terminal,
    /// Bytes, not changed by anybody.
    #[default]
    Bytes,
}

impl Stream {
    const fn word(self) -> &'static [u8] {
        match self {
            Stream::Terminal => b"terminal",
            Stream::Bytes => b"bytes",
        }
    }

    fn of_word(word: &[u8]) -> Option<Stream> {
        [Stream::Terminal, Stream::Bytes].into_iter().find(|stream| stream.word() == word)
    }
}

/// What to run and how.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Start {
    /// The path of the program in the archive.
    pub program: Vec<u8>,
    /// Its arguments, its own name first.
    pub args: Vec<Vec<u8>>,
    /// Its environment.
    pub env: Vec<Vec<u8>>,
    /// The folder it starts in; `/` when nothing is said.
    pub cwd: Vec<u8>,
    /// Standard input, output and error output.
    pub streams: [Stream; 3],
    /// Whether the console speaks the [`wire`](super::wire); otherwise it is a plain serial line, for people.
    pub is_wired: bool,
    /// Rows and columns of the terminal; zeros when there is none.
    pub size: (u16, u16),
    /// Whether every call is recorded for the host.
    pub is_traced: bool,
    /// Whether processes that die of a signal are kept for the host, which makes core files of them.
    pub keeps_cores: bool,
}

impl Start {
    /// The record as bytes. Zero bytes in a text end it: no argument has one.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut put = |key: &[u8], value: &[u8]| {
            out.extend_from_slice(key);
            out.push(b'=');
            out.extend(value.iter().copied().take_while(|byte| *byte != 0));
            out.push(0);
        };
        put(FIRST.0, FIRST.1);
        put(b"program", &self.program);
        self.args.iter().for_each(|arg| put(b"arg", arg));
        self.env.iter().for_each(|text| put(b"env", text));
        put(b"cwd", &self.cwd);
        for (key, stream) in STREAM_KEYS.iter().zip(self.streams) {
            put(key, stream.word());
        }
        put(b"size", format!("{}x{}", self.size.0, self.size.1).as_bytes());
        put(b"console", if self.is_wired { b"wired" } else { b"plain" });
        put(b"trace", if self.is_traced { b"on" } else { b"off" });
        put(b"cores", if self.keeps_cores { b"on" } else { b"off" });
        out
    }

    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Start, Report> {
        let mut start = Start { cwd: b"/".to_vec(), ..Start::default() };
        let mut at = 0;
        let mut is_first = true;
        while at < bytes.len() as u64 {
            let bad = |what: &str| MALFORMED.at(Place::offset(at), String::from(what));
            let text = ashore_base::Bytes(bytes).cstr(at).ok_or_else(|| bad("a text without an end"))?;
            let equals = text.iter().position(|byte| *byte == b'=').ok_or_else(|| bad("a text without a key"))?;
            let (key, value) = (text.get(..equals).unwrap_or_default(), text.get(equals + 1..).unwrap_or_default());
            match is_first {
                true if (key, value) == FIRST => {}
                true => return Err(bad("this is no start record of this version")),
                false => start.take(key, value).ok_or_else(|| bad("an unknown key or a bad value"))?,
            }
            is_first = false;
            at += text.len() as u64 + 1;
        }
        if start.program.is_empty() {
            return Err(MALFORMED.at(Place::offset(at), "no program is named"));
        }
        Ok(start)
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match key {
            b"program" => self.program = value.to_vec(),
            b"arg" => self.args.push(value.to_vec()),
            b"env" => self.env.push(value.to_vec()),
            b"cwd" => self.cwd = value.to_vec(),
            b"size" => self.size = size(value)?,
            b"console" => self.is_wired = either(value, b"wired", b"plain")?,
            b"trace" => self.is_traced = either(value, b"on", b"off")?,
            b"cores" => self.keeps_cores = either(value, b"on", b"off")?,
            _ => {
                let number = STREAM_KEYS.iter().position(|name| *name == key)?;
                *self.streams.get_mut(number)? = Stream::of_word(value)?;
            }
        }
        Some(())
    }
}

/// The keys of the three streams, in the order of their numbers.
const STREAM_KEYS: [&[u8]; 3] = [b"stdin", b"stdout", b"stderr"];

fn either(value: &[u8], yes: &[u8], no: &[u8]) -> Option<bool> {
    (value == yes || value == no).then_some(value == yes)
}

fn size(value: &[u8]) -> Option<(u16, u16)> {
    let (rows, columns) = core::str::from_utf8(value).ok()?.split_once('x')?;
    Some((rows.parse().ok()?, columns.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn sample() -> Start {
        Start {
            program: b"/bin/hello".to_vec(),
            args: vec![b"hello".to_vec(), b"".to_vec(), b"a=b\xff".to_vec()],
            env: vec![b"PATH=/bin".to_vec(), b"X=".to_vec()],
            cwd: b"/tmp".to_vec(),
            streams: [Stream::Terminal, Stream::Bytes, Stream::Terminal],
            is_wired: true,
            size: (24, 80),
            is_traced: true,
            keeps_cores: true,
        }
    }

    #[test]
    fn a_record_is_read_back() {
        assert_eq!(Start::decode(&sample().encode()).unwrap(), sample());
    }

    #[test]
    fn damage_is_a_report() {
        let good = sample().encode();
        for bad in [&b""[..], b"x", b"ashore-start=2\0", b"ashore-start=1\0", b"ashore-start=1\0program=/x\0novel=1\0"]
        {
            assert!(Start::decode(bad).is_err(), "{bad:?}");
        }
        for len in 0..good.len() {
            let _ = Start::decode(&good[..len]);
        }
    }
}
