//! What speaks for which system. Sources are in the order of the cascade.

use super::sources;
use crate::parsed::{Parsed, Part};
use alloc::{string::String, vec::Vec};
use ashore_base::Os;

/// A place to look for the system.
#[derive(Debug)]
pub struct Source {
    /// The place, in words.
    pub words: &'static str,
    /// Looks there. Findings without a system are kept as evidence.
    pub look: fn(&Parsed<'_>, &Part) -> Vec<Finding>,
}

/// Something found in a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What it is, for a person.
    pub words: String,
    /// The system it speaks for.
    pub os: Option<Os>,
}

/// The cascade.
pub static SOURCES: &[Source] = &[
    Source { words: "file format", look: sources::format },
    Source { words: "ABI note", look: sources::notes },
    Source { words: "OS/ABI byte", look: sources::os_abi },
    Source { words: "system-specific program header", look: sources::segment_tags },
    Source { words: "interpreter", look: sources::interpreter },
    Source { words: "needed libraries", look: sources::needed },
    Source { words: "Go build info", look: sources::go_build_info },
    Source { words: "Go runtime file names", look: sources::go_files },
    Source { words: "C library symbols", look: sources::symbols },
    Source { words: "system calls in the code", look: sources::code },
];

/// A note by which a system's kernel knows its programs.
pub struct NoteRow {
    /// The note's owner.
    pub owner: &'static str,
    /// The note's kind.
    pub kind: u32,
    /// What the first word of the data must be, where one owner serves several systems.
    pub word: Option<u32>,
    /// The system.
    pub os: Os,
}

/// ABI notes. The GNU words are from the GNU ABI's note section; its word 3 marks FreeBSD kernels under GNU, which is
/// another system than FreeBSD and not in the list.
pub static NOTES: &[NoteRow] = &[
    NoteRow { owner: "Android", kind: 1, word: None, os: Os::Android },
    NoteRow { owner: "DragonFly", kind: 1, word: None, os: Os::Dragonfly },
    NoteRow { owner: "FreeBSD", kind: 1, word: None, os: Os::Freebsd },
    NoteRow { owner: "NetBSD", kind: 1, word: None, os: Os::Netbsd },
    NoteRow { owner: "OpenBSD", kind: 1, word: None, os: Os::Openbsd },
    NoteRow { owner: "GNU", kind: 1, word: Some(0), os: Os::Linux },
    NoteRow { owner: "GNU", kind: 1, word: Some(2), os: Os::Solaris },
];

/// Values of `EI_OSABI` (gABI). 0 says nothing: it means "System V", and every system's linker writes it.
pub static OS_ABIS: &[(u8, Os)] =
    &[(2, Os::Netbsd), (3, Os::Linux), (6, Os::Solaris), (7, Os::Aix), (9, Os::Freebsd), (12, Os::Openbsd)];

/// Kinds of program header that one system's linker makes.
pub static SEGMENT_TAGS: &[(u32, &str, Os)] = &[
    (0x65a3_dbe5, "OPENBSD_MUTABLE", Os::Openbsd),
    (0x65a3_dbe6, "OPENBSD_RANDOMIZE", Os::Openbsd),
    (0x65a3_dbe7, "OPENBSD_WXNEEDED", Os::Openbsd),
    (0x65a3_dbe8, "OPENBSD_NOBTCFI", Os::Openbsd),
    (0x65a3_dbe9, "OPENBSD_SYSCALLS", Os::Openbsd),
];

/// Interpreters by their whole path.
pub static INTERPRETERS: &[(&str, Os)] = &[
    ("/usr/libexec/ld-elf.so.2", Os::Dragonfly),
    ("/libexec/ld-elf.so.2", Os::Dragonfly),
    ("/libexec/ld-elf.so.1", Os::Freebsd),
    ("/libexec/ld.elf_so", Os::Netbsd),
    ("/usr/libexec/ld.elf_so", Os::Netbsd),
    ("/usr/libexec/ld.so", Os::Openbsd),
    ("/lib/amd64/ld.so.1", Os::Illumos),
    ("/usr/lib/amd64/ld.so.1", Os::Illumos),
    ("/lib/64/ld.so.1", Os::Illumos),
    ("/system/bin/linker64", Os::Android),
];

/// Interpreters by how their file name begins: Linux distributions keep theirs in many places.
pub static INTERPRETER_NAMES: &[(&str, Os)] = &[("ld-linux", Os::Linux), ("ld-musl-", Os::Linux)];

