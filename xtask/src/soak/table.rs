//! The programs for arm64 that are run again and again.

use crate::guests::Wheel;

/// A program.
pub(super) struct Row {
    /// Its name, and that of its script in `tests/soak`.
    pub(super) name: &'static str,
    /// What it needs beside Debian's tree.
    pub(super) wheel: Option<Wheel>,
}

/// Every program. The scripts compare what they get themselves.
pub(super) static ROWS: &[Row] = &[
    Row { name: "applets", wheel: None },
    Row { name: "python", wheel: None },
    Row { name: "git", wheel: None },
    Row { name: "openssl", wheel: None },
    Row { name: "sqlite", wheel: None },
    Row { name: "gcc", wheel: None },
    Row { name: "web", wheel: None },
    Row { name: "node", wheel: Some(Wheel::Node) },
    Row { name: "zig", wheel: Some(Wheel::Zig) },
    Row { name: "go", wheel: Some(Wheel::Go) },
];

/// What scripts call the program of a wheel.
pub(super) fn variable(wheel: Wheel) -> &'static str {
    match wheel {
        Wheel::Go => "GO",
        Wheel::Zig => "ZIG",
        Wheel::Node => "NODE",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_script() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/soak");
        for row in ROWS {
            assert!(folder.join(format!("{}.sh", row.name)).is_file(), "{}", row.name);
        }
    }
}
