//! The reader of recordings.

use ashore_debug::record::log::{self, Buffer, Frame, Head, Reader, Record, Tag};
use std::fmt::Write as _;

/// How many records of an input are told.
const TOLD: usize = 64;

/// Reads a recording to its end, with all that calls wrote.
pub(crate) fn recording(bytes: &[u8]) -> String {
    let mut reader = match Reader::new(bytes) {
        Ok(reader) => reader,
        Err(damage) => return damage.what.to_owned(),
    };
    let head = &reader.head;
    let counts = [head.args.len(), head.env.len(), head.path.len(), reader.program.len()];
    let mut answer = String::new();
    for count in counts {
        let _ = write!(answer, "{} ", count.checked_ilog2().unwrap_or_default());
    }
    for n in 0.. {
        let told = match reader.next_record() {
            Ok(Some(Record::Linux { outputs, .. })) => {
                let (good, bad): (Vec<_>, Vec<_>) = outputs.partition(Result::is_ok);
                format!("l{}{}", good.len().min(4), bad.len())
            }
            Ok(Some(Record::Choice { .. })) => "o".to_owned(),
            Ok(Some(Record::Call { .. })) => "c".to_owned(),
            Ok(Some(Record::Map { .. })) => "m".to_owned(),
            Ok(Some(Record::Signal(_))) => "s".to_owned(),
            Ok(Some(Record::Fault { .. })) => "f".to_owned(),
            Ok(Some(Record::End { .. })) => "e".to_owned(),
            Ok(Some(Record::Stop { .. })) => "t".to_owned(),
            Ok(None) => break,
            Err(damage) => return answer + damage.what,
        };
        if n < TOLD {
            answer += &told;
        }
    }
    answer
}

/// A small recording with a record of every kind.
pub(crate) fn sample() -> Vec<u8> {
    let mut file = Buffer::new(256);
    log::begin(&mut file);
    let args = vec![b"true".to_vec(), b"--version".to_vec()];
    log::head(&mut file, &Head { os: "linux".into(), path: b"/bin/true".to_vec(), args, ..Head::default() });
    let frames: [(Tag, &[u8]); 8] = [
        (Tag::Program, b"\x7fELF"),
        (Tag::Choice, &[1, 0xb9, 0x60, 0, 0, 0, 0, 0, 0]),
        (Tag::Call, &[1, 0, 0, 0, 0, 0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 0, 0]),
        (
            Tag::Linux,
            b"\x01\0abcd\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\x10\0\0\0\0\0\0\x02\0\0\0ab\x03\x01\0\0\0c\x09\0\0\0\0",
        ),
        (Tag::Map, b"\0\0\0\0\0\x20\0\0x"),
        (Tag::Signal, b"\x0e\x80\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        (Tag::Fault, b"\x0b\0\x10\0\0\0\0\0\0"),
        (Tag::End, &[1, 0]),
    ];
    for (tag, bytes) in frames {
        let mut frame = Frame::new(&mut file, tag);
        frame.rest(bytes);
        frame.end();
    }
    file.written().to_vec()
}
