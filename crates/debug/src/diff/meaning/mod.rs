//! What a call means, whatever its system calls it.

mod table;

use super::read::Call;
use ashore_guest::{Does, Os, Row};
pub(super) use table::MEANINGS;

/// What calls are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Files and directories.
    File,
    /// Sockets.
    Socket,
    /// Processes.
    Process,
    /// Who the process is, and what it may use.
    Identity,
    /// Clocks, timers and sleeps.
    Time,
    /// What makes threads and puts them to sleep.
    Thread,
    /// The address space.
    Memory,
    /// Signals.
    Signal,
    /// Waiting for descriptors.
    Event,
    /// Questions to the system itself.
    System,
}

/// What a call is part of the story of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// Its first path, else its first descriptor.
    Thing,
    /// The descriptor it gives back.
    Made,
    /// The process.
    Process,
    /// Nothing: how often it is made and what it answers differs from run to run.
    Nothing,
}

/// Which part of a thing's story: each has an order of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Control,
    Accept,
    In,
    Out,
}

/// What a call that succeeds tells, as far as it can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// Only that it did.
    Done,
    /// A number.
    Number,
    /// How many bytes went over.
    Bytes,
    /// Flags of the list for `open`, when the command asks for them.
    Flags,
    /// File type, permissions and size.
    Stat,
    /// The value of an option.
    Option,
    /// A text in the first buffer.
    Text,
    /// How the child ended.
    Status,
}

/// What it means that only one side makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Something else happens there.
    Changes,
    /// It asked; systems' libraries ask different things.
    Asks,
    /// As its flags say: opening.
    Opens,
}

/// A meaning.
#[derive(Debug)]
pub(super) struct Meaning {
    /// What people call it.
    pub(super) word: &'static str,
    /// What systems call it, without what they add for a version: Linux's name, then others'.
    pub(super) names: &'static [&'static str],
    pub(super) class: Class,
    pub(super) on: On,
    pub(super) part: Part,
    pub(super) told: Told,
    pub(super) weight: Weight,
}

/// A name without marks of a version: `freebsd11_stat`, `__stat50` and `stat` are one.
pub(super) fn plain(name: &str) -> &str {
    let name = name.trim_start_matches('_');
    let is_version = |part: &str| part.trim_end_matches(|c: char| c.is_ascii_digit()) == "freebsd";
    let name = name.split_once('_').filter(|(first, _)| is_version(first)).map_or(name, |(_, rest)| rest);
    let name = name.strip_prefix("compat_").and_then(|rest| rest.split_once('_')).map_or(name, |(_, rest)| rest);
    name.trim_start_matches('_').trim_end_matches(|c: char| c.is_ascii_digit())
}

/// Whether a call makes a process.
pub(super) fn is_fork(name: &str) -> bool {
    MEANINGS.iter().any(|meaning| meaning.word == "fork" && meaning.names.contains(&plain(name)))
}

/// The row of a call in its system's table.
pub(super) fn row_of(os: &'static Os, call: &Call) -> Option<&'static Row> {
    let of_number = ashore_guest::row_of(os.calls, call.number).filter(|row| row.name() == call.name);
    of_number.or_else(|| os.calls.iter().find(|row| row.name() == call.name))
}

/// What the call of a row means: by its own name, else as the Linux call that answers it.
pub(super) fn of_row(row: &Row) -> Option<&'static Meaning> {
    let by_name = |name: &str| {
        let name = plain(name);
        MEANINGS.iter().find(|meaning| meaning.names.contains(&name))
    };
    by_name(row.name()).or_else(|| {
        let (Does::Same(sys) | Does::Block(sys) | Does::Interrupt(sys) | Does::Paths(sys, _)) = row.does else {
            return None;
        };
        by_name(sys.name())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ashore_guest::{GUESTS, Support};

    #[test]
    fn no_name_has_two_meanings() {
        for (at, meaning) in MEANINGS.iter().enumerate() {
            for name in meaning.names {
                assert_eq!(plain(name), *name);
                let others = MEANINGS.iter().skip(at + 1);
                assert!(others.clone().all(|other| !other.names.contains(name)), "{name}");
                assert!(others.clone().all(|other| other.word != meaning.word), "{}", meaning.word);
            }
        }
    }

    #[test]
    fn every_name_is_some_systems() {
        for meaning in MEANINGS {
            for name in meaning.names {
                let is_call = |os: &Os| os.calls.iter().any(|row| plain(row.name()) == *name);
                assert!(GUESTS.iter().any(|guest| is_call(guest.os)), "{name}");
            }
        }
    }

    #[test]
    fn every_call_with_a_path_or_an_address_has_a_meaning() {
        for guest in GUESTS {
            for row in guest.os.calls {
                let is_about_things = ["path: path", "sockaddr"].iter().any(|word| row.signature.contains(word));
                let is_answered = row.support != Support::Missing;
                assert!(
                    !is_about_things || !is_answered || of_row(row).is_some() || OUTSIDE.contains(&plain(row.name())),
                    "{} {}",
                    guest.os.name,
                    row.name()
                );
            }
        }
    }

    /// Calls about things that no program under test makes, or that are always refused.
    const OUTSIDE: &[&str] = &[
        "extattrctl",
        "inotify_add_watch",
        "mac_execve",
        "mac_get_file",
        "mac_get_link",
        "mac_set_file",
        "mac_set_link",
    ];
}
