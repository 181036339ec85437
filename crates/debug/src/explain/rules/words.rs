//! Ends that the program's own last words explain.

use super::super::evidence::Evidence;
use super::super::verdict::{Confidence, Verdict};
use ashore_pivot::Signal;
use ashore_report::table as row;

/// A longer sentence of the program's is cut.
const TOLD: usize = 200;
/// What Go's runtime ends a program with after a panic or a fault that it found.
const GO_STATUS: u8 = 2;
/// What Rust's does after a panic of the main thread.
const RUST_STATUS: u8 = 101;

/// At most so much of a text as a first line may hold.
fn told(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(TOLD) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// What stands behind `mark` in the first line that begins with it.
fn behind<'a>(words: &'a str, mark: &str) -> Option<&'a str> {
    words.lines().find_map(|line| line.strip_prefix(mark))
}

fn aborted(evidence: &Evidence<'_>) -> bool {
    evidence.signal().is_some_and(|delivery| delivery.signal == Signal::ABRT)
}

/// The first function of a printed goroutine that is the program's own: `main.run (/src/main.go:12)`.
fn go_place(words: &str) -> Option<String> {
    let mut lines = words.lines().skip_while(|line| !line.starts_with("goroutine ")).skip(1);
    while let (Some(function), Some(place)) = (lines.next(), lines.next()) {
        if function.is_empty() || !place.starts_with('\t') {
            return None;
        }
        let is_runtime =
            ["panic(", "runtime.", "runtime/", "internal/", "sync."].iter().any(|own| function.starts_with(own));
        if !is_runtime {
            let name = function.rfind('(').and_then(|end| function.get(..end)).unwrap_or(function);
            let place = place.trim().split(" +0x").next().unwrap_or_default();
            return Some(format!("{name} ({place})"));
        }
    }
    None
}

/// What the first printed goroutine was doing: `chan receive`.
fn go_state(words: &str) -> Option<&str> {
    let head = words.lines().find(|line| line.starts_with("goroutine "))?;
    let state = head.split_once('[')?.1.split_once(']')?.0;
    state.split(',').next()
}

/// Whether this is how Go's runtime ends a program that it gives up.
fn go_ended(evidence: &Evidence<'_>) -> bool {
    evidence.file.is_go && (evidence.status() == Some(GO_STATUS) || aborted(evidence))
}

/// A Go program panicked.
pub(super) fn go_panic(evidence: &Evidence<'_>) -> Option<Verdict> {
    let words = &evidence.last_words;
    let text = behind(words, "panic: ").filter(|_| go_ended(evidence))?;
    let place = go_place(words);
    let by = place.as_ref().map_or_else(String::new, |place| format!(", in {place}"));
    let sure = if words.contains("\ngoroutine ") { Confidence::Certain } else { Confidence::Likely };
    let verdict = Verdict::new(&row::DIED_GO_PANIC, sure, format!("it panicked: {}{by}", told(text)));
    Some(match words.lines().find(|line| line.starts_with("[signal ")) {
        Some(line) => verdict.because(line.trim_matches(['[', ']'])),
        None => verdict,
    })
}

/// What Go's runtime says when it gives up, and what to do about it.
static GO_FAULTS: &[(&str, &str)] = &[
    (
        "all goroutines are asleep - deadlock!",
        "look at who should have sent, closed or unlocked what the first goroutine waits for",
    ),
    ("concurrent map", "guard the map with a mutex, or use sync.Map; `go build -race` finds the other access"),
    ("stack overflow", "end the recursion; debug.SetMaxStack raises the limit"),
    ("out of memory", "give it more memory (ulimit -v, a container's limit), or let it keep less"),
    ("cannot allocate memory", "give it more memory (ulimit -v, a container's limit), or let it keep less"),
    ("failed to create new OS thread", "raise the limit of threads (ulimit -u, a container's limit)"),
    ("newosproc", "raise the limit of threads (ulimit -u, a container's limit)"),
    ("sync: unlock of unlocked mutex", "every Unlock needs a Lock before it, in the same path"),
];

