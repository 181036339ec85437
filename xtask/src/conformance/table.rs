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

/// Packages for a machine to itself, which is slow: those whose tests do not run Go's tools.
pub(super) const BOOT_PACKAGES: &[&str] = &[
    "sync",
    "sync/atomic",
    "time",
    "context",
    "io",
    "io/fs",
    "bufio",
    "bytes",
    "strings",
    "encoding/json",
    "path/filepath",
    "os",
    "os/exec",
    "os/signal",
    "os/user",
    "syscall",
    "internal/poll",
    "net",
    "net/http",
    "runtime",
    "runtime/debug",
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
    /// Whose results these are compared with.
    pub(super) peer: Option<&'static System>,
    /// The packages whose tests run there.
    pub(super) packages: &'static [&'static str],
}

const fn system(name: &'static str, os: &'static str, cpu: &'static str) -> System {
    System { name, os, cpu, peer: Some(NATIVE), packages: PACKAGES }
}

/// The system whose results the others are compared with.
pub(super) const NATIVE: &System =
    &System { name: "linux", os: "linux", cpu: USUAL_CPU, peer: None, packages: PACKAGES };

/// QEMU's emulation of one process.
pub(super) const QEMU: &System =
    &System { name: "qemu", os: "linux", cpu: "arm64", peer: None, packages: BOOT_PACKAGES };

/// The name of a machine to itself.
pub(super) const BOOT: &str = "boot";

/// The systems compared with it.
pub(super) const SYSTEMS: &[System] = &[
    system("dragonfly", "dragonfly", USUAL_CPU),
    system("freebsd", "freebsd", USUAL_CPU),
    system("netbsd", "netbsd", USUAL_CPU),
    system("linux-arm64", "linux", "arm64"),
    system("freebsd-arm64", "freebsd", "arm64"),
    system("netbsd-arm64", "netbsd", "arm64"),
    System { peer: Some(QEMU), packages: BOOT_PACKAGES, ..system(BOOT, "linux", "arm64") },
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
        for system in SYSTEMS.iter().filter(|system| system.name != BOOT) {
            let unusual = Some(system.cpu).filter(|cpu| *cpu != USUAL_CPU).map(|cpu| format!("{}-{cpu}", system.os));
            assert_eq!(system.name, unusual.unwrap_or_else(|| system.os.to_owned()));
        }
    }
}
