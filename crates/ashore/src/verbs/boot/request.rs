//! What the command line asks for.

use clap::ArgMatches;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The environment of a program that nobody gave one.
const ENVIRONMENT: [(&str, &str); 2] =
    [("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("HOME", "/")];

/// A boot, as a person asked for it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) program: PathBuf,
    /// The program's arguments after its own name.
    pub(super) args: Vec<OsString>,
    pub(super) argv0: Option<OsString>,
    /// Files of the host and where the program finds them.
    pub(super) files: Vec<(PathBuf, Vec<u8>)>,
    pub(super) root: Option<PathBuf>,
    pub(super) cpus: u8,
    pub(super) memory: u64,
    pub(super) timeout: Option<Duration>,
    /// How long the kernel may show no sign of life.
    pub(super) silence: Option<Duration>,
    /// `NAME=VALUE`, complete.
    pub(super) env: Vec<Vec<u8>>,
    pub(super) cwd: Vec<u8>,
    pub(super) gdb: Option<u16>,
    pub(super) kernel: Option<PathBuf>,
    /// Ports of this machine and the program's ports that they lead to.
    pub(super) publish: Vec<(u16, u16)>,
    pub(super) is_traced: bool,
    /// Where the trace goes; nothing means stderr.
    pub(super) output: Option<PathBuf>,
    /// Where core files go.
    pub(super) core: Option<PathBuf>,
    /// Where a bootable image goes, instead of a run.
    pub(super) image_out: Option<PathBuf>,
    /// Further words for the emulator.
    pub(super) emulator: Vec<OsString>,
}

impl Request {
    pub(super) fn read(matches: &ArgMatches) -> Request {
        let words = |name: &str| matches.get_many::<OsString>(name).into_iter().flatten().cloned();
        let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
        let mut program = words("program");
        Request {
            program: program.next().unwrap_or_default().into(),
            args: program.collect(),
            argv0: matches.get_one::<OsString>("argv0").cloned(),
            files: words("file").map(|word| pair(&word)).collect(),
            root: path("root"),
            cpus: matches.get_one::<u8>("cpus").copied().unwrap_or(1),
            memory: matches.get_one::<u64>("memory").copied().unwrap_or_default(),
            timeout: matches.get_one::<Duration>("timeout").copied(),
            silence: matches.get_one::<Duration>("watchdog").copied(),
            env: environment(words("env"), |name| std::env::var_os(name)),
            cwd: path("cwd").unwrap_or_default().into_os_string().into_vec(),
            gdb: matches.get_one::<u16>("gdb").copied(),
            kernel: path("kernel"),
            publish: matches.get_many::<(u16, u16)>("publish").into_iter().flatten().copied().collect(),
            is_traced: matches.get_flag("trace"),
            output: path("output"),
            core: path("core"),
            image_out: path("image-out"),
            emulator: words("emulator").collect(),
        }
    }
}

/// `HOST:GUEST`; a host's name with a colon in it stays whole, since a guest's path begins with a slash.
fn pair(word: &OsStr) -> (PathBuf, Vec<u8>) {
    let bytes = word.as_bytes();
    let cut = bytes.windows(2).rposition(|two| two == b":/");
    match cut {
        Some(at) => (Path::new(OsStr::from_bytes(&bytes[..at])).to_owned(), bytes[at + 1..].to_vec()),
        // Without a path of the guest's: its name, at the root.
        None => {
            (Path::new(word).to_owned(), [b"/", Path::new(word).file_name().unwrap_or_default().as_bytes()].concat())
        }
    }
}

/// The environment: our small one, and what is said over it. A name without a value takes the host's, if it has one.
fn environment(words: impl Iterator<Item = OsString>, host: impl Fn(&OsStr) -> Option<OsString>) -> Vec<Vec<u8>> {
    let mut all: Vec<(Vec<u8>, Vec<u8>)> =
        ENVIRONMENT.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
    for word in words {
        let bytes = word.as_bytes();
        let (name, value) = match bytes.iter().position(|byte| *byte == b'=') {
            Some(at) => (bytes[..at].to_vec(), Some(bytes[at + 1..].to_vec())),
            None => (bytes.to_vec(), host(&word).map(OsStringExt::into_vec)),
        };
        all.retain(|(other, _)| *other != name);
        all.extend(value.map(|value| (name, value)));
    }
    all.into_iter().map(|(name, value)| [name, value].join(&b'=')).collect()
}

/// Two ports, `HOST:GUEST`.
pub(super) fn ports(text: &str) -> Result<(u16, u16), String> {
    let pair = text.split_once(':').and_then(|(host, guest)| Some((host.parse().ok()?, guest.parse().ok()?)));
    pair.filter(|(host, guest)| *host != 0 && *guest != 0)
        .ok_or_else(|| format!("{text} is no pair of ports HOST:GUEST"))
}

/// A time in seconds, fractions allowed.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("{text} is no number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|_| format!("{text} is no time to wait"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_of_paths_is_cut_before_the_guest_s() {
        let cut = |word: &str| {
            let (host, guest) = pair(OsStr::new(word));
            (host.display().to_string(), String::from_utf8(guest).unwrap())
        };
        assert_eq!(cut("a/b:/c"), ("a/b".into(), "/c".into()));
        assert_eq!(cut("a:b:/c:d"), ("a:b".into(), "/c:d".into()));
        assert_eq!(cut("dir/a"), ("dir/a".into(), "/a".into()));
    }

    #[test]
    fn what_is_said_stands_over_the_small_environment() {
        let words = ["HOME=/root", "TERM", "NONE", "X=a=b"].map(OsString::from);
        let made = environment(words.into_iter(), |name| (name == "TERM").then(|| "dumb".into()));
        let made: Vec<_> = made.into_iter().map(|text| String::from_utf8(text).unwrap()).collect();
        assert_eq!(made[1..], ["HOME=/root", "TERM=dumb", "X=a=b"]);
        assert!(made[0].starts_with("PATH=/"));
    }

    #[test]
    fn ports_come_in_pairs() {
        assert_eq!(ports("8080:80"), Ok((8080, 80)));
        assert!(ports("80").is_err() && ports("0:80").is_err() && ports("1:70000").is_err());
    }

    #[test]
    fn a_time_is_read_or_refused() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        assert!(seconds("-1").is_err() && seconds("x").is_err() && seconds("1e400").is_err());
    }
}
