//! One line of a trace for a call that was recorded, with its memory as it is now.

use super::calls::Call;
use super::fds::Fds;
use super::filter::Filter;
use super::format::{self, Printer};
use super::signature::Type;
use super::summary::number_name;
use super::text::Text;
use ashore_guest::{Answer, Fail, Os, Value, row_of};
use ashore_pivot::{Errno, Memory};
use ashore_process::{ARGS_KEPT, Ended};
use std::cell::OnceCell;

/// Prints recorded calls of a system.
pub(crate) struct Lines {
    os: &'static Os,
    /// The calls that were printed, by number: few of a system's are.
    known: Vec<OnceCell<Call>>,
    fds: Fds,
}

impl Lines {
    pub(crate) fn of(os: &'static Os) -> Lines {
        let highest = os.calls.iter().map(|row| usize::from(row.number)).max().unwrap_or(0);
        Lines { os, known: (0..=highest).map(|_| OnceCell::new()).collect(), fds: Fds::default() }
    }

    fn call(&self, number: u64) -> Option<&Call> {
        let row = row_of(self.os.calls, number)?;
        let known = self.known.get(usize::from(row.number))?;
        Some(known.get_or_init(|| Call::of(row, &Filter::default())))
    }

    /// The name of a call.
    pub(crate) fn name(&self, number: u64) -> String {
        row_of(self.os.calls, number).map_or_else(|| number_name(number), |row| row.name().to_owned())
    }

    /// The line. Of the memory that it names, strings and records that it read are shown.
    pub(crate) fn line(&self, memory: &dyn Memory, number: u64, args: &[u64; ARGS_KEPT], ended: Ended) -> String {
        let mut words = [0; 8];
        words[..ARGS_KEPT].copy_from_slice(args);
        let answer: Answer = match ended {
            Ended::With(word) => Ok(Value::One(word)),
            Ended::Failed(errno) => Err(Fail::Own(errno)),
            Ended::Interrupted => Err(Fail::Linux(Errno::RESTART)),
            Ended::Resumed | Ended::UnderWay => Ok(Value::ThreadOver),
        };
        let printer = Printer { os: self.os, memory, fds: &self.fds, args: &words, result: None };
        let mut line = Text::new();
        let Some(call) = self.call(number) else {
            line.push_str(&number_name(number));
            line.push_str("(...)");
            self.answer(&mut line, &printer, &Type::Long, (ended, &answer));
            return line.into_string();
        };
        line.push_str(&call.head);
        for (n, param) in call.signature.params.iter().enumerate() {
            line.push_str(if n > 0 { ", " } else { "" });
            match (words.get(n).filter(|_| n < ARGS_KEPT), call.outputs.get(n)) {
                (None, _) => line.push_str("..."),
                // Bytes and records may be others' by now, and bytes are what nobody asked to keep.
                (Some(word), is_output) if is_output == Some(&true) || !lasts(&param.kind) => line.hex(*word),
                _ => printer.argument(&mut line, n, &param.kind),
            }
        }
        line.push(')');
        self.answer(&mut line, &printer, &call.signature.result, (ended, &answer));
        line.into_string()
    }

    fn answer(&self, line: &mut Text, printer: &Printer<'_>, kind: &Type, (ended, answer): (Ended, &Answer)) {
        match ended {
            Ended::UnderWay => line.push_str(" ..."),
            Ended::Resumed => line.push_str(" = (resumed)"),
            _ => {
                line.push_str(" = ");
                format::result(line, printer, kind, answer);
            }
        }
    }
}

/// Whether the memory of such an argument is still what it was, as far as it is: names mostly are, records on a stack are
/// not.
fn lasts(kind: &Type) -> bool {
    match kind {
        Type::Record(_, name, _) => *name == "sockaddr",
        Type::Bytes(..) | Type::SigSet | Type::Strings => false,
        _ => true,
    }
}
