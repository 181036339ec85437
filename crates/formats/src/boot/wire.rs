//! Several streams over one serial line.
//!
//! Bytes go as they are. One byte, [`MARK`], begins a word of two: what follows it says that the bytes behind it belong
//! to another [`Channel`], or is [`MARK`] again and means the byte itself. From the kernel come the program's output and
//! error output and the kernel's own words; to the kernel go the program's input and its end.
//!
//! The line begins with [`Channel::Kernel`] in both directions, so that what runs before anybody knows of the wire (a
//! boot loader, a kernel in despair) is shown as what it is.

/// The byte that begins a word.
pub const MARK: u8 = 0x10;

/// What a kernel says when it begins to listen, in its own channel. What is sent to it earlier is lost: a serial line forgets
/// what waits in it when somebody sets it up.
pub const LISTENING: [u8; 2] = [MARK, b'k'];

/// Whose bytes they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Channel {
    /// The kernel's own words; to the kernel: nothing, the bytes are ignored.
    #[default]
    Kernel,
    /// The program's output; to the kernel: its input.
    Stream,
    /// The program's error output.
    Errors,
    /// To the kernel: the input has ended. No bytes follow.
    End,
    /// To the kernel: the terminal's rows and columns now, as two numbers of two bytes, little-endian.
    Size,
}

impl Channel {
    const ALL: [Channel; 5] = [Channel::Kernel, Channel::Stream, Channel::Errors, Channel::End, Channel::Size];

    /// The second byte of the word that switches to it.
    const fn letter(self) -> u8 {
        match self {
            Channel::Kernel => b'k',
            Channel::Stream => b'1',
            Channel::Errors => b'2',
            Channel::End => b'e',
            Channel::Size => b's',
        }
    }
}

/// The sending end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sender {
    now: Channel,
}

impl Sender {
    /// Sends bytes to a channel; `put` is given the pieces in order.
    pub fn send(&mut self, channel: Channel, bytes: &[u8], mut put: impl FnMut(&[u8])) {
        if channel != self.now {
            put(&[MARK, channel.letter()]);
            self.now = channel;
        }
        let mut pieces = bytes.split(|byte| *byte == MARK);
        put(pieces.next().unwrap_or_default());
        for piece in pieces {
            put(&[MARK, MARK]);
            put(piece);
        }
    }
}

/// The receiving end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Receiver {
    now: Channel,
    is_in_word: bool,
}

impl Receiver {
    /// Takes bytes from the line; `take` is given the pieces in order. The end of the input is an empty piece of
    /// [`Channel::End`].
    pub fn receive(&mut self, mut bytes: &[u8], mut take: impl FnMut(Channel, &[u8])) {
        while let Some((first, rest)) = bytes.split_first() {
            if self.is_in_word {
                self.is_in_word = false;
                bytes = rest;
                match Channel::ALL.into_iter().find(|channel| channel.letter() == *first) {
                    Some(channel) => {
                        self.now = channel;
                        if channel == Channel::End {
                            take(channel, &[]);
                        }
                    }
                    // The mark itself; anything else is a mark that nobody escaped, shown as it came.
                    None if *first == MARK => take(self.now, &[MARK]),
                    None => take(self.now, &[MARK, *first]),
                }
                continue;
            }
            let len = bytes.iter().position(|byte| *byte == MARK).unwrap_or(bytes.len());
            let (piece, rest) = (bytes.get(..len).unwrap_or_default(), bytes.get(len..).unwrap_or_default());
            if !piece.is_empty() {
                take(self.now, piece);
            }
            self.is_in_word = !rest.is_empty();
            bytes = rest.get(1..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{vec, vec::Vec};

    /// What comes out when the line hands over `step` bytes at a time.
    fn through(sent: &[(Channel, &[u8])], step: usize) -> Vec<(Channel, Vec<u8>)> {
        let (mut sender, mut line) = (Sender::default(), Vec::new());
        for (channel, bytes) in sent {
            sender.send(*channel, bytes, |piece| line.extend_from_slice(piece));
        }
        let (mut receiver, mut out) = (Receiver::default(), Vec::<(Channel, Vec<u8>)>::new());
        for piece in line.chunks(step) {
            receiver.receive(piece, |channel, bytes| match out.last_mut() {
                Some((last, all)) if *last == channel => all.extend_from_slice(bytes),
                _ => out.push((channel, bytes.to_vec())),
            });
        }
        out
    }

    #[test]
    fn bytes_arrive_where_they_were_sent_however_the_line_cuts_them() {
        let all: Vec<u8> = (0..=255).chain([MARK, MARK, b'1', MARK, b'2']).collect();
        let sent = [
            (Channel::Kernel, &b"boot\n"[..]),
            (Channel::Stream, &all),
            (Channel::Errors, b"error"),
            (Channel::Stream, &[MARK]),
            (Channel::End, b""),
        ];
        let wanted: Vec<_> = sent.iter().map(|(channel, bytes)| (*channel, bytes.to_vec())).collect();
        for step in 1..20 {
            assert_eq!(through(&sent, step), wanted);
        }
    }

    #[test]
    fn a_line_without_words_is_the_kernel_s() {
        let mut out = vec![];
        Receiver::default().receive(b"panic", |channel, bytes| out.push((channel, bytes.to_vec())));
        assert_eq!(out, [(Channel::Kernel, b"panic".to_vec())]);
    }
}
