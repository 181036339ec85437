//! The files by which a program finds names, for a machine whose root does not bring them.

use super::request::Request;

/// The name of the machine: the kernel calls it so too.
const HOST: &str = "ashore";
/// Where QEMU's network answers for names.
const RESOLVER: &str = "10.0.2.3";

/// The files and what is in them.
pub(super) fn files(request: &Request) -> [(&'static str, String); 3] {
    let resolver = if request.publish.is_empty() {
        // Whoever asks for a name is told at once that nobody answers.
        "# This machine has no network beyond itself.\n".to_owned()
    } else {
        format!("nameserver {RESOLVER}\noptions timeout:1 attempts:1\n")
    };
    [
        ("etc/hostname", format!("{HOST}\n")),
        ("etc/hosts", format!("127.0.0.1\tlocalhost {HOST}\n::1\tlocalhost {HOST}\n")),
        ("etc/resolv.conf", resolver),
    ]
}
