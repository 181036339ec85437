//! Scripts: `#!`, a program and perhaps one argument.

use ashore_pivot::Errno;

/// How much of the file counts.
pub(super) const LOOKED_AT: usize = 256;

/// What the first line of a script asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line<'a> {
    pub(super) program: &'a [u8],
    pub(super) argument: Option<&'a [u8]>,
}

/// Reads the first line; `None` for what is no script. `start` is the beginning of the file, zeros after its end.
pub(super) fn read(start: &[u8; LOOKED_AT]) -> Option<Result<Line<'_>, Errno>> {
    let text = start.strip_prefix(b"#!")?;
    Some(line(text).ok_or(Errno::ENOEXEC))
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn line(text: &[u8]) -> Option<Line<'_>> {
    let end = text.iter().position(|byte| *byte == b'\n' || *byte == 0);
    let whole = text.get(..end.unwrap_or(text.len()))?;
    let line = whole.trim_ascii_start();
    let line = match line.iter().rposition(|byte| !is_blank(*byte)) {
        Some(last) => line.get(..=last)?,
        None => return None,
    };
    match line.iter().position(|byte| is_blank(*byte)) {
        // A name that goes on where nobody looks is cut off: that would be another program.
        None if end.is_none() => None,
        None => Some(Line { program: line, argument: None }),
        Some(at) => {
            let (program, rest) = line.split_at_checked(at)?;
            let argument = rest.get(rest.iter().position(|byte| !is_blank(*byte))?..)?;
            Some(Line { program, argument: Some(argument) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    type Own = (Vec<u8>, Option<Vec<u8>>);

    fn read_text(text: &[u8]) -> Option<Result<Own, Errno>> {
        let mut start = [0; LOOKED_AT];
        let len = text.len().min(LOOKED_AT);
        start[..len].copy_from_slice(&text[..len]);
        let own = |line: Line<'_>| (line.program.to_vec(), line.argument.map(<[u8]>::to_vec));
        read(&start).map(|line| line.map(own))
    }

    #[test]
    fn a_line_is_a_program_and_one_argument() {
        let of = |program: &[u8], argument: Option<&[u8]>| Some(Ok((program.to_vec(), argument.map(<[u8]>::to_vec))));
        assert_eq!(read_text(b"#!/bin/sh\necho"), of(b"/bin/sh", None));
        assert_eq!(read_text(b"#! \t/bin/sh  -e -x \t\n"), of(b"/bin/sh", Some(b"-e -x")));
        assert_eq!(read_text(b"#!/bin/sh"), of(b"/bin/sh", None));
        assert_eq!(read_text(b"#!\n"), Some(Err(Errno::ENOEXEC)));
        assert_eq!(read_text(b"#!   \n"), Some(Err(Errno::ENOEXEC)));
        assert_eq!(read_text(b"echo"), None);
        let long = [b"#!/".to_vec(), alloc::vec![b'a'; 300]].concat();
        assert_eq!(read_text(&long), Some(Err(Errno::ENOEXEC)));
    }
}
