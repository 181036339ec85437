//! Adding to an object file's tables: they are written anew behind everything else, and a new section table says where.

use super::rows::{RELA_LEN, SECTION_LEN, SHF_GROUP, SHNUM_AT, SHOFF_AT, SHT_PROGBITS, SHT_RELA, Tables};
use crate::{draft::Draft, program::Program, shape::Added};
use ashore_base::Bytes;
use ashore_report::{Report, table::PATCH_REFUSED};
use std::collections::BTreeMap;

/// The section that holds the manifest. `SHF_EXCLUDE`: linkers leave it out of programs.
const MANIFEST: &str = ".ashore.patch";
const SHF_EXCLUDE: u64 = 0x8000_0000;
/// `sh_flags` of a table of relocations: `sh_info` is a section.
const SHF_INFO_LINK: u64 = 0x40;
/// In a row of the section table.
const OFFSET_AT: usize = 24;
const LEN_AT: usize = 32;
/// Every table begins at a multiple of this.
const ALIGN: usize = 8;
/// The first number of a section that the header cannot tell.
const SHN_LORESERVE: usize = 0xff00;

/// The new section table and what it leads to.
struct Extension<'p, 'a> {
    program: &'p Program<'a>,
    tables: Tables<'a>,
    /// Sections that are written anew, by number.
    contents: BTreeMap<usize, Vec<u8>>,
    /// The section table.
    rows: Vec<[u8; SECTION_LEN as usize]>,
}

/// Adds to `draft` the tables with what `added` says, and a section for a manifest of `manifest_len` bytes.
pub(super) fn extend(program: &Program<'_>, added: &Added, draft: &mut Draft, manifest_len: u64) -> Result<(), Report> {
    let tables = Tables::read(program);
    let file = Bytes(program.file);
    let start = file.u64(SHOFF_AT).unwrap_or_default();
    let raw = file.slice(start, tables.sections.len() as u64 * SECTION_LEN).unwrap_or_default();
    let rows = raw.as_chunks::<{ SECTION_LEN as usize }>().0.to_vec();
    let mut extension = Extension { program, tables, contents: BTreeMap::new(), rows };
    for (name, row) in &added.symbols {
        extension.symbol(draft, name, row);
    }
    for (section, row) in &added.relocations {
        extension.relocation(draft, *section, row)?;
    }
    let name = extension.name(draft, MANIFEST);
    extension.rows.push(section_row(name, SHT_PROGBITS, SHF_EXCLUDE, [0, 0], [1, 0]));
    extension.write(draft, manifest_len)
}

/// A row of the section table: name, kind, flags, link and info, alignment and the size of an entry.
fn section_row(name: u32, kind: u32, flags: u64, link: [u32; 2], sizes: [u64; 2]) -> [u8; SECTION_LEN as usize] {
    let mut row = Vec::new();
    [name, kind].iter().for_each(|word| row.extend_from_slice(&word.to_le_bytes()));
    [flags, 0, 0, 0].iter().for_each(|long| row.extend_from_slice(&long.to_le_bytes()));
    link.iter().for_each(|word| row.extend_from_slice(&word.to_le_bytes()));
    sizes.iter().for_each(|long| row.extend_from_slice(&long.to_le_bytes()));
    row.try_into().unwrap_or([0; SECTION_LEN as usize])
}

impl Extension<'_, '_> {
    /// The contents of a section, to be written anew: as they will be after the draft's other changes.
    fn contents(&mut self, draft: &Draft, number: usize) -> &mut Vec<u8> {
        let (program, tables) = (self.program, &self.tables);
        self.contents.entry(number).or_insert_with(|| {
            let range = tables.sections.get(number).map(|section| section.file).unwrap_or_default();
            let mut bytes = range.of(program.file).unwrap_or_default().to_vec();
            for edit in draft.edits() {
                for (at, &new) in (edit.offset..).zip(&edit.new) {
                    let place = at.checked_sub(range.offset).and_then(|at| bytes.get_mut(usize::try_from(at).ok()?));
                    place.into_iter().for_each(|byte| *byte = new);
                }
            }
            bytes
        })
    }

