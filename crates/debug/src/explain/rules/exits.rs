//! Ends of a program that gave up because a call failed.

use super::super::evidence::{Call, Evidence};
use super::super::gather::signal_name;
use super::super::verdict::{Confidence, Verdict};
use super::{endings::with_words, harmless};
use ashore_pivot::Signal;
use ashore_report::{Diagnosis, table as row};

/// So many calls before the end a failure may have been what ended it, when the program did not say so itself.
const NEAR: usize = 48;

/// What it means when a call fails so, and a program gives up.
struct Cause {
    /// The calls, without a system's underscores; any when there are none.
    calls: &'static [&'static str],
    /// The error's names.
    errors: &'static [&'static str],
    /// The diagnosis.
    row: &'static Diagnosis,
    /// The error in words.
    means: &'static str,
    /// What programs write then, in small letters.
    says: &'static [&'static str],
}

const RUNNING: &[&str] = &["execve", "execveat", "fexecve", "posix_spawn"];
const STARTING: &[&str] =
    &["fork", "vfork", "clone", "clone3", "rfork", "pdfork", "thr_new", "thr_create", "lwp_create", "lwp_create2"];
pub(super) const GETTING_MEMORY: &[&str] = &["mmap", "mremap", "brk", "break", "sbrk", "mprotect"];
const WRITING: &[&str] =
    &["write", "pwrite", "pwrite64", "writev", "pwritev", "ftruncate", "fsync", "send", "sendto", "sendmsg"];

/// Exact ones first.
static CAUSES: &[Cause] = &[
    Cause {
        calls: RUNNING,
        errors: &["ENOENT"],
        row: &row::ENDED_NO_PROGRAM,
        means: "there is no such program",
        says: &["not found", "no such file"],
    },
    Cause {
        calls: RUNNING,
        errors: &["EACCES", "ENOEXEC", "EPERM", "ENOTDIR"],
        row: &row::ENDED_NO_PROGRAM,
        means: "it is no program that may be run",
        says: &["exec", "denied"],
    },
    Cause {
        calls: STARTING,
        errors: &["EAGAIN", "ENOMEM", "EPROCLIM"],
        row: &row::ENDED_LIMITED,
        means: "there may be no more threads or processes",
        says: &["resource temporarily unavailable"],
    },
    Cause {
        calls: GETTING_MEMORY,
        errors: &["ENOMEM"],
        row: &row::ENDED_NO_MEMORY,
        means: "there is not enough",
        says: &["memory", "cannot allocate"],
    },
    Cause {
        calls: WRITING,
        errors: &["EPIPE"],
        row: &row::ENDED_PIPE,
        means: "nobody reads it any more",
        says: &["broken pipe"],
    },
    Cause {
        calls: &[],
        errors: &["ENOENT"],
        row: &row::ENDED_NO_FILE,
        means: "there is no such file",
        says: &["no such file"],
    },
    Cause {
        calls: &[],
        errors: &["EACCES", "EPERM"],
        row: &row::ENDED_FORBIDDEN,
        means: "that is not allowed",
        says: &["denied"],
    },
    Cause {
        calls: &[],
        errors: &["EADDRINUSE"],
        row: &row::ENDED_ADDRESS_USED,
        means: "the address is in use",
        says: &["in use"],
    },
    Cause {
        calls: &[],
        errors: &["ECONNREFUSED"],
        row: &row::ENDED_UNREACHED,
        means: "nobody listens there",
        says: &["connection refused"],
    },
    Cause {
        calls: &[],
        errors: &["ENETUNREACH", "EHOSTUNREACH", "EHOSTDOWN", "ENETDOWN"],
        row: &row::ENDED_UNREACHED,
        means: "there is no way to it",
        says: &["unreachable"],
    },
    Cause {
        calls: &[],
        errors: &["EMFILE", "ENFILE"],
        row: &row::ENDED_LIMITED,
        means: "too many files are open",
        says: &["too many open files"],
    },
    Cause {
        calls: &[],
        errors: &["ENOSPC"],
        row: &row::ENDED_DISK_FULL,
        means: "the disk is full",
        says: &["no space left"],
    },
    Cause {
        calls: &[],
        errors: &["EDQUOT"],
        row: &row::ENDED_DISK_FULL,
        means: "the quota is used up",
        says: &["quota"],
    },
    Cause {
        calls: &[],
        errors: &["EFBIG"],
        row: &row::ENDED_DISK_FULL,
        means: "the file may not be so large",
        says: &["too large"],
    },
    Cause {
        calls: &[],
        errors: &["ENOMEM"],
        row: &row::ENDED_NO_MEMORY,
        means: "there is not enough memory",
        says: &["memory", "cannot allocate"],
    },
    Cause {
        calls: &[],
        errors: &["ENOTDIR", "EISDIR", "ENOTEMPTY", "EEXIST", "ELOOP", "ENAMETOOLONG", "EXDEV"],
        row: &row::ENDED_WRONG_KIND,
        means: "",
        says: &[],
    },
    Cause {
        calls: &["ioctl"],
        errors: &["ENOTTY"],
        row: &row::ENDED_WRONG_KIND,
        means: "that is not a terminal",
        says: &["tty"],
    },
    Cause {
        calls: &[],
        errors: &["EROFS"],
        row: &row::ENDED_FORBIDDEN,
        means: "the file system is read-only",
        says: &["read-only"],
    },
];

