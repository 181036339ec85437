//! Where in the program's own source a call was made: up the stack, out of the standard library.

use crate::explain::code::{Program, Spot};
use ashore_base::Addr;

/// A stack is not followed further.
const MOST_FRAMES: usize = 40;

/// The first elements of the paths of Go's own packages.
const OWN: &[&str] = &[
    "archive",
    "bufio",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "internal",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "vendor",
    "weak",
];

/// The innermost place of the program's own code that leads to the code before `at`, whose stack begins with these words.
/// Without a Go line table only the place itself is known.
pub(super) fn of(program: &Program<'_>, at: Addr, stack: &[u64]) -> Option<String> {
    let (mut at, mut depth) = (at.minus(1), 0u64);
    let mut outermost = None;
    for _ in 0..MOST_FRAMES {
        let spots = program.spots(at);
        if let Some(spot) = spots.iter().find(|spot| is_programs(spot)) {
            return Some(short(spot));
        }
        outermost = spots.last().map(short).or(outermost);
        let Some(frame) = program.go_frame_len(at) else { break };
        depth = depth.saturating_add(frame / 8);
        let word = usize::try_from(depth).ok().and_then(|depth| stack.get(depth));
        let Some(back) = word.filter(|word| **word != 0) else { break };
        at = Addr(*back).minus(1);
        depth = depth.saturating_add(1);
    }
    outermost
}

fn is_programs(spot: &Spot) -> bool {
    let Some(function) = spot.function.as_deref() else { return false };
    let first = function.split(['.', '/']).next().unwrap_or_default();
    // What is no function of Go has no package and counts as the program's.
    let has_package = function.contains('.');
    has_package && !OWN.contains(&first) || !has_package && spot.line.is_some()
}

/// `main.run (/src/main.go:12)`, without how far into the function.
fn short(spot: &Spot) -> String {
    Spot { offset: None, is_inlined: false, ..spot.clone() }.to_string()
}
