//! The build information: a record of the toolchain's version, the module and the build settings.

use super::{haystacks, is_foreign, scan};
use crate::parsed::Part;
use alloc::{string::String, vec::Vec};
use ashore_base::{Addr, Bytes, Os};
use ashore_image::Image;

/// How the record begins.
const MAGIC: &[u8; 14] = b"\xff Go buildinf:";
/// The record is aligned to this.
const ALIGN: usize = 16;
/// Flag byte: both strings follow the header, each after its length as a varint (since Go 1.18).
const IS_INLINE: u8 = 2;
/// Where inline strings begin.
const INLINE_AT: u64 = 32;
/// The module text stands between two markers of this length.
const MARKER_LEN: usize = 16;
/// Sections that hold the record.
const SECTIONS: &[&str] = &[".go.buildinfo", "__DATA,__go_buildinfo"];
/// A longer text is taken for damage.
const TEXT_LIMIT: u64 = 1 << 20;

/// What the record says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildInfo {
    /// File offset of the record.
    pub offset: u64,
    /// The toolchain's version, for example `go1.27.3`.
    pub version: String,
    /// The import path of the main package.
    pub path: Option<String>,
    /// The main module and its version.
    pub module: Option<String>,
    /// The build settings: `GOOS`, `GOARCH`, `CGO_ENABLED`, ….
    pub settings: Vec<(String, String)>,
}

impl BuildInfo {
    /// Finds the record of a part.
    pub fn find(bytes: Bytes<'_>, part: &Part) -> Option<BuildInfo> {
        if is_foreign(part) {
            return None;
        }
        let ranges = haystacks(part, SECTIONS, true).chain(haystacks(part, &[], false));
        let mut found = ranges.flat_map(|range| scan(bytes, range, ALIGN, |chunk| chunk.starts_with(MAGIC)));
        found.find_map(|offset| BuildInfo::read(bytes, &part.image, offset))
    }

    /// Reads the record at `offset`.
    fn read(bytes: Bytes<'_>, image: &Image, offset: u64) -> Option<BuildInfo> {
        let flags = bytes.u8(offset.checked_add(15)?)?;
        let (version, text) = if flags & IS_INLINE != 0 {
            let (version, end) = inline(bytes, offset.checked_add(INLINE_AT)?)?;
            (version, inline(bytes, end).map(|(text, _)| text).unwrap_or_default())
        } else {
            let version = pointed(bytes, image, offset.checked_add(16)?)?;
            (version, pointed(bytes, image, offset.checked_add(24)?).unwrap_or_default())
        };
        let mut info = BuildInfo { offset, version: lossy(version), path: None, module: None, settings: Vec::new() };
        for line in lossy(unwrapped(text)).lines() {
            info.take(line);
        }
        (!info.version.is_empty()).then_some(info)
    }

    fn take(&mut self, line: &str) {
        let mut words = line.split('\t');
        match (words.next(), words.next(), words.next()) {
            (Some("path"), Some(path), _) => self.path = Some(path.into()),
            (Some("mod"), Some(module), version) => {
                self.module = Some([module, version.unwrap_or_default()].join(" ").trim_end().into());
            }
            (Some("build"), Some(setting), _) => {
                if let Some((key, value)) = setting.split_once('=') {
                    self.settings.push((key.into(), value.trim_matches('"').into()));
                }
            }
            _ => {}
        }
    }

    /// The value of a build setting.
    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The system the settings name.
    pub fn os(&self) -> Option<Os> {
        Os::from_name(self.setting("GOOS")?)
    }
}

/// The string after its length at `at`, and where it ends.
fn inline(bytes: Bytes<'_>, at: u64) -> Option<(&[u8], u64)> {
    let mut len = 0u64;
    for index in 0..9 {
        let byte = bytes.u8(at.checked_add(index)?)?;
        len |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            let start = at + index + 1;
            let text = bytes.slice(start, (len <= TEXT_LIMIT).then_some(len)?)?;
            return Some((text, start + len));
        }
    }
    None
}

/// The string whose header the pointer at `at` points to.
fn pointed<'a>(bytes: Bytes<'a>, image: &Image, at: u64) -> Option<&'a [u8]> {
    let header = image.offset_of(Addr(bytes.u64(at)?))?;
    let text = image.offset_of(Addr(bytes.u64(header)?))?;
    let len = bytes.u64(header.checked_add(8)?)?;
    bytes.slice(text, (len <= TEXT_LIMIT).then_some(len)?)
}

/// The text between its markers.
fn unwrapped(text: &[u8]) -> &[u8] {
    let end = text.len().saturating_sub(MARKER_LEN);
    text.get(MARKER_LEN..end).unwrap_or_default()
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
