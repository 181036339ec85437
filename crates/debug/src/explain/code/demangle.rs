//! Names as their authors wrote them.

use cpp_demangle::{DemangleOptions, ParseOptions, Symbol};
use std::fmt::{self, Write};

/// A longer name in the file is shown as it is: reading it takes stack in proportion.
const MANGLED_MAX: usize = 2048;
/// What is shown of a name: a few bytes in the file can stand for gigabytes.
const SHOWN_MAX: usize = 512;
/// How deep C++ names nest before they are shown as they are. A thread that dies has little stack left: this takes 64 KiB at
/// most, which is 20 times as much in code that is not optimised. Rust's have a limit of their own, which takes 32 KiB.
const DEPTH: u32 = if cfg!(debug_assertions) { 12 } else { 48 };

/// The name in the words of Rust or C++; other names as they are.
pub(super) fn demangle(name: &str) -> String {
    if name.len() > MANGLED_MAX {
        return name.chars().take(SHOWN_MAX).collect();
    }
    rust(name).or_else(|| cpp(name)).unwrap_or_else(|| name.chars().take(SHOWN_MAX).collect())
}

fn rust(name: &str) -> Option<String> {
    let found = rustc_demangle::try_demangle(name).ok()?;
    let mut shown = Bounded(String::new());
    // An error says that the limit was reached; what was written until then is shown.
    let _ = write!(shown, "{found:#}");
    Some(shown.0)
}

fn cpp(name: &str) -> Option<String> {
    if !name.starts_with("_Z") {
        return None;
    }
    let parsed = Symbol::new_with_options(name, &ParseOptions::default().recursion_limit(DEPTH)).ok()?;
    let mut shown = Bounded(String::new());
    let done = parsed.structured_demangle(&mut shown, &DemangleOptions::new().recursion_limit(DEPTH));
    (done.is_ok() || shown.0.len() >= SHOWN_MAX).then_some(shown.0)
}

/// Text that grows to a limit and then refuses.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() >= SHOWN_MAX {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_source() {
        let cases = [
            ("main", "main"),
            ("_ZN5space3fooEibc", "space::foo(int, bool, char)"),
            ("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"),
            ("_RNvC7mycrate3foo", "mycrate::foo"),
            ("_Zgarbage", "_Zgarbage"),
        ];
        for (mangled, shown) in cases {
            assert_eq!(demangle(mangled), shown);
        }
    }

    /// The stack of a host thread that runs a guest has 512 KiB, and part of it is used. Code that is not optimised, as here,
    /// takes several times as much as what people run.
    #[test]
    fn hostile_names_take_little_stack_and_end() {
        let deep = [
            format!("_RIC1a{}uE", "R".repeat(1000)),
            format!("_RIC1a{}uE", "R".repeat(480)),
            format!("_Z1f{}i", "P".repeat(2000)),
            format!("_Z1f{}i{}", "F".repeat(900), "E".repeat(900)),
            format!("_ZN{}E", "1a".repeat(1000)),
            // Each substitution doubles what stands before it.
            format!("_Z1f{}", "1AIS_S_E".repeat(200)),
        ];
        let run = std::thread::Builder::new().stack_size(384 << 10);
        let thread = run.spawn(move || deep.iter().all(|name| demangle(name).len() < 4096)).unwrap();
        assert!(thread.join().unwrap());
    }
}