/// What the errors of one row mean.
static KINDS: &[(&str, &str, &[&str])] = &[
    ("ENOTDIR", "a part of the path is not a directory", &["not a directory"]),
    ("EISDIR", "it is a directory", &["is a directory"]),
    ("ENOTEMPTY", "the directory is not empty", &["not empty"]),
    ("EEXIST", "it exists already", &["exists"]),
    ("ELOOP", "its links lead in a circle", &["symbolic link"]),
    ("ENAMETOOLONG", "the name is too long", &["too long"]),
    ("EXDEV", "the two are on different file systems", &["cross-device"]),
];

/// What a program tried, as the beginning of `could not ...`.
static DEEDS: &[(&[&str], &str)] = &[
    (&["open", "openat", "openat2"], "open"),
    (&["creat", "mknod", "mknodat", "mkfifo"], "make"),
    (&["mkdir", "mkdirat"], "make the directory"),
    (&["unlink", "unlinkat", "rmdir"], "remove"),
    (&["rename", "renameat", "renameat2"], "rename"),
    (&["link", "linkat", "symlink", "symlinkat"], "link"),
    (&["chdir", "fchdir", "chroot"], "change into"),
    (&["chmod", "fchmod", "fchmodat", "chown", "fchown", "fchownat", "lchown"], "change the owner or mode of"),
    (
        &[
            "stat",
            "lstat",
            "fstat",
            "stat50",
            "lstat50",
            "fstatat",
            "newfstatat",
            "statx",
            "access",
            "faccessat",
            "faccessat2",
            "readlink",
            "readlinkat",
            "statfs",
            "getdents",
            "getdents64",
            "getdirentries",
        ],
        "look at",
    ),
    (RUNNING, "run"),
    (&["bind", "listen"], "listen at"),
    (&["connect", "sendto", "sendmsg"], "reach"),
    (&["read", "pread", "pread64", "readv", "recvfrom", "recvmsg"], "read"),
    (WRITING, "write to"),
    (GETTING_MEMORY, "get memory"),
    (STARTING, "start a thread or process"),
    (
        &["socket", "accept", "accept4", "paccept", "pipe", "pipe2", "dup", "dup2", "kqueue", "epoll_create1"],
        "get a descriptor",
    ),
];

/// A failed call, and whether the program spoke of it.
struct Failure<'a> {
    call: &'a Call,
    error: String,
    sure: Confidence,
}

/// The failed call that the program gave up at.
fn failure<'a>(evidence: &'a Evidence<'_>) -> Option<Failure<'a>> {
    evidence.status().filter(|status| *status != 0)?;
    let words = evidence.last_words.trim().to_lowercase();
    let last = words.lines().next_back().unwrap_or_default();
    let failed = evidence.failures();
    let told = |scope: &str, call: &Call, error: &str| {
        let has_subject =
            subject(call).is_some_and(|subject| subject.len() > 1 && scope.contains(&subject.to_lowercase()));
        (has_subject, cause_of(call, error).is_some_and(|cause| says(scope, cause, error)))
    };
    let find = |scope: &str, wanted: (bool, bool), sure: Confidence| {
        let is_it = |(call, error): &&(&'a Call, String)| told(scope, call, error) == wanted;
        let found = failed.iter().filter(|(call, _)| wanted.1 || !harmless::is_probe(call)).find(is_it);
        found.map(|(call, error)| Failure { call, error: error.clone(), sure })
    };
    let latest = || {
        let mut near = failed.iter().filter(|(call, _)| evidence.is_near_end(call, NEAR) && !harmless::is_probe(call));
        near.next().map(|(call, error)| Failure { call, error: error.clone(), sure: Confidence::Possible })
    };
    // What it said last is its reason; what it said before may have been a warning.
    find(last, (true, true), Confidence::Certain)
        .or_else(|| find(last, (false, true), Confidence::Likely))
        .or_else(|| find(last, (true, false), Confidence::Likely))
        .or_else(|| late_failure(evidence, &words))
        .or_else(|| find(&words, (true, true), Confidence::Likely))
        .or_else(|| find(&words, (false, true), Confidence::Possible))
        // A program that gives another reason knows better than its calls.
        .or_else(|| words.is_empty().then(latest)?)
}

/// A connection that failed after the call that began it had ended: only the program said how.
fn late_failure<'a>(evidence: &'a Evidence<'_>, words: &str) -> Option<Failure<'a>> {
    let call = evidence.all_calls().find(|call| call.is("connect") && call.errno().is_some())?;
    let ends = ["ECONNREFUSED", "ENETUNREACH"].iter().filter_map(|error| Some((*error, cause_of(call, error)?)));
    let (error, _) = ends.into_iter().find(|(error, cause)| says(words, cause, error))?;
    Some(Failure { call, error: error.to_owned(), sure: Confidence::Likely })
}

fn cause_of(call: &Call, error: &str) -> Option<&'static Cause> {
    CAUSES.iter().find(|cause| cause.errors.contains(&error) && (cause.calls.is_empty() || call.is_any(cause.calls)))
}

