//! The verbs as rows. Help, man pages and completions derive from them.

use super::{
    FAILED, Verb, boot, cache, check, completions, demo, doctor, explain, follow, inspect, patch, platforms, replay,
    run, shims, trace,
};

/// The verbs, in the order of the help.
#[rustfmt::skip]
pub(crate) static VERBS: &[Verb] = &[
    Verb { name: "run", about: "Run a program", options: run::all_options, run: run::run, misuse: FAILED },
    Verb { name: "boot", about: "Run a Linux/arm64 program on a machine to itself, on Ashore's own kernel", options: boot::options, run: boot::run, misuse: FAILED },
    Verb { name: "inspect", about: "Show what a program file is, without running it", options: inspect::options, run: inspect::run, misuse: FAILED },
    Verb { name: "check", about: "Find what in a program or kernel image cannot work, before it runs", options: check::options, run: check::run, misuse: FAILED },
    Verb { name: "patch", about: "Change a finished program safely, or undo that", options: patch::options, run: patch::run, misuse: patch::MISUSE },
    Verb { name: "trace", about: "Run a program and tell every call, signal and thread in its own system's words", options: trace::options, run: trace::run, misuse: FAILED },
    Verb { name: "replay", about: "Run a recorded program again, from its recording alone", options: replay::options, run: replay::run, misuse: FAILED },
    Verb { name: "explain", about: "Run a program and say why it died or failed, or tell what a diagnosis means", options: explain::options, run: explain::run, misuse: FAILED },
    Verb { name: "doctor", about: "Show what this machine offers and what Ashore makes of it", options: doctor::options, run: doctor::run, misuse: FAILED },
    Verb { name: "platforms", about: "Show which systems' programs run, and how much of each", options: platforms::options, run: platforms::run, misuse: FAILED },
    Verb { name: "shims", about: "Make `GOOS=... go test` use Ashore by itself", options: shims::options, run: shims::run, misuse: FAILED },
    Verb { name: "demo", about: "Make small programs of every system and run them", options: demo::options, run: demo::run, misuse: FAILED },
    Verb { name: "cache", about: "Show or remove the translations that are kept of foreign programs", options: cache::options, run: cache::run, misuse: FAILED },
    Verb { name: "completions", about: "Print a shell's completions", options: completions::options, run: completions::run, misuse: FAILED },
    Verb { name: "follow", about: "Look after what a host's program execs", options: follow::options, run: follow::run, misuse: FAILED },
    Verb { name: "man", about: "Print a manual page", options: completions::man_options, run: completions::man, misuse: FAILED },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verb_table_has_unique_names_and_makes_a_command_line() {
        for (at, verb) in VERBS.iter().enumerate() {
            assert!(VERBS.iter().skip(at + 1).all(|other| other.name != verb.name));
        }
        super::super::command().debug_assert();
    }
}
