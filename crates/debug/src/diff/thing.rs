//! What calls are about: a file by its name, a socket or pipe by its identity, the process.

/// A thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    /// A file by its absolute path.
    Path(String),
    /// A socket by its number.
    Socket(String),
    /// A pipe by its number.
    Pipe(String),
    /// Standard input, output or error, as it was at the start.
    Standard(usize),
    /// The process itself.
    Process,
}

impl Thing {
    /// The file of an absolute path. What happens to a device that keeps nothing is no behaviour.
    pub(super) fn of_path(path: String) -> Option<Thing> {
        let keeps = !["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"].contains(&path.as_str());
        (path.starts_with(['/', '.']) && keeps).then_some(Thing::Path(path))
    }

    /// What a descriptor is open on. Event queues and the like are nothing that is compared.
    pub(super) fn of_target(fd: i64, target: &str, standard: &[String]) -> Option<Thing> {
        let is_early = |n: usize| standard.get(n).is_none_or(|first| first == target);
        if let Some(n) = usize::try_from(fd).ok().filter(|n| *n < 3 && is_early(*n)) {
            return Some(Thing::Standard(n));
        }
        if target.starts_with("socket:") {
            return Some(Thing::Socket(target.to_owned()));
        }
        if target.starts_with("pipe:") {
            return Some(Thing::Pipe(target.to_owned()));
        }
        let path = target.strip_suffix(" (deleted)").unwrap_or(target);
        Thing::of_path(path.to_owned())
    }
}

/// A printed descriptor's number and what it is open on.
pub(super) fn fd_of(printed: &str) -> Option<(i64, &str)> {
    let (number, target) = printed.split_once('<')?;
    Some((number.parse().ok()?, target.strip_suffix('>')?))
}

/// A printed string; nothing for an address or NULL.
pub(super) fn inside_quotes(printed: &str) -> Option<&str> {
    printed.strip_prefix('"')?.strip_suffix('"')
}

/// A text in which each run of digits is one mark: names of temporary files, process ids and durations are alike.
pub(super) fn digits_as_one(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_is_what_it_is_open_on() {
        let standard = ["/dev/null".to_owned(), "pipe:[1]".into(), "pipe:[2]".into()];
        let thing = |printed: &str| fd_of(printed).and_then(|(fd, target)| Thing::of_target(fd, target, &standard));
        assert_eq!(thing("1<pipe:[1]>"), Some(Thing::Standard(1)));
        assert_eq!(thing("1<pipe:[9]>"), Some(Thing::Pipe("pipe:[9]".into())));
        assert_eq!(thing("7</tmp/x (deleted)>"), Some(Thing::Path("/tmp/x".into())));
        assert_eq!(thing("5<anon_inode:[eventpoll]>"), None);
        assert_eq!(thing("-1"), None);
        assert_eq!(digits_as_one("go-build123/b01"), "go-build#/b#");
    }
}
