//! Every diagnosis Ashore can make, by area: E01xx files, E02xx which system, E03xx start-up, E04xx call sites and engine,
//! E05xx the guest's calls, E06xx the command line and the host.
//!
//! To add one: a row here, the site that raises it, a case that expects it and a case that must not raise it.

use crate::{Diagnosis, Level};

/// Declares the rows once: a named static for the site that raises it, and the list of all.
macro_rules! rows {
    ($($name:ident: $code:literal, $slug:literal, $level:ident, $text:literal, $remedy:literal;)*) => {
        $(#[doc = concat!($code, ": ", $text, ".")]
        pub static $name: Diagnosis = Diagnosis {
            code: $code, slug: $slug, level: Level::$level, text: $text, remedy: $remedy,
        };)*

        /// All rows, in the order of their codes.
        pub static ALL: &[&Diagnosis] = &[$(&$name),*];
    };
}

rows! {
    // E01xx: files
    UNKNOWN_FORMAT: "E0101", "unknown-format", CannotRun,
        "this is not a program format Ashore knows",
        "Ashore reads ELF, Mach-O (thin and universal) and APE files";
    TRUNCATED: "E0102", "truncated", CannotRun,
        "the file ends before a structure it announces",
        "the file is incomplete or damaged: copy or build it again";
    MALFORMED: "E0103", "malformed", CannotRun,
        "the file contradicts itself or its format",
        "the file is damaged or its linker is at fault: build it again";
    UNSUPPORTED_LAYOUT: "E0104", "unsupported-layout", CannotRun,
        "the file uses a variant of its format that Ashore does not read",
        "build it as a 64-bit little-endian program";
    SEGMENTS_OVERLAP: "E0105", "segments-overlap", CannotRun,
        "two segments claim the same memory",
        "the file is damaged or its linker is at fault: build it again";
    SEGMENT_RANGE: "E0106", "segment-range", CannotRun,
        "a segment does not fit the file or the address space",
        "the file is incomplete or damaged: copy or build it again";
    FOREIGN_FORMAT: "E0107", "foreign-format", CannotRun,
        "this is a program of a system Ashore does not run",
        "build the program for one of the systems `ashore platforms` lists";
    NOT_A_PROGRAM: "E0108", "not-a-program", CannotRun,
        "this file holds code or data, but is not a program to start",
        "link it into an executable first";
    ENTRY_OUTSIDE: "E0109", "entry-outside", CannotRun,
        "the entry point is not inside an executable segment",
        "the file is damaged or was linked without a start function";
    NO_IMAGE_FOR_CPU: "E0110", "no-image-for-cpu", CannotRun,
        "the file holds no program for the wanted CPU",
        "`ashore inspect` lists what the file holds";

    // E02xx: which system and CPU
    UNDECIDED_OS: "E0201", "undecided-os", CannotRun,
        "nothing in the file says which system it is for",
        "name the system: --os linux|dragonfly|freebsd|netbsd";
    UNSUPPORTED_OS: "E0202", "unsupported-os", CannotRun,
        "programs of this system do not run yet",
        "`ashore platforms` lists what runs";
    UNSUPPORTED_CPU: "E0203", "unsupported-cpu", CannotRun,
        "programs for this CPU do not run yet",
        "`ashore platforms` lists what runs";
    DYNAMIC_PROGRAM: "E0204", "dynamic-program", CannotRun,
        "dynamically linked programs of this system do not run yet",
        "link it statically (Go: CGO_ENABLED=0; C: -static)";

    // E03xx: start-up
    CANNOT_MAP: "E0301", "cannot-map", CannotRun,
        "the program cannot be placed in memory",
        "the addresses it wants are taken or forbidden here (vm.mmap_min_addr, ulimit -v)";
    CANNOT_START: "E0302", "cannot-start", Failed,
        "the program's first thread cannot be prepared",
        "fewer arguments or a smaller environment may help";

    // E04xx: call sites and engine
    NO_NET: "E0401", "no-net", CannotRun,
        "this kernel offers no way to catch a system call that Ashore did not find",
        "Linux 5.11 or later has one (Syscall User Dispatch); `ashore doctor` shows what this machine has";

    // E06xx: the command line and the host
    PROGRAM_NOT_FOUND: "E0601", "program-not-found", NotFound,
        "there is no such program",
        "check the path; a name without a slash is looked up in PATH";
    PROGRAM_UNREADABLE: "E0602", "program-unreadable", CannotRun,
        "the program's file cannot be read",
        "check its permissions";
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, string::ToString};

    #[test]
    fn codes_and_slugs_are_unique_and_ordered() {
        let slugs: BTreeSet<_> = ALL.iter().map(|row| row.slug).collect();
        assert_eq!(slugs.len(), ALL.len());
        assert!(ALL.is_sorted_by(|a, b| a.code < b.code));
    }

    #[test]
    fn rows_are_well_formed() {
        for row in ALL {
            assert!(row.code.len() == 5 && row.code.starts_with('E'), "{}", row.code);
            assert!(row.code.chars().skip(1).all(|c| c.is_ascii_digit()), "{}", row.code);
            assert!(row.slug.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", row.slug);
            assert!(!row.text.is_empty() && !row.text.ends_with('.'), "{}", row.code);
            assert!(!row.remedy.ends_with('.'), "{}", row.code);
        }
    }

    #[test]
    fn a_report_reads_as_one_message() {
        let report = TRUNCATED.at(crate::Place::offset(0x40), "program header 3 needs 56 bytes, 20 are left");
        assert_eq!(
            report.in_file("tool").to_string(),
            "error E0102 (truncated): the file ends before a structure it announces\n  \
             at tool, offset 0x40: program header 3 needs 56 bytes, 20 are left\n  \
             help: the file is incomplete or damaged: copy or build it again"
        );
    }
}
