//! What the checks know about the project.

/// What a crate may do, one row per crate of the design.
pub(super) struct CrateRule {
    /// The folder under `crates`; `kernel/` and the folder there for the kernel's own.
    pub(super) name: &'static str,
    /// A crate depends only on crates of lower levels.
    pub(super) level: u8,
    /// Whether it must build without std.
    pub(super) no_std: bool,
    /// Whether it may touch the outside: files, processes, the terminal.
    pub(super) does_io: bool,
    /// Whether it may hold unsafe code.
    pub(super) is_unsafe: bool,
}

const fn pure(name: &'static str, level: u8) -> CrateRule {
    CrateRule { name, level, no_std: true, does_io: false, is_unsafe: false }
}

const fn hosted(name: &'static str, level: u8) -> CrateRule {
    CrateRule { name, level, no_std: false, does_io: true, is_unsafe: false }
}

/// The crates of the design. A crate may be missing from the tree, never from here.
pub(super) const CRATES: &[CrateRule] = &[
    pure("base", 0),
    pure("report", 1),
    pure("pivot", 1),
    pure("ir", 1),
    pure("isa", 2),
    pure("image", 2),
    CrateRule { name: "sys", level: 3, no_std: false, does_io: true, is_unsafe: true },
    pure("formats", 3),
    pure("emit", 3),
    pure("guest", 3),
    hosted("host", 4),
    hosted("link", 4),
    pure("check", 4),
    hosted("patch", 4),
    hosted("cc", 4),
    hosted("engine", 4),
    hosted("process", 5),
    hosted("pack", 5),
    hosted("debug", 6),
    hosted("ashore", 7),
    pure("kernel/core", 4),
    CrateRule { name: "kernel/hal", level: 5, no_std: true, does_io: false, is_unsafe: true },
    // Its build script speaks to cargo.
    CrateRule { name: "kernel/boot", level: 6, no_std: true, does_io: true, is_unsafe: false },
];

/// The crates that must build without std.
pub(crate) fn no_std_crates() -> impl Iterator<Item = &'static str> {
    CRATES.iter().filter(|rule| rule.no_std).map(|rule| rule.name)
}

/// A dependency that levels would allow and the design does not.
pub(super) struct ForbiddenEdge {
    /// The crate that would depend.
    pub(super) from: &'static str,
    /// The crate it must not see.
    pub(super) to: &'static str,
    /// Why.
    pub(super) because: &'static str,
}

/// The dependencies the design excludes by name.
pub(super) const FORBIDDEN_EDGES: &[ForbiddenEdge] = &[
    ForbiddenEdge { from: "guest", to: "sys", because: "a personality speaks the pivot and never touches the machine" },
    ForbiddenEdge { from: "guest", to: "host", because: "a personality does not know who answers the pivot" },
    ForbiddenEdge { from: "guest", to: "engine", because: "a personality does not know how its program is run" },
    ForbiddenEdge { from: "engine", to: "guest", because: "an engine never learns an operating system" },
    ForbiddenEdge { from: "engine", to: "host", because: "an engine never learns an operating system" },
];

/// Files that must not name a member of a family.
pub(super) struct Family {
    /// What the family is.
    pub(super) what: &'static str,
    /// Where its members must not be named: beginnings of paths.
    pub(super) paths: &'static [&'static str],
    /// The members, lower case.
    pub(super) words: &'static [&'static str],
}

/// The families. Comments and tests may name members: an example explains, a test needs one.
pub(super) const FAMILIES: &[Family] = &[
    Family {
        what: "guest systems",
        paths: &["crates/process/", "crates/engine/", "crates/sys/", "crates/host/"],
        words: &["dragonfly", "freebsd", "netbsd", "openbsd", "darwin", "illumos"],
    },
    Family {
        what: "file formats",
        paths: &["crates/link/src/layout.rs", "crates/engine/", "crates/sys/", "crates/host/", "crates/pivot/"],
        words: &["elf", "macho"],
    },
];

/// Where readers of foreign bytes live: beginnings of paths.
pub(super) const PARSERS: &[&str] = &[
    "crates/base/src/read.rs",
    "crates/debug/src/diff/place.rs",
    "crates/debug/src/diff/read.rs",
    "crates/debug/src/diff/step.rs",
    "crates/debug/src/diff/story.rs",
    "crates/debug/src/diff/thing.rs",
    "crates/debug/src/diff/words.rs",
    "crates/debug/src/record/log/",
    "crates/formats/src/",
    "crates/isa/src/",
    "crates/check/src/",
    "crates/debug/src/explain/code/",
];

/// The longest hand-written file, in lines; files named `table.rs` are exempt.
pub(super) const FILE_LINES: usize = 1000;

/// The longest function, in lines.
pub(super) const FUNCTION_LINES: usize = 100;
