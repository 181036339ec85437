//! Printed values in words that all systems share.

use super::read::Call;
use crate::trace::signature::{Param, Type};
use ashore_guest::Os;

/// Flags that say nothing of what a call does, or that systems' libraries set differently.
const SILENT: &[&str] =
    &["0", "O_CLOEXEC", "SOCK_CLOEXEC", "O_LARGEFILE", "O_NOCTTY", "MSG_NOSIGNAL", "O_TTY_INIT", "MSG_CMSG_CLOEXEC"];

/// Names of one error.
const ERRORS: &[(&str, &str)] = &[("EWOULDBLOCK", "EAGAIN"), ("ENOTSUP", "EOPNOTSUPP")];

/// The first port that a system hands out by itself on most.
const FIRST_OWN_PORT: u16 = 10_000;

/// The shared name of an error.
pub(super) fn errno(name: &str) -> &str {
    ERRORS.iter().find(|row| row.0 == name).map_or(name, |row| row.1)
}

/// Flags as a set of names.
pub(super) fn flags(printed: &str) -> String {
    let mut names: Vec<&str> = printed.split('|').filter(|name| !SILENT.contains(name) && !is_number(name)).collect();
    names.sort_unstable();
    names.join("|")
}

fn is_number(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

/// A printed number, decimal or hexadecimal.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None if text == "NULL" => Some(0),
        None => text.parse().ok(),
    }
}

/// The names of a number's flags, by a system's list. The way of access is left out: both ends of a pipe are one thing.
pub(super) fn flags_of(os: &Os, list: &str, printed: &str) -> String {
    let (Some(word), Some(list)) = (number(printed), os.words.list(list)) else { return printed.to_owned() };
    let is_set = |bits: u64| bits & !3 != 0 && bits & 3 == 0 && word & bits == bits;
    let names = list.names.iter().filter(|name| is_set(name.1)).map(|name| name.0);
    let mut names: Vec<&str> = names.filter(|name| !SILENT.contains(name)).collect();
    names.sort_unstable();
    names.join("|")
}

/// Whether a call's mode means anything.
pub(super) fn counts_mode(word: &str, call: &Call, params: &[Param]) -> bool {
    if word != "open" {
        return true;
    }
    let flags = params.iter().find(|param| matches!(param.kind, Type::Flags(_)));
    flags.and_then(|param| call.arg(param.name)).is_none_or(|flags| flags.contains("O_CREAT"))
}

/// A mode's permissions, without a type.
pub(super) fn permissions(printed: &str) -> String {
    let mode = printed.strip_prefix("0o").and_then(|digits| u32::from_str_radix(digits, 8).ok());
    mode.map_or_else(|| printed.to_owned(), |mode| format!("{:04o}", mode & 0o7777))
}

/// A socket address, with one name for all ports that systems hand out.
pub(super) fn address(printed: &str) -> String {
    let Some((host, port)) = printed.rsplit_once(':') else { return super::thing::digits_as_one(printed) };
    match port.parse::<u16>() {
        Ok(port) if port >= FIRST_OWN_PORT => format!("{host}:*"),
        Ok(_) => printed.to_owned(),
        Err(_) => super::thing::digits_as_one(printed),
    }
}

/// A field of a printed record.
pub(super) fn field<'a>(printed: &'a str, name: &str) -> Option<&'a str> {
    let inside = printed.strip_prefix('{')?.strip_suffix('}')?;
    inside.split(", ").find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}

/// What of a printed `stat` is the same everywhere: type and permissions, and of files the size.
pub(super) fn stat(printed: &str) -> Option<String> {
    let mode = field(printed, "mode")?;
    match field(printed, "size") {
        Some(size) if mode.starts_with("file") => Some(format!("{mode}, {size} bytes")),
        _ => Some(mode.to_owned()),
    }
}

/// A wait status: how it ended, with no number of a signal.
pub(super) fn status(printed: &str) -> Option<String> {
    let status = number(field(printed, "status")?)?;
    Some(match status & 0x7f {
        0 => format!("exit {}", status >> 8 & 0xff),
        0x7f => "stopped".into(),
        _ => "ended by a signal".into(),
    })
}

/// A path without `.` and `..`, from a directory.
pub(super) fn absolute(directory: &str, path: &str) -> String {
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("{directory}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ashore_guest::by_name;

    #[test]
    fn flags_are_sets_of_names() {
        assert_eq!(flags("O_RDONLY|O_NOFOLLOW|O_CLOEXEC"), flags("O_NOFOLLOW|O_RDONLY|0x8000"));
        let (linux, freebsd) = (by_name("linux").unwrap().os, by_name("freebsd").unwrap().os);
        assert_eq!(flags_of(linux, "open", "34818"), "O_NONBLOCK");
        assert_eq!(flags_of(freebsd, "open", "6"), "O_NONBLOCK");
    }

    #[test]
    fn values_are_alike_where_they_mean_the_same() {
        assert_eq!(address("127.0.0.1:40001"), address("127.0.0.1:51234"));
        assert_ne!(address("127.0.0.1:80"), address("127.0.0.1:81"));
        assert_eq!(stat("{dev=1, mode=file 0644, size=5, mtime=1.2}").unwrap(), "file 0644, 5 bytes");
        assert_eq!(status("{status=0x200}").unwrap(), "exit 2");
        assert_eq!(absolute("/a/b", "../c/./d"), "/a/c/d");
    }
}
