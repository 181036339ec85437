//! A comparison for people, and as data.

use super::{Comparison, Difference, Kind, Seen};
use serde_json::{Value, json};
use std::fmt::Write;

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Answer => "answer",
            Kind::Request => "request",
            Kind::Alone => "alone",
            Kind::End => "end",
        }
    }
}

/// Arguments that differ between two sides, as one line; and all of them when nothing does.
fn asked(seen: &Seen, other: Option<&Seen>) -> String {
    let is_told = |arg: &&(&str, String)| other.is_none_or(|other| !other.args.contains(arg));
    let shown: Vec<String> = seen
        .args
        .iter()
        .filter(is_told)
        .map(|(name, value)| match other {
            Some(_) => format!("{name} {value}"),
            None => value.clone(),
        })
        .collect();
    shown.join(", ")
}

impl Difference {
    /// The call and what it was done to: `open/openat(O_NOFOLLOW) of "./link"`.
    fn call(&self) -> String {
        let mut names: Vec<&str> = self.seen.iter().flatten().map(|seen| seen.name).collect();
        names.dedup();
        let args = match (&self.seen, self.kind) {
            ([Some(one), Some(_)], Kind::Answer) | ([Some(one), None] | [None, Some(one)], _) => asked(one, None),
            _ => String::new(),
        };
        format!("{}({args}) of {}", names.join("/"), self.thing)
    }

    /// The difference in one line.
    pub fn headline(&self, names: &[String; 2]) -> String {
        let [a, b] = names;
        match (&self.seen, self.kind) {
            ([Some(one), Some(other)], Kind::End) => {
                format!("the program {} on {a} and {} on {b}", one.answer, other.answer)
            }
            ([Some(one), Some(other)], Kind::Answer) => {
                format!("{}: {a} answers {}, {b} {}", self.call(), one.answer, other.answer)
            }
            ([Some(one), Some(other)], _) => {
                let [first, second] = [asked(one, Some(other)), asked(other, Some(one))];
                let or_nothing = |text: String| if text.is_empty() { "nothing more".into() } else { text };
                format!("{}: on {a} with {}, on {b} with {}", self.call(), or_nothing(first), or_nothing(second))
            }
            ([Some(_), None], _) => format!("{}: only on {a}", self.call()),
            ([None, Some(_)], _) => format!("{}: only on {b}", self.call()),
            ([None, None], _) => self.word.clone(),
        }
    }

    fn details(&self, out: &mut String, names: &[String; 2]) {
        if let Some(cause) = self.cause {
            let _ = writeln!(out, "  why: {} [{}]", cause.text, cause.code);
        }
        let width = names.iter().map(String::len).max().unwrap_or(0);
        for (name, seen) in names.iter().zip(&self.seen) {
            let _ = match seen {
                Some(Seen { nth: 0, line, text, .. }) => writeln!(out, "  {name:width$}  line {line}: {text}"),
                Some(Seen { nth, text, place, .. }) => {
                    let place = place.as_ref().map(|place| format!(", at {place}")).unwrap_or_default();
                    writeln!(out, "  {name:width$}  call {nth}{place}: {text}")
                }
                None => writeln!(out, "  {name:width$}  does nothing like it there"),
            };
        }
    }

    fn json(&self) -> Value {
        let side = |seen: &Option<Seen>| {
            seen.as_ref().map(|seen| {
                json!({
                    "line": seen.line, "call": seen.nth, "text": seen.text, "answer": seen.answer, "place": seen.place,
                })
            })
        };
        let [a, b] = &self.seen;
        json!({
            "kind": self.kind.word(), "what": self.word, "thing": self.thing, "a": side(a), "b": side(b),
            "cause": self.cause.map(|cause| json!({ "code": cause.code, "text": cause.text })),
        })
    }
}

impl Comparison {
    /// The first difference, or all, for a person.
    pub fn text(&self, shown: usize) -> String {
        let mut out = String::new();
        if self.is_same() {
            let _ = writeln!(out, "no difference: {}", self.counts());
        }
        for difference in self.differences.iter().take(shown) {
            let _ = writeln!(out, "{}", difference.headline(&self.names));
            difference.details(&mut out, &self.names);
        }
        let left = self.differences.len().saturating_sub(shown);
        if left > 0 {
            let more = if left == 1 { "difference" } else { "differences" };
            let _ = writeln!(out, "{left} more {more} (--all shows them); {}", self.counts());
        }
        if self.chance > 0 {
            let what = if self.chance == 1 { "difference was" } else { "differences were" };
            let _ = writeln!(out, "note: {} {what} not there in a second run of both", self.chance);
        }
        if let Some(name) = self.one_sided.and_then(|side| self.names.get(side)) {
            let _ = writeln!(out, "note: only {name}'s trace tells the programs that it execs; they are not compared");
        }
        for (name, is_cut) in self.names.iter().zip(self.cut) {
            if is_cut {
                let _ = writeln!(out, "note: the trace of {name} stops in the middle of a line");
            }
        }
        out
    }

    fn counts(&self) -> String {
        let ([a, b], [of_a, of_b]) = (&self.names, self.calls);
        format!("{of_a} calls on {a}, {of_b} on {b}, {} compared", self.compared)
    }

    /// The same as data.
    pub fn json(&self) -> String {
        let differences: Vec<Value> = self.differences.iter().map(Difference::json).collect();
        let [a, b] = &self.names;
        json!({
            "same": self.is_same(), "a": a, "b": b, "calls": self.calls, "compared": self.compared,
            "asides": self.asides, "chance": self.chance, "cut": self.cut, "differences": differences,
        })
        .to_string()
    }
}