    /// Adds a name to the names of sections.
    fn name(&mut self, draft: &Draft, name: &str) -> u32 {
        add_name(self.contents(draft, self.tables.section_names), name)
    }

    fn symbol(&mut self, draft: &Draft, name: &str, row: &[u8]) {
        let table = self.tables.symbol_table;
        let names = self.tables.sections.get(table).map_or(0, |section| section.link as usize);
        let name = add_name(self.contents(draft, names), name);
        let contents = self.contents(draft, table);
        contents.extend_from_slice(&name.to_le_bytes());
        contents.extend_from_slice(row);
    }

    fn relocation(&mut self, draft: &Draft, section: usize, row: &[u8]) -> Result<(), Report> {
        let is_it = |kind: u32, info: u32| kind == SHT_RELA && info as usize == section;
        let known = self.tables.sections.iter().position(|table| is_it(table.kind, table.info));
        let raw_is_it = |raw: &[u8; SECTION_LEN as usize]| {
            is_it(Bytes(raw).u32(4).unwrap_or_default(), Bytes(raw).u32(44).unwrap_or_default())
        };
        let number = match known.or_else(|| self.rows.iter().position(raw_is_it)) {
            Some(number) => number,
            None => self.relocations_for(draft, section)?,
        };
        self.contents(draft, number).extend_from_slice(row);
        Ok(())
    }

    /// A table of relocations for a section that has none.
    fn relocations_for(&mut self, draft: &Draft, section: usize) -> Result<usize, Report> {
        let home = self.tables.sections.get(section).copied();
        let home = home
            .filter(|home| home.flags & SHF_GROUP == 0)
            .ok_or_else(|| PATCH_REFUSED.because("a section of a group has no relocations, and must get one"))?;
        let name = self.name(draft, &format!(".rela{}", String::from_utf8_lossy(home.name)));
        let link = [self.tables.symbol_table as u32, section as u32];
        self.rows.push(section_row(name, SHT_RELA, SHF_INFO_LINK, link, [ALIGN as u64, RELA_LEN]));
        self.contents.insert(self.rows.len() - 1, Vec::new());
        Ok(self.rows.len() - 1)
    }

    /// Writes everything behind the file: tables, the section table, the manifest.
    fn write(mut self, draft: &mut Draft, manifest_len: u64) -> Result<(), Report> {
        let (file, file_len) = (self.program.file, self.program.file.len());
        let mut bytes = vec![0; file_len.next_multiple_of(ALIGN) - file_len];
        for (number, contents) in &self.contents {
            let place = [file_len + bytes.len(), contents.len()];
            if let Some(row) = self.rows.get_mut(*number) {
                put(row, OFFSET_AT, place[0] as u64);
                put(row, LEN_AT, place[1] as u64);
            }
            bytes.extend_from_slice(contents);
            bytes.resize((file_len + bytes.len()).next_multiple_of(ALIGN) - file_len, 0);
        }
        let table = file_len + bytes.len();
        let end = table + self.rows.len() * SECTION_LEN as usize;
        if let Some(row) = self.rows.last_mut() {
            put(row, OFFSET_AT, end as u64);
            put(row, LEN_AT, manifest_len);
        }
        let count = u16::try_from(self.rows.len()).ok().filter(|&count| usize::from(count) < SHN_LORESERVE);
        let count = count.ok_or_else(|| PATCH_REFUSED.because("the file has too many sections to add one"))?;
        bytes.extend_from_slice(self.rows.as_flattened());
        draft.replace(file, SHOFF_AT, &(table as u64).to_le_bytes(), "section table moved")?;
        draft.replace(file, SHNUM_AT, &count.to_le_bytes(), "sections counted")?;
        draft.insert(file_len as u64, bytes);
        draft.reserve(file_len as u64, manifest_len);
        Ok(())
    }
}

/// Adds a name to a table of names, which ends with a zero already, and tells where.
fn add_name(names: &mut Vec<u8>, name: &str) -> u32 {
    let at = names.len() as u32;
    names.extend_from_slice(name.as_bytes());
    names.push(0);
    at
}

fn put(row: &mut [u8], at: usize, long: u64) {
    let place = row.get_mut(at..at + 8);
    place.into_iter().for_each(|place| place.copy_from_slice(&long.to_le_bytes()));
}