/// Go's runtime found a fault that no program can go on with.
pub(super) fn go_fault(evidence: &Evidence<'_>) -> Option<Verdict> {
    let words = &evidence.last_words;
    let fault = || words.lines().find(|line| line.starts_with("SIG") && line.contains(": "));
    let text = behind(words, "fatal error: ").or_else(|| behind(words, "runtime: ")).or_else(fault);
    let text = text.filter(|_| go_ended(evidence))?.trim();
    let place = go_place(words);
    let doing =
        go_state(words).filter(|state| *state != "running").map_or_else(String::new, |state| format!(" ({state})"));
    let by = place.as_ref().map_or_else(String::new, |place| format!(", in {place}{doing}"));
    let cause = format!("Go's runtime gave up: {}{by}", told(text));
    let verdict = Verdict::new(&row::DIED_GO_FAULT, Confidence::Certain, cause);
    let hint = GO_FAULTS.iter().find(|(mark, _)| text.contains(mark) || words.contains(mark));
    Some(match hint {
        Some((_, next)) => verdict.next(*next),
        None => verdict,
    })
}

/// A Rust program panicked: `thread 'main' panicked at src/main.rs:2:5:`, the message in the next line.
pub(super) fn rust_panic(evidence: &Evidence<'_>) -> Option<Verdict> {
    let words = &evidence.last_words;
    let mut lines = words.lines().skip_while(|line| !(line.starts_with("thread '") && line.contains("' panicked at ")));
    let (thread, rest) = lines.next()?.strip_prefix("thread '")?.split_once('\'')?;
    let place = rest.split_once(" panicked at ")?.1;
    if evidence.status() != Some(RUST_STATUS) && !aborted(evidence) {
        return None;
    }
    // Older compilers wrote the message first, in quotes, on the same line.
    let (message, place) = match place.strip_prefix('\'').and_then(|text| text.rsplit_once("', ")) {
        Some((message, place)) => (message, place),
        None => (lines.next().unwrap_or_default(), place.trim_end_matches(':')),
    };
    let cause = format!("its thread {thread} panicked: {}, at {place}", told(message));
    Some(Verdict::new(&row::DIED_RUST_PANIC, Confidence::Certain, cause))
}

/// An assertion of C or C++ did not hold.
pub(super) fn assertion(evidence: &Evidence<'_>) -> Option<Verdict> {
    if !aborted(evidence) {
        return None;
    }
    let mut lines = evidence.last_words.lines().rev();
    // musl and the BSDs first, then glibc.
    let line = lines.find(|line| {
        line.contains("ssertion failed: ") || (line.contains("Assertion `") && line.ends_with("failed."))
    })?;
    let text = line.split_once("ssertion failed: ").map_or(line, |(_, text)| text);
    let cause = format!("an assertion did not hold: {}", told(text));
    Some(Verdict::new(&row::DIED_ASSERTING, Confidence::Certain, cause))
}

/// A C++ exception that nobody caught.
pub(super) fn exception(evidence: &Evidence<'_>) -> Option<Verdict> {
    if !aborted(evidence) {
        return None;
    }
    let words = &evidence.last_words;
    let marks = ["terminate called after throwing an instance of ", "due to uncaught exception of type "];
    let line = words.lines().find_map(|line| marks.iter().find_map(|mark| Some(line.split_once(mark)?.1)))?;
    let what = words.lines().find_map(|line| line.trim_start().strip_prefix("what():")).map(str::trim);
    let text = what.map_or_else(|| line.to_owned(), |what| format!("{line}: {what}"));
    let cause = format!("nobody caught an exception: {}", told(&text.replace('\'', "")));
    Some(Verdict::new(&row::DIED_OF_EXCEPTION, Confidence::Certain, cause))
}

