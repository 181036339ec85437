//! A row's signature, parsed once.

/// How long a buffer, a vector or an array is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Len {
    /// As argument n says.
    Arg(usize),
    /// As the call's result says.
    Result,
    /// This many.
    Fixed(u64),
    /// One element.
    One,
}

/// Which way a record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
    InOut,
}

/// The type of an argument or a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    Int,
    Long,
    Uint,
    Hex,
    Size,
    Off,
    Mode,
    Void,
    Fd,
    DirFd,
    Path,
    Strings,
    Signal,
    SigSet,
    /// A socket option of the level in the argument before it.
    Option,
    Bytes(Way, Len),
    Flags(&'static str),
    Enum(&'static str),
    Record(Way, &'static str, Len),
}

/// One argument.
#[derive(Debug, Clone)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
}

/// A call's signature.
#[derive(Debug, Clone)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) params: Vec<Param>,
    pub(crate) result: Type,
}

/// Parses `name(arg: type, ...) -> type`. Unknown types print as addresses, so a trace never fails.
pub(crate) fn parse(text: &'static str) -> Signature {
    let (name, rest) = text.split_once('(').unwrap_or((text, ""));
    let (inside, result) = rest.rsplit_once(')').unwrap_or((rest, ""));
    let words: Vec<(&str, &str)> = inside
        .split(',')
        .filter_map(|param| param.split_once(':'))
        .map(|(name, kind)| (name.trim(), kind.trim()))
        .collect();
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).collect();
    let params = words.iter().enumerate();
    let params = params.map(|(at, (name, kind))| Param { name, kind: counted(kind_of(kind, &names), at) }).collect();
    let result = result.trim().strip_prefix("->").map_or(Type::Long, |kind| kind_of(kind.trim(), &names));
    Signature { name, params, result }
}

fn kind_of(word: &'static str, names: &[&str]) -> Type {
    let (word, len) = match word.split_once('[') {
        Some((word, len)) => (word, len_of(len.trim_end_matches(']'), names)),
        None => (word, Len::One),
    };
    if let Some((family, name)) = word.split_once('.') {
        return match family {
            "flags" => Type::Flags(name),
            "enum" => Type::Enum(name),
            "in" => Type::Record(Way::In, name, len),
            "out" => Type::Record(Way::Out, name, len),
            "inout" => Type::Record(Way::InOut, name, len),
            _ => Type::Hex,
        };
    }
    match word {
        "int" => Type::Int,
        "long" | "ssize" | "pid" | "tid" => Type::Long,
        "uint" | "ulong" | "uid" | "gid" | "dev" => Type::Uint,
        "size" => Type::Size,
        "off" => Type::Off,
        "mode" => Type::Mode,
        "void" => Type::Void,
        "fd" => Type::Fd,
        "dirfd" => Type::DirFd,
        "path" | "str" => Type::Path,
        "strv" => Type::Strings,
        "signal" => Type::Signal,
        "sigset" => Type::SigSet,
        "option" => Type::Option,
        "clock" => Type::Enum("clock"),
        "inbuf" => Type::Bytes(Way::In, len),
        "outbuf" => Type::Bytes(Way::Out, len),
        _ => Type::Hex,
    }
}

/// Nothing is counted by itself: argument `at` with its own place as its length is that many.
fn counted(kind: Type, at: usize) -> Type {
    match kind {
        Type::Record(way, name, Len::Arg(n)) if n == at => Type::Record(way, name, Len::Fixed(n as u64)),
        kind => kind,
    }
}

fn len_of(word: &str, names: &[&str]) -> Len {
    if word == "ret" {
        return Len::Result;
    }
    // A number that no argument has counts by itself.
    if let Ok(n) = word.parse::<usize>() {
        return if n < names.len() { Len::Arg(n) } else { Len::Fixed(n as u64) };
    }
    names.iter().position(|name| *name == word).map_or(Len::One, Len::Arg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_has_names_types_and_lengths() {
        let read = parse("read(fd: fd, buf: outbuf[ret], nbyte: size) -> ssize");
        assert_eq!(read.name, "read");
        assert_eq!(read.params[1].kind, Type::Bytes(Way::Out, Len::Result));
        let times = parse("utimensat(fd: dirfd, path: path, times: in.timespec[2], flags: flags.at)");
        assert_eq!(times.params[2].kind, Type::Record(Way::In, "timespec", Len::Fixed(2)));
        let write = parse("write(fd: fd, buf: inbuf[nbyte], nbyte: size) -> ssize");
        assert_eq!(write.params[1].kind, Type::Bytes(Way::In, Len::Arg(2)));
        let kevent = parse("kevent(kq: fd, changes: in.kevent[n], n: int) -> int");
        assert_eq!(kevent.params[1].kind, Type::Record(Way::In, "kevent", Len::Arg(2)));
    }

    #[test]
    fn every_list_and_record_of_a_system_that_has_one_is_found() {
        for guest in ashore_guest::GUESTS {
            for row in guest.os.calls {
                let signature = parse(row.signature);
                assert!(!signature.name.is_empty(), "{}: {}", guest.os.name, row.signature);
            }
        }
    }
}