/// Libraries by how their name begins.
pub static LIBRARIES: &[(&str, Os)] = &[
    ("libc.so.6", Os::Linux),
    ("libc.musl-", Os::Linux),
    ("ld-linux", Os::Linux),
    ("libc.so.7", Os::Freebsd),
    ("libc.so.8", Os::Dragonfly),
    ("libc.so.12", Os::Netbsd),
    ("libc.so.9", Os::Openbsd),
    ("libc.so.10", Os::Openbsd),
    ("libsendfile.so", Os::Illumos),
];

/// Platform numbers of Apple's build record.
pub static PLATFORMS: &[(u32, &str, Option<Os>)] = &[
    (1, "macOS", Some(Os::Darwin)),
    (2, "iOS", Some(Os::Ios)),
    (3, "tvOS", None),
    (4, "watchOS", None),
    (5, "bridgeOS", None),
    (6, "Mac Catalyst", Some(Os::Darwin)),
    (7, "the iOS simulator", Some(Os::Darwin)),
    (8, "the tvOS simulator", Some(Os::Darwin)),
    (9, "the watchOS simulator", Some(Os::Darwin)),
    (10, "DriverKit", None),
    (11, "visionOS", None),
    (12, "the visionOS simulator", Some(Os::Darwin)),
];

/// Files of Go's runtime that only one port has, by their names without the directory. Ports that share files with
/// another (android with linux, ios with darwin, illumos with solaris) come after it: the last row that matches decides.
pub static GO_FILES: &[(&str, Os)] = &[
    ("os_linux.go", Os::Linux),
    ("os_dragonfly.go", Os::Dragonfly),
    ("sys_dragonfly_amd64.s", Os::Dragonfly),
    ("os_freebsd.go", Os::Freebsd),
    ("sys_freebsd_amd64.s", Os::Freebsd),
    ("os_netbsd.go", Os::Netbsd),
    ("sys_netbsd_amd64.s", Os::Netbsd),
    ("os_openbsd.go", Os::Openbsd),
    ("os_darwin.go", Os::Darwin),
    ("sys_darwin.go", Os::Darwin),
    ("os3_solaris.go", Os::Solaris),
    ("os_windows.go", Os::Windows),
    ("os_plan9.go", Os::Plan9),
    ("os_aix.go", Os::Aix),
    ("os_android.go", Os::Android),
    ("os_illumos.go", Os::Illumos),
];

/// Functions inside C libraries of one system. All are musl's own helpers, which musl keeps from programs; musl exists on
/// Linux only. Two of them must be there, lest somebody's own function decides.
pub static LIBRARY_SYMBOLS: &[(&str, Os)] = &[
    ("__init_libc", Os::Linux),
    ("__init_tls", Os::Linux),
    ("static_init_tls", Os::Linux),
    ("__init_tp", Os::Linux),
    ("__set_thread_area", Os::Linux),
    ("__libc_start_init", Os::Linux),
    ("__syscall_ret", Os::Linux),
    ("_dl_relocate_static_pie", Os::Linux),
    ("_dl_discover_osversion", Os::Linux),
    ("__libc_setup_tls", Os::Linux),
];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn no_finding_speaks_for_two_systems() {
        assert_eq!(INTERPRETERS.iter().map(|row| row.0).collect::<BTreeSet<_>>().len(), INTERPRETERS.len());
        assert_eq!(OS_ABIS.iter().map(|row| row.0).collect::<BTreeSet<_>>().len(), OS_ABIS.len());
        assert_eq!(SEGMENT_TAGS.iter().map(|row| row.0).collect::<BTreeSet<_>>().len(), SEGMENT_TAGS.len());
        assert_eq!(PLATFORMS.iter().map(|row| row.0).collect::<BTreeSet<_>>().len(), PLATFORMS.len());
        assert_eq!(GO_FILES.iter().map(|row| row.0).collect::<BTreeSet<_>>().len(), GO_FILES.len());
        let notes: BTreeSet<_> = NOTES.iter().map(|row| (row.owner, row.kind, row.word)).collect();
        assert_eq!(notes.len(), NOTES.len());
    }

    #[test]
    fn sources_are_told_apart_by_their_words() {
        assert_eq!(SOURCES.iter().map(|row| row.words).collect::<BTreeSet<_>>().len(), SOURCES.len());
    }
}
