//! The readers of what `ashore boot` hands to its kernel.

use ashore_base::Bytes;
use ashore_formats::boot::{START_PATH, Start, wire::Receiver};
use ashore_formats::cpio::{Entry, Layout, REGULAR, entries};
use std::fmt::Write as _;

/// Reads an archive to its end, and the start record in it.
pub(crate) fn archive(bytes: &[u8]) -> String {
    let mut answer = String::from("files ");
    for entry in entries(&Bytes(bytes)) {
        match entry {
            Err(report) => answer.push_str(report.diagnosis.slug),
            Ok(entry) => {
                let data = entry.data.of(bytes).expect("data lies in the archive");
                let size = data.len().checked_ilog2().unwrap_or_default();
                let _ = write!(answer, "{:o} {} {size} ", entry.kind(), entry.path.len().min(9));
                if entry.path == START_PATH.as_bytes() {
                    answer.push_str(&start(data));
                }
            }
        }
    }
    answer
}

fn start(data: &[u8]) -> String {
    match Start::decode(data) {
        Ok(start) => {
            assert_eq!(Start::decode(&start.encode()).as_ref(), Ok(&start), "a record that changes when it is copied");
            format!("{} {} {:?} ", start.args.len().min(9), start.env.len().min(9), start.streams)
        }
        Err(report) => report.diagnosis.slug.to_owned(),
    }
}

/// Takes bytes from the serial line.
pub(crate) fn wire(bytes: &[u8]) -> String {
    let (mut receiver, mut answer, mut most) = (Receiver::default(), String::from("line "), 0);
    receiver.receive(bytes, |channel, piece| {
        most += piece.len();
        if answer.len() < 200 {
            let _ = write!(answer, "{channel:?} ");
        }
    });
    assert!(most <= bytes.len(), "more came out than went in");
    answer
}

/// A small archive with a start record.
pub(crate) fn sample() -> Vec<u8> {
    let start = Start { program: b"/hello".to_vec(), args: vec![b"hello".to_vec()], ..Start::default() };
    let (mut layout, mut out) = (Layout::default(), Vec::new());
    for (path, data) in [(START_PATH, start.encode()), ("hello", vec![0x7f; 1500]), ("note", b"words".to_vec())] {
        let mut entry = Entry { path: path.into(), mode: REGULAR | 0o755, ..Entry::default() };
        entry.data.len = data.len() as u64;
        out.extend(layout.entry(&entry).unwrap_or_default());
        out.extend(data);
    }
    out.extend(layout.link(b"link", b"hello").unwrap_or_default());
    out.extend(layout.trailer());
    out
}
