//! The packages whose tests are the conformance suite, one row each.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_table_has_unique_names() {
        for (at, package) in PACKAGES.iter().enumerate() {
            assert!(PACKAGES.iter().skip(at + 1).all(|other| other != package));
        }
    }
}
