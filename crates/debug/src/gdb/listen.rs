//! Where gdb comes to.

use super::wire::Stream;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// A place to listen at: this machine only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// A TCP port of the loopback address; 0 for any.
    Port(u16),
    /// A Unix socket, which must not exist yet.
    Unix(PathBuf),
    /// Standard input and output, for one gdb that started us. The program gets neither.
    Standard,
}

impl Listen {
    /// Reads `PORT`, `:PORT`, `localhost:PORT`, `unix:PATH` or `-`.
    pub fn parse(text: &str) -> Result<Listen, String> {
        if text == "-" {
            return Ok(Listen::Standard);
        }
        if let Some(path) = text.strip_prefix("unix:") {
            return if path.is_empty() { Err("unix: wants a path".into()) } else { Ok(Listen::Unix(path.into())) };
        }
        let port = match text.rsplit_once(':') {
            Some(("" | "localhost" | "127.0.0.1", port)) => port,
            Some(_) => return Err("only this machine's own address is listened at: PORT or unix:PATH".into()),
            None => text,
        };
        port.parse().map(Listen::Port).map_err(|_| format!("{port} is no port: PORT or unix:PATH"))
    }

    pub(super) fn open(&self) -> Result<Listener, String> {
        match self {
            Listen::Port(port) => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, *port))
                    .map_err(|error| format!("port {port} of this machine: {error}"))?;
                let at = listener.local_addr().map_err(|error| error.to_string())?;
                Ok(Listener::Tcp(listener, at.to_string()))
            }
            Listen::Standard => {
                let clone = |fd: BorrowedFd<'_>| fd.try_clone_to_owned().map_err(|error| error.to_string());
                let input = clone(io::stdin().as_fd())?;
                let output = clone(io::stdout().as_fd())?;
                Ok(Listener::Standard(Mutex::new(Some((input.into(), output.into())))))
            }
            Listen::Unix(path) => {
                let listener = UnixListener::bind(path).map_err(|error| match error.kind() {
                    io::ErrorKind::AddrInUse => format!("{}: exists; remove it or name another", path.display()),
                    _ => format!("{}: {error}", path.display()),
                })?;
                // Whoever can connect can do to the program what its user can.
                let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600));
                Ok(Listener::Unix(listener, path.clone()))
            }
        }
    }
}

pub(super) enum Listener {
    Tcp(TcpListener, String),
    Unix(UnixListener, PathBuf),
    /// Until it is taken.
    Standard(Mutex<Option<(File, File)>>),
}

impl Listener {
    /// What to type after `target remote`; none for a gdb that is there.
    pub(super) fn address(&self) -> Option<String> {
        match self {
            Listener::Tcp(_, at) => Some(at.clone()),
            Listener::Unix(_, path) => Some(path.display().to_string()),
            Listener::Standard(_) => None,
        }
    }

    pub(super) fn accept(&self) -> io::Result<Stream> {
        match self {
            Listener::Tcp(listener, _) => listener.accept().map(|(stream, _)| Stream::Tcp(stream)),
            Listener::Unix(listener, _) => listener.accept().map(|(stream, _)| Stream::Unix(stream)),
            Listener::Standard(files) => {
                let files = files.lock().unwrap_or_else(PoisonError::into_inner).take();
                let (input, output) = files.ok_or(io::ErrorKind::NotConnected)?;
                Ok(Stream::Files(input, output))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_on_this_machine_are_read() {
        for text in ["1234", ":1234", "localhost:1234", "127.0.0.1:1234"] {
            assert_eq!(Listen::parse(text), Ok(Listen::Port(1234)));
        }
        assert_eq!(Listen::parse("unix:/tmp/a:b"), Ok(Listen::Unix("/tmp/a:b".into())));
        for text in ["", "unix:", "0.0.0.0:1", "example:1", "70000", "x"] {
            assert!(Listen::parse(text).is_err(), "{text}");
        }
    }
}
