//! Which calls a person wants to see.

use super::signature::{Signature, Type};

/// Calls by name and by class.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    words: Vec<String>,
    is_negated: bool,
}

/// Classes beside those that follow from a signature: the words that names of the class begin with or equal.
static CLASSES: &[(&str, &[&str])] = &[
    (
        "network",
        &[
            "socket", "bind", "connect", "listen", "accept", "paccept", "send", "recv", "shutdown", "getsock",
            "setsock", "getpeer",
        ],
    ),
    ("process", &["fork", "vfork", "rfork", "pdfork", "clone", "exec", "fexec", "wait", "exit", "posix_spawn"]),
    (
        "thread",
        &["thr_", "lwp_", "_lwp", "___lwp", "umtx", "_umtx", "futex", "extexit", "set_tls", "sysarch", "arch_prctl"],
    ),
    ("memory", &["mmap", "munmap", "mprotect", "madvise", "brk", "obreak", "msync", "mremap", "mincore", "mlock"]),
    ("signal", &["sig", "rt_sig", "kill", "thr_kill", "lwp_kill", "_lwp_kill", "tgkill", "__sig"]),
    ("event", &["kqueue", "kevent", "epoll", "poll", "ppoll", "select", "pselect"]),
];

impl Filter {
    /// Reads `open,read`, `!write`, `file,network`, `trace=open`.
    pub fn parse(text: &str) -> Filter {
        let text = text.strip_prefix("trace=").unwrap_or(text);
        let (is_negated, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        Filter { words: text.split(',').filter(|w| !w.is_empty()).map(str::to_owned).collect(), is_negated }
    }

    /// Whether a call is wanted.
    pub(crate) fn wants(&self, name: &str, signature: Option<&Signature>) -> bool {
        if self.words.is_empty() || self.words.iter().any(|word| word == "all") {
            return true;
        }
        let hit = self.words.iter().any(|word| word == name || is_of_class(word, name, signature));
        hit != self.is_negated
    }
}

fn is_of_class(class: &str, name: &str, signature: Option<&Signature>) -> bool {
    let has = |wanted: fn(&Type) -> bool| signature.is_some_and(|s| s.params.iter().any(|p| wanted(&p.kind)));
    match class {
        "file" => has(|kind| *kind == Type::Path),
        "desc" => has(|kind| matches!(kind, Type::Fd | Type::DirFd)),
        _ => CLASSES
            .iter()
            .find(|(word, _)| *word == class)
            .is_some_and(|(_, starts)| starts.iter().any(|start| name.starts_with(start))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::signature::parse;

    #[test]
    fn names_classes_and_negation() {
        let open = parse("open(path: path, flags: flags.open) -> fd");
        assert!(Filter::parse("file").wants("open", Some(&open)));
        assert!(!Filter::parse("!open").wants("open", Some(&open)));
        assert!(Filter::parse("!write").wants("open", Some(&open)));
        assert!(Filter::parse("trace=kevent,open").wants("open", Some(&open)));
        assert!(!Filter::parse("network").wants("open", Some(&open)));
        assert!(Filter::parse("").wants("open", Some(&open)));
    }
}
