//! The formats that can be changed, one row each.

use super::{Shape, elf, macho, object};

/// A format's row.
pub(super) struct Row {
    /// Its name in the readers' table.
    pub(super) format: &'static str,
    /// Its ways.
    pub(super) shape: &'static dyn Shape,
}

/// Every format that can be changed.
pub(super) static SHAPES: &[Row] = &[
    Row { format: "ELF", shape: &elf::Elf },
    Row { format: "ELF object", shape: &object::ElfObject },
    Row { format: "Mach-O", shape: &macho::Macho },
];

#[cfg(test)]
mod tests {
    use super::*;
    use ashore_formats::table::{ELF, ELF_OBJECT, MACHO};

    #[test]
    fn every_row_names_a_format_that_is_read() {
        for row in SHAPES {
            assert!([ELF.name, ELF_OBJECT.name, MACHO.name].contains(&row.format), "{}", row.format);
        }
    }
}
