//! The words of a Linux call, whichever way it is made, and their check sum.

use super::hash::Hasher;
use ashore_pivot::effect::{EFFECTS, Effect, Kind};
use ashore_pivot::{Arg, Message, Sys};

/// The effects of calls, by number.
#[derive(Debug)]
pub(super) struct Kinds(Vec<Option<&'static Effect>>);

impl Kinds {
    pub(super) fn new() -> Kinds {
        let highest = EFFECTS.last().map_or(0, |row| usize::from(row.sys.0));
        let mut rows = vec![None; highest + 1];
        for row in EFFECTS {
            if let Some(place) = rows.get_mut(usize::from(row.sys.0)) {
                *place = Some(row);
            }
        }
        Kinds(rows)
    }

    pub(super) fn of(&self, sys: Sys) -> Kind {
        let row = self.0.get(usize::from(sys.0)).copied().flatten();
        row.map_or(Kind::Refused("nobody knows what it writes"), |row| row.kind)
    }
}

/// The words, with 0 where bytes of ours are.
pub(super) fn words_of(args: &[Arg<'_>]) -> [u64; 6] {
    let mut words = [0; 6];
    for (word, arg) in words.iter_mut().zip(args) {
        if let Arg::Word(value) = arg {
            *word = *value;
        }
    }
    words
}

/// The words of an `madvise` that gives memory back now, where the guest's would do so whenever the kernel likes.
pub(super) fn certain(mut words: [u64; 6]) -> [u64; 6] {
    const MADV_DONTNEED: u64 = 4;
    const MADV_FREE: u64 = 8;
    if words[2] == MADV_FREE {
        words[2] = MADV_DONTNEED;
    }
    words
}

/// The check sum of a call whose words are all the guest's.
pub(super) fn check_words(words: &[u64; 6]) -> u32 {
    let mut hasher = Hasher::new();
    words.iter().for_each(|word| hasher.word(*word));
    hasher.finish() as u32
}

/// The check sum of a call with bytes of ours.
pub(super) fn check_args(args: &[Arg<'_>]) -> u32 {
    let mut hasher = Hasher::new();
    for arg in args {
        match arg {
            Arg::Word(word) => hasher.word(*word),
            Arg::In(bytes) => hasher.bytes(bytes),
            Arg::Out(bytes) => hasher.word(bytes.len() as u64),
        }
    }
    hasher.finish() as u32
}

/// The check sum of a message that is sent or received.
pub(super) fn check_message(fd: i32, message: &Message<'_>, flags: u32) -> u32 {
    let mut hasher = Hasher::new();
    [fd as u64, u64::from(flags), message.name.len() as u64, message.control.len() as u64]
        .iter()
        .for_each(|word| hasher.word(*word));
    for piece in message.iov {
        hasher.word(piece.base);
        hasher.word(piece.len);
    }
    hasher.finish() as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use ashore_guest::{Does, GUESTS};
    use ashore_pivot::ROWS;

    #[test]
    fn every_call_a_guest_makes_as_it_is_has_an_effect() {
        let kinds = Kinds::new();
        for guest in GUESTS {
            for row in guest.os.calls {
                let (Does::Same(sys) | Does::Block(sys) | Does::Interrupt(sys) | Does::Paths(sys, _)) = row.does else {
                    continue;
                };
                let is_own = matches!(kinds.of(sys), Kind::Own);
                assert!(!is_own && EFFECTS.iter().any(|effect| effect.sys == sys), "{} {}", guest.os.name, row.name());
            }
        }
    }

    #[test]
    fn a_call_without_an_effect_is_refused() {
        let beyond = ROWS.iter().find(|row| row.x86_64.is_none()).unwrap().sys;
        assert!(matches!(Kinds::new().of(beyond), Kind::Refused(_)));
    }
}
