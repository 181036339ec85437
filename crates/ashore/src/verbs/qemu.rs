//! Called by the name of QEMU's user emulator (`qemu-aarch64`, `qemu-aarch64-static`), the command understands that one's
//! options and environment, and runs the program as `ashore run` would.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// What an option becomes.
#[derive(Clone, Copy)]
enum Means {
    /// This option with the same value.
    Option(&'static str),
    /// This option for every part of the value between commas.
    Each(&'static str),
    /// This option, which has no value.
    Switch(&'static str),
    /// Another verb.
    Verb(&'static str),
    /// A value that changes nothing here.
    Nothing,
    /// A switch that changes nothing here.
    NothingAlone,
}

/// An option: its name, the variable that stands for it, what it becomes.
struct Row {
    name: &'static str,
    variable: &'static str,
    means: Means,
}

#[rustfmt::skip]
static ROWS: &[Row] = &[
    Row { name: "L", variable: "QEMU_LD_PREFIX", means: Means::Option("--root") },
    Row { name: "E", variable: "QEMU_SET_ENV", means: Means::Each("--set-env") },
    Row { name: "U", variable: "QEMU_UNSET_ENV", means: Means::Each("--unset-env") },
    Row { name: "0", variable: "QEMU_ARGV0", means: Means::Option("--argv0") },
    Row { name: "strace", variable: "QEMU_STRACE", means: Means::Verb("trace") },
    Row { name: "g", variable: "QEMU_GDB", means: Means::Option("--gdb") },
    Row { name: "perfmap", variable: "QEMU_PERFMAP", means: Means::Switch("--perf-map") },
    // One CPU, a stack as large as the limit says, and code as fast as it gets.
    Row { name: "cpu", variable: "QEMU_CPU", means: Means::Nothing },
    Row { name: "s", variable: "QEMU_STACK_SIZE", means: Means::Nothing },
    Row { name: "one-insn-per-tb", variable: "QEMU_ONE_INSN_PER_TB", means: Means::NothingAlone },
    Row { name: "singlestep", variable: "QEMU_SINGLESTEP", means: Means::NothingAlone },
];

/// The words of `ashore run` for a command line in QEMU's words, the first word being the name it was called by; none when
/// that is another name. The error is for a person.
pub(super) fn translate(
    args: &[OsString],
    variable: impl Fn(&str) -> Option<OsString>,
) -> Option<Result<Vec<OsString>, String>> {
    let name = std::path::Path::new(args.first()?).file_name()?.to_str()?;
    matches!(name, "qemu-aarch64" | "qemu-aarch64-static").then(|| words(args, variable))
}

fn words(args: &[OsString], variable: impl Fn(&str) -> Option<OsString>) -> Result<Vec<OsString>, String> {
    let mut verb = "run";
    let mut options: Vec<(&'static str, Option<OsString>)> = Vec::new();
    let mut apply = |row: &Row, value: &OsStr| match row.means {
        Means::Option(option) => {
            options.retain(|(known, _)| *known != option);
            options.push((option, Some(value.to_owned())));
        }
        Means::Each(option) => {
            let parts = value.as_bytes().split(|byte| *byte == b',').filter(|part| !part.is_empty());
            options.extend(parts.map(|part| (option, Some(OsString::from_vec(part.to_vec())))));
        }
        Means::Switch(option) => options.push((option, None)),
        Means::Verb(other) => verb = other,
        Means::Nothing | Means::NothingAlone => {}
    };
    for row in ROWS {
        if let Some(value) = variable(row.variable) {
            apply(row, &value);
        }
    }
    let mut rest = args.iter().skip(1);
    let program = loop {
        let word = rest.next().ok_or("no program was named")?;
        let Some(option) = word.as_bytes().strip_prefix(b"-").filter(|option| !option.is_empty()) else { break word };
        if option == b"-" {
            break rest.next().ok_or("no program was named")?;
        }
        let row = ROWS.iter().find(|row| row.name.as_bytes() == option);
        let row = row.ok_or_else(|| format!("option {} is not understood", word.display()))?;
        match row.means {
            Means::Switch(_) | Means::Verb(_) | Means::NothingAlone => apply(row, OsStr::new("")),
            _ => apply(row, rest.next().ok_or_else(|| format!("option {} needs a value", word.display()))?),
        }
    };
    let mut words: Vec<OsString> = vec!["ashore".into(), verb.into()];
    words.extend(options.into_iter().flat_map(|(option, value)| std::iter::once(option.into()).chain(value)));
    words.push("--".into());
    words.push(program.clone());
    words.extend(rest.cloned());
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str, environment: &[(&str, &str)]) -> Option<Result<String, String>> {
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let variable = |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        let words = translate(&args, variable)?;
        Some(words.map(|words| words.join(OsStr::new(" ")).into_string().expect("text")))
    }

    #[test]
    fn qemus_options_become_ours() {
        let ok = |text: &str| Some(Ok(text.to_owned()));
        assert_eq!(told("ashore -L /r prog", &[]), None);
        assert_eq!(told("/x/qemu-aarch64 prog -L /r", &[]), ok("ashore run -- prog -L /r"));
        assert_eq!(
            told("qemu-aarch64-static -cpu max -L /r -E A=1,B=2 -U C -0 name -- prog -x", &[]),
            ok("ashore run --root /r --set-env A=1 --set-env B=2 --unset-env C --argv0 name -- prog -x")
        );
        assert_eq!(told("qemu-aarch64 -strace prog", &[]), ok("ashore trace -- prog"));
        assert_eq!(told("qemu-aarch64 -perfmap -g 1 prog", &[]), ok("ashore run --perf-map --gdb 1 -- prog"));
        assert_eq!(told("qemu-aarch64", &[]), Some(Err("no program was named".into())));
        assert_eq!(told("qemu-aarch64 -nonsense prog", &[]), Some(Err("option -nonsense is not understood".into())));
    }

    #[test]
    fn options_count_more_than_the_environment() {
        let environment = [("QEMU_LD_PREFIX", "/env"), ("QEMU_SET_ENV", "A=1")];
        let ok = |text: &str| Some(Ok(text.to_owned()));
        assert_eq!(told("qemu-aarch64 prog", &environment), ok("ashore run --root /env --set-env A=1 -- prog"));
        assert_eq!(told("qemu-aarch64 -L /arg prog", &environment), ok("ashore run --set-env A=1 --root /arg -- prog"));
    }
}