/// The dynamic linker did not find what the program or a library needs.
pub(super) fn unresolved(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.status().filter(|status| *status != 0)?;
    let marks =
        ["Error relocating ", "Error loading shared library ", "undefined symbol: ", "cannot open shared object file"];
    let line = evidence.last_words.lines().find(|line| marks.iter().any(|mark| line.contains(mark)))?;
    let text = line.strip_prefix("Error ").unwrap_or(line);
    let cause = format!("the dynamic linker gave up: {}", told(text));
    Some(Verdict::new(&row::ENDED_UNRESOLVED, Confidence::Likely, cause))
}

/// It did not understand what it was asked to do.
pub(super) fn misused(evidence: &Evidence<'_>) -> Option<Verdict> {
    let status = evidence.status().filter(|status| *status != 0)?;
    let words = evidence.last_words.to_lowercase();
    let marks = [
        "unknown option",
        "unrecognized option",
        "invalid option",
        "illegal option",
        "flag provided but not defined",
        "unknown flag",
        "unknown argument",
        "unexpected argument",
        "missing argument",
        "missing operand",
        "invalid value \"",
        "unknown command",
    ];
    let has_usage = words.contains("usage:") || words.contains("usage of ");
    let line = evidence.last_words.lines().find(|line| {
        let line = line.to_lowercase();
        marks.iter().any(|mark| line.contains(mark))
    });
    let cause = match line {
        Some(line) => format!("it did not understand its arguments: {}", told(line)),
        None if has_usage && matches!(status, 1 | 2 | 64) => {
            "it did not get the arguments that it wants, and told how it is used".to_owned()
        }
        None => return None,
    };
    Some(Verdict::new(&row::ENDED_MISUSED, Confidence::Likely, cause))
}

/// What programs say when a name could not be turned into an address.
static LOOKUP_WORDS: &[&str] = &[
    "no such host",
    "server misbehaving",
    "name resolution",
    "name or service not known",
    "name does not resolve",
    "nodename nor servname",
    "could not resolve host",
    "failed to lookup address",
];

/// A host's name was not found.
pub(super) fn lookup(evidence: &Evidence<'_>) -> Option<Verdict> {
    evidence.status().filter(|status| *status != 0)?;
    let says = |line: &&str| LOOKUP_WORDS.iter().any(|mark| line.to_lowercase().contains(mark));
    let line = evidence.last_words.lines().rev().find(says)?;
    let verdict = Verdict::new(
        &row::ENDED_LOOKUP,
        Confidence::Likely,
        format!("it could not find the address of a host: {}", told(line)),
    );
    let asked = evidence.all_calls().find(|call| call.line.contains("resolv.conf") && call.errno().is_some());
    Some(match asked {
        Some(call) => {
            verdict.because(call.line.clone()).next("give it an /etc/resolv.conf (with --root: below that folder)")
        }
        None => verdict,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "panic: assignment to entry in nil map\n\ngoroutine 7 [chan receive, 2 minutes]:\npanic({0x1, 0x2})\n\
                         \t/go/src/runtime/panic.go:9 +0x1\nmain.(*Door).open(0x3, {0x4})\n\t/src/main.go:12 +0x1d\n";

    #[test]
    fn the_place_is_the_programs_own() {
        assert_eq!(go_place(TRACE).as_deref(), Some("main.(*Door).open (/src/main.go:12)"));
        assert_eq!(go_state(TRACE), Some("chan receive"));
    }

    #[test]
    fn damaged_words_have_no_place() {
        for text in
            ["", "goroutine ", "goroutine 1 [running]:", "goroutine 1 [running]:\nmain.main()", "goroutine 1 [", "\n\n"]
        {
            assert_eq!(go_place(text), None, "{text}");
        }
        assert_eq!(go_state("goroutine 1 ["), None);
    }

    #[test]
    fn long_words_are_cut_between_letters() {
        let cut = told(&"ä".repeat(TOLD + 1));
        assert_eq!(cut.chars().count(), TOLD + 3);
        assert_eq!(told(" short "), "short");
    }
}
