//! Redirecting what a library defines: the program's own name for it is given another meaning.

use super::Planner;
use crate::{census, shape::Import, verify::Expect};
use ashore_base::{Addr, AddrRange};
use ashore_report::{Report, table::*};

/// The code that calls through a word is at most this long, and begins at a multiple of it.
const STUB_LEN: u64 = 16;

impl Planner<'_, '_> {
    /// Whoever in this program reaches the imported function `name` reaches `new`.
    pub(super) fn bind(&mut self, name: &str, new: Addr) -> Result<(), Report> {
        let program = self.program;
        let new_name = program.describe(new);
        let imports = program.shape.imported(program, name.as_bytes());
        for Import { record, words, bound, len } in &imports {
            self.refuse_own_calls(name, new, words)?;
            let (_, old) = program.bytes_at(*record, *len)?;
            let bytes = bound(old, new);
            self.write(*record, &bytes, format!("import {name} to {new_name}"))?;
            self.expects.push(Expect::Bytes { at: *record, bytes });
            self.say(format!("the import {name}, which fills {} words, means {new_name} at {new}", words.len()));
        }
        self.say("libraries still reach the library's".to_owned());
        Ok(())
    }

    /// Refuses when the function at `new` calls what these words hold: it would call itself.
    fn refuse_own_calls(&self, name: &str, new: Addr, words: &[Addr]) -> Result<(), Report> {
        let program = self.program;
        let own = program.function_from(new).unwrap_or_default();
        let function_at = |addr| program.function_at(addr);
        let through = |&word: &Addr| {
            program.code().flat_map(|code| program.coder.through(code, word, &function_at)).collect::<Vec<_>>()
        };
        for at in words.iter().flat_map(through) {
            let stub = AddrRange { start: Addr(at.0 / STUB_LEN * STUB_LEN), end: at.plus(1) };
            let calls = || census::code(program, stub).into_iter().any(|call| own.contains(call.at));
            if own.contains(at) || calls() {
                let reason =
                    format!("{} calls {name} itself: it would reach itself without end", program.describe(new));
                let report = PATCH_REFUSED.at(program.place(new), reason);
                return Err(report.note(format!("let it find the library's by dlsym(RTLD_NEXT, \"{name}\")")));
            }
        }
        Ok(())
    }
}