fn kind_of(error: &str) -> Option<&'static (&'static str, &'static str, &'static [&'static str])> {
    KINDS.iter().find(|(name, ..)| *name == error)
}

/// Whether the words, in small letters, speak of a failure.
fn says(words: &str, cause: &Cause, error: &str) -> bool {
    let known = kind_of(error).filter(|_| cause.says.is_empty()).map_or(cause.says, |kind| kind.2);
    known.iter().any(|text| words.contains(text))
}

/// What the call was about: the path or address in its line.
fn subject(call: &Call) -> Option<&str> {
    let quoted = || call.line.split_once('"').and_then(|(_, rest)| rest.split_once('"')).map(|(text, _)| text);
    let quoted = || quoted().filter(|text| !text.is_empty());
    let address = || {
        let (_, rest) = call.line.split_once(", ")?;
        let (address, _) = rest.split_once(", ")?;
        let is_address = address.contains(':') && address.chars().any(|c| c.is_ascii_digit());
        (call.is_any(&["bind", "connect"]) && is_address).then_some(address)
    };
    let file = || call.line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(text, _)| text);
    let file = || file().filter(|text| text.starts_with('/'));
    quoted().or_else(address).or_else(file)
}

/// What it tried, with the thing that it tried it on.
fn deed(call: &Call) -> String {
    let known = DEEDS.iter().find(|(calls, _)| call.is_any(calls));
    let verb = known.map_or_else(|| format!("finish its call {}", call.name), |(_, verb)| (*verb).to_owned());
    if call.is_any(&["mmap", "mremap"]) {
        return format!("get {} of memory", size(call.args[1]));
    }
    match subject(call) {
        Some(subject) => format!("{verb} {subject}"),
        None if call.is_any(&["bind", "listen"]) => "listen at the address that it wants".to_owned(),
        None if call.is("connect") => "reach the address that it wants".to_owned(),
        None if call.is_any(WRITING) || call.is("read") => {
            let (_, kind) = call.line.split_once('<').unwrap_or_default();
            let kind = if kind.starts_with("pipe") { "the pipe" } else { "the connection" };
            let kind = if call.line.contains('<') { kind } else { "descriptor" };
            format!("{verb} {kind} {}", call.args[0] as i32)
        }
        None => verb,
    }
}

/// A number of bytes.
fn size(bytes: u64) -> String {
    match bytes {
        0..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        0x4000_0000..0x100_0000_0000 => format!("{} GiB", bytes >> 30),
        _ => format!("{} TiB", bytes >> 40),
    }
}

/// Whether it gave up for what `row` says.
pub(super) fn gave_up(evidence: &Evidence<'_>, row: &'static Diagnosis) -> Option<Verdict> {
    let failure = failure(evidence)?;
    let cause = cause_of(failure.call, &failure.error).filter(|cause| std::ptr::eq(cause.row, row))?;
    let means = kind_of(&failure.error).filter(|_| cause.means.is_empty()).map_or(cause.means, |kind| kind.1);
    let text = format!("it could not {}: {means} ({})", deed(failure.call), failure.error);
    let verdict = Verdict::new(row, failure.sure, text).because(failure.call.line.clone());
    Some(with_words(verdict, evidence))
}

/// Nobody reads what it writes: it gave up, or died of the signal that says so.
pub(super) fn broken_pipe(evidence: &Evidence<'_>) -> Option<Verdict> {
    if evidence.signal().is_none_or(|delivery| delivery.signal != Signal::PIPE) {
        return gave_up(evidence, &row::ENDED_PIPE);
    }
    let call = evidence.calls().next().filter(|call| call.is_any(WRITING))?;
    let error = evidence.errno_name(call.errno()?);
    let name = signal_name(evidence.os, Signal::PIPE);
    let cause = format!(
        "it could not {}: nobody reads it any more ({error}), and {name} ends who does not handle it",
        deed(call)
    );
    Some(Verdict::new(&row::ENDED_PIPE, Confidence::Certain, cause).because(call.line.clone()))
}
