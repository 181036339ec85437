//! The packages whose tests are the conformance suite, and the systems they are run for, one row each.

use crate::guests::USUAL_CPU;

/// Packages of Go's standard library that lean on the operating system.
pub(super) const PACKAGES: &[&str] = &[
    "sync",
    "sync/atomic",
    "time",
    "context",
    "io",
    "io/fs",
    "bufio",
    "path/filepath",
    "os",
    "os/exec",
    "os/signal",
    "os/user",
    "syscall",
    "internal/poll",
    "net",
    "net/http",
    "net/http/httptest",
    "runtime",
    "runtime/debug",
    "testing",
    "crypto/tls",
    "crypto/x509",
    "log/syslog",
];

/// A system on a CPU.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct System {
    /// How it is called here: the CPU is named when it is not the usual one.
    pub(super) name: &'static str,
    /// Go's name of the system.
    pub(super) os: &'static str,
    /// Go's name of the CPU.
    pub(super) cpu: &'static str,
}

/// The system whose results the others are compared with.
pub(super) const NATIVE: &System = &System { name: "linux", os: "linux", cpu: USUAL_CPU };

/// The systems compared with it.
pub(super) const SYSTEMS: &[System] = &[
    System { name: "dragonfly", os: "dragonfly", cpu: USUAL_CPU },
    System { name: "freebsd", os: "freebsd", cpu: USUAL_CPU },
    System { name: "netbsd", os: "netbsd", cpu: USUAL_CPU },
    System { name: "linux-arm64", os: "linux", cpu: "arm64" },
    System { name: "freebsd-arm64", os: "freebsd", cpu: "arm64" },
    System { name: "netbsd-arm64", os: "netbsd", cpu: "arm64" },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_table_has_unique_names() {
        for (at, package) in PACKAGES.iter().enumerate() {
            assert!(PACKAGES.iter().skip(at + 1).all(|other| other != package));
        }
    }

    #[test]
    fn a_system_is_named_after_itself_and_an_unusual_cpu() {
        for system in SYSTEMS {
            let unusual = Some(system.cpu).filter(|cpu| *cpu != USUAL_CPU).map(|cpu| format!("{}-{cpu}", system.os));
            assert_eq!(system.name, unusual.unwrap_or_else(|| system.os.to_owned()));
        }
    }
}
