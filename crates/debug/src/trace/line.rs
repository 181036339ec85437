//! One line of a trace for a call that was recorded, with its memory as it is now.

use super::calls::Call;
use super::fds::Fds;
use super::filter::Filter;
use super::format::{self, Printer};
use super::signature::Type;
use super::summary::number_name;
use super::text::Text;
use ashore_base::Addr;
use ashore_guest::{Answer, Fail, Os, Value, row_of};
use ashore_pivot::{Errno, Memory};
use ashore_process::Ended;
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

    /// The same for a process that is not this one: nobody is asked what its descriptors are open on.
    fn elsewhere(os: &'static Os) -> Lines {
        Lines { fds: Fds::elsewhere(), ..Lines::of(os) }
    }

    /// The name of a call.
    pub(crate) fn name(&self, number: u64) -> String {
        row_of(self.os.calls, number).map_or_else(|| number_name(number), |row| row.name().to_owned())
    }

    /// The line; words that were not kept are dots. Of the memory that it names, strings and records that it read are shown.
    pub(crate) fn line(&self, memory: &dyn Memory, number: u64, args: &[u64], ended: Ended) -> String {
        let mut words = [0; 8];
        let kept = args.len().min(words.len());
        words[..kept].copy_from_slice(&args[..kept]);
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
            match (words.get(n).filter(|_| n < kept), call.outputs.get(n)) {
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

/// Prints calls that a kernel recorded: of a process elsewhere, perhaps without its memory.
pub struct Decoder(Lines);

impl Decoder {
    /// For the calls of a system on a CPU: what that convention says.
    pub fn new(os: &'static Os) -> Decoder {
        Decoder(Lines::elsewhere(os))
    }

    /// The name of a call.
    pub fn name(&self, number: u64) -> String {
        self.0.name(number)
    }

    /// One line: the call with its words, and the result's register, or that there is none yet. Where the memory is given,
    /// it is read now: what a call read by then is shown, names above all.
    pub fn line(&self, number: u64, args: &[u64], result: Option<u64>, memory: Option<&dyn Memory>) -> String {
        let ended = match result.map(Errno::check) {
            None => Ended::UnderWay,
            Some(Ok(word)) => Ended::With(word),
            Some(Err(errno)) => Ended::Failed(errno.0),
        };
        self.0.line(memory.unwrap_or(&Nothing), number, args, ended)
    }
}

/// No memory.
struct Nothing;

impl Memory for Nothing {
    fn read(&self, _: Addr, _: &mut [u8]) -> Result<(), Errno> {
        Err(Errno::EFAULT)
    }

    fn write(&self, _: Addr, _: &[u8]) -> Result<(), Errno> {
        Err(Errno::EFAULT)
    }

    fn cstr_len(&self, _: Addr, _: usize) -> Result<usize, Errno> {
        Err(Errno::EFAULT)
    }

    fn load_u32(&self, _: Addr) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }

    fn compare_exchange_u32(&self, _: Addr, _: u32, _: u32) -> Result<u32, Errno> {
        Err(Errno::EFAULT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ashore_guest::linux::arm64;

    #[test]
    fn calls_of_another_cpu_are_told_with_and_without_memory() {
        struct Name;
        impl Memory for Name {
            fn read(&self, _: Addr, into: &mut [u8]) -> Result<(), Errno> {
                into.copy_from_slice(&b"/etc/hosts"[..into.len()]);
                Ok(())
            }
            fn write(&self, _: Addr, _: &[u8]) -> Result<(), Errno> {
                Err(Errno::EFAULT)
            }
            fn cstr_len(&self, _: Addr, _: usize) -> Result<usize, Errno> {
                Ok(10)
            }
            fn load_u32(&self, _: Addr) -> Result<u32, Errno> {
                Err(Errno::EFAULT)
            }
            fn compare_exchange_u32(&self, _: Addr, _: u32, _: u32) -> Result<u32, Errno> {
                Err(Errno::EFAULT)
            }
        }
        let decoder = Decoder::new(&arm64::OS);
        let open = [-100i64 as u64, 0x1000, 0x4000 | 0x8_0000, 0];
        assert_eq!(
            decoder.line(56, &open, Some(3), Some(&Name)),
            "openat(AT_FDCWD, \"/etc/hosts\", O_RDONLY|O_DIRECTORY|O_CLOEXEC, 0o000) = 3"
        );
        let missing = decoder.line(56, &open, Some(-2i64 as u64), None);
        assert_eq!(missing, "openat(AT_FDCWD, 0x1000, O_RDONLY|O_DIRECTORY|O_CLOEXEC, 0o000) = -1 ENOENT (2)");
        let clone = decoder.line(220, &[0x11, 0, 0, 0], None, None);
        assert_eq!(clone, "clone(0x11, NULL, NULL, NULL, ...) ...");
        assert_eq!(decoder.line(94, &[7, 0], None, None), "exit_group(7) ...");
        assert_eq!(decoder.name(134), "rt_sigaction");
        assert!(decoder.line(9999, &[], Some(-38i64 as u64), None).ends_with("ENOSYS (38)"));
    }
}
