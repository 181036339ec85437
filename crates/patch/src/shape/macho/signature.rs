//! The signature of a program: a hash of each of its pages, who it is, and what else it vouches for.
//!
//! A signature made here is nobody's ("ad hoc"): it says what the bytes are, as macOS demands of every AArch64 program. What
//! the old one said about the program is kept; who vouched for it is not, since nobody did for the new bytes.

use crate::{
    manifest::Hash,
    seal::{Old, PAGE, Piece, hashes},
};
use ashore_image::FileRange;

/// `magic` of the whole, of a code directory, of requirements, and of a certificate's signature.
const SUPER_BLOB: u32 = 0xfade_0cc0;
const CODE_DIRECTORY: u32 = 0xfade_0c02;
const REQUIREMENTS: u32 = 0xfade_0c01;
const CERTIFICATE: u32 = 0xfade_0b01;
/// `type` of what a signature holds: code directories, requirements, a certificate's signature.
const SLOT_DIRECTORY: u32 = 0;
const SLOT_REQUIREMENTS: u32 = 2;
const SLOT_ALTERNATES: core::ops::Range<u32> = 0x1000..0x1005;
const SLOT_CERTIFICATE: u32 = 0x1_0000;
/// `hashType` and its size.
const SHA_256: u8 = 2;
const HASH_LEN: usize = 32;
/// `flags`: nobody's; made by a linker; the hardened runtime.
const ADHOC: u32 = 2;
const RUNTIME: u32 = 0x1_0000;
/// `version`: with the bounds of the text segment; with the runtime's version. And the size of the fixed part of each.
const WITH_TEXT: (u32, u32) = (0x2_0400, 88);
const WITH_RUNTIME: (u32, u32) = (0x2_0500, 96);
/// `execSegFlags`.
const IS_MAIN: u64 = 1;
/// More than any signature has.
const SPECIAL_MAX: u32 = 64;
/// The size of a signature is a multiple of this.
const UNIT: u64 = 16;

/// A big-endian word.
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// One thing inside a signature.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Blob {
    slot: u32,
    /// Where it begins in the signature.
    at: usize,
    bytes: Vec<u8>,
}

/// What a signature holds, in its order.
fn blobs(signature: &[u8]) -> Option<Vec<Blob>> {
    if word(signature, 0)? != SUPER_BLOB {
        return None;
    }
    let count = word(signature, 8)?;
    (0..count.min(SPECIAL_MAX) as usize)
        .map(|index| {
            let slot = word(signature, 12 + index * 8)?;
            let at = word(signature, 16 + index * 8)? as usize;
            let len = word(signature, at.checked_add(4)?)? as usize;
            // Each begins with its kind and its length.
            let bytes = signature.get(at..at.checked_add(len)?).filter(|bytes| bytes.len() >= 8)?;
            Some(Blob { slot, at, bytes: bytes.to_vec() })
        })
        .collect()
}

/// A code directory.
#[derive(Clone, Debug)]
struct Directory<'a> {
    bytes: &'a [u8],
    version: u32,
    flags: u32,
    identifier: &'a [u8],
    /// Where the hashes of pages begin in it.
    hashes_at: usize,
    special_count: usize,
    page_count: usize,
    limit: u64,
    hash_kind: u8,
    page_log: u8,
}

impl<'a> Directory<'a> {
    fn read(bytes: &'a [u8]) -> Option<Directory<'a>> {
        if word(bytes, 0)? != CODE_DIRECTORY {
            return None;
        }
        let version = word(bytes, 8)?;
        let name = bytes.get(word(bytes, 20)? as usize..)?;
        let limit = u64::from(word(bytes, 32)?);
        let long_limit = if version >= 0x2_0300 { long(bytes, 56)? } else { 0 };
        Some(Directory {
            bytes,
            version,
            flags: word(bytes, 12)?,
            identifier: name.get(..name.iter().position(|&byte| byte == 0)?)?,
            hashes_at: word(bytes, 16)? as usize,
            special_count: word(bytes, 24)? as usize,
            page_count: word(bytes, 28)? as usize,
            limit: if long_limit == 0 { limit } else { long_limit },
            hash_kind: *bytes.get(37)?,
            page_log: *bytes.get(39)?,
        })
    }

    /// The hashes of the pages.
    fn pages(&self) -> Option<&'a [u8]> {
        self.bytes.get(self.hashes_at..self.hashes_at.checked_add(self.page_count.checked_mul(HASH_LEN)?)?)
    }

    /// The hash of what is in `slot`.
    fn special(&self, slot: usize) -> Option<&'a [u8]> {
        let at = self.hashes_at.checked_sub(slot.checked_mul(HASH_LEN)?)?;
        (slot <= self.special_count).then(|| self.bytes.get(at..at + HASH_LEN)).flatten()
    }
}

/// What a new signature says, but for the hashes of pages.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    identifier: Vec<u8>,
    flags: u32,
    /// The runtime's version, for programs that ask for the hardened one.
    runtime: Option<u32>,
    platform: u8,
    /// The hashes of what it vouches for besides pages, slot 1 first.
    special: Vec<[u8; HASH_LEN]>,
    /// What it carries, code directories left out.
    blobs: Vec<(u32, Vec<u8>)>,
    /// Whether somebody vouched for the old bytes.
    pub(super) had_signer: bool,
}

/// The segment with the header, as a signature tells it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    pub(super) file: FileRange,
    pub(super) is_program: bool,
}

impl Statement {
    /// For a program that had none.
    pub(super) fn new(identifier: &str) -> Statement {
        Statement {
            identifier: identifier.into(),
            flags: ADHOC,
            runtime: None,
            platform: 0,
            special: Vec::new(),
            blobs: Vec::new(),
            had_signer: false,
        }
    }

    /// What the old signature said.
    pub(super) fn of(signature: &[u8]) -> Option<Statement> {
        let all = blobs(signature)?;
        let is_directory = |blob: &&Blob| blob.slot == SLOT_DIRECTORY || SLOT_ALTERNATES.contains(&blob.slot);
        let directories: Vec<Directory<'_>> =
            all.iter().filter(is_directory).filter_map(|blob| Directory::read(&blob.bytes)).collect();
        let directory = directories.iter().find(|one| one.hash_kind == SHA_256).or(directories.first())?;
        let signer = |blob: &Blob| blob.slot == SLOT_CERTIFICATE && blob.bytes.len() > 8;
        let had_signer = all.iter().any(signer) || directory.flags & ADHOC == 0;
        let empty = |magic: u32, rest: &[u32]| {
            let words = [magic, 8 + 4 * rest.len() as u32];
            words.iter().chain(rest).flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>()
        };
        let kept = all.iter().filter(|blob| !is_directory(blob)).map(|blob| match blob.slot {
            SLOT_CERTIFICATE => (blob.slot, empty(CERTIFICATE, &[])),
            // Demands of the old signer, which the new signature cannot meet.
            SLOT_REQUIREMENTS if had_signer => (blob.slot, empty(REQUIREMENTS, &[0])),
            slot => (slot, blob.bytes.clone()),
        });
        let blobs: Vec<(u32, Vec<u8>)> = kept.collect();
        let special_count = directory.special_count.min(SPECIAL_MAX as usize);
        let special = (1..=special_count).map(|slot| {
            let carried = blobs.iter().find(|(own, _)| *own as usize == slot);
            match carried {
                Some((_, bytes)) => Hash::of(&[bytes]).0,
                None if directory.hash_kind == SHA_256 => {
                    directory.special(slot).and_then(|hash| hash.try_into().ok()).unwrap_or([0; HASH_LEN])
                }
                None => [0; HASH_LEN],
            }
        });
        let runtime = (directory.version >= WITH_RUNTIME.0).then(|| word(directory.bytes, 88).unwrap_or_default());
        let flags = if had_signer { directory.flags & RUNTIME } else { directory.flags };
        Some(Statement {
            identifier: directory.identifier.to_vec(),
            flags: flags | ADHOC,
            runtime,
            platform: directory.bytes.get(38).copied().unwrap_or_default(),
            special: special.collect(),
            blobs,
            had_signer,
        })
    }

    fn version(&self) -> (u32, u32) {
        if self.runtime.is_some() { WITH_RUNTIME } else { WITH_TEXT }
    }

    fn directory_len(&self, limit: u64) -> u64 {
        let hashes = self.special.len() as u64 + limit.div_ceil(PAGE);
        u64::from(self.version().1) + self.identifier.len() as u64 + 1 + hashes * HASH_LEN as u64
    }

    /// How many bytes the signature of `limit` bytes takes.
    pub(super) fn len(&self, limit: u64) -> u64 {
        let blobs: u64 = self.blobs.iter().map(|(_, bytes)| bytes.len() as u64 + 8).sum();
        (12 + 8 + self.directory_len(limit) + blobs).next_multiple_of(UNIT)
    }

    /// The signature of `code`.
    pub(super) fn sign(&self, code: &[u8], text: Text) -> Vec<u8> {
        let directory = self.directory(code, text);
        let count = 1 + self.blobs.len();
        let mut at = 12 + 8 * count;
        let len = self.len(code.len() as u64);
        let whole: usize = at + directory.len() + self.blobs.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        let all: Vec<(u32, &[u8])> = core::iter::once((SLOT_DIRECTORY, directory.as_slice()))
            .chain(self.blobs.iter().map(|(slot, bytes)| (*slot, bytes.as_slice())))
            .collect();
        let mut words = vec![SUPER_BLOB, whole as u32, count as u32];
        for (slot, bytes) in &all {
            words.extend([*slot, at as u32]);
            at += bytes.len();
        }
        let mut signature: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        all.iter().for_each(|(_, bytes)| signature.extend_from_slice(bytes));
        signature.resize(len as usize, 0);
        signature
    }

    fn directory(&self, code: &[u8], text: Text) -> Vec<u8> {
        let (version, fixed_len) = self.version();
        let limit = code.len() as u64;
        let hashes_at = fixed_len + self.identifier.len() as u32 + 1 + (self.special.len() * HASH_LEN) as u32;
        let mut words =
            vec![CODE_DIRECTORY, self.directory_len(limit) as u32, version, self.flags, hashes_at, fixed_len];
        words.extend([self.special.len() as u32, limit.div_ceil(PAGE) as u32]);
        let is_short = u32::try_from(limit).is_ok();
        words.push(if is_short { limit as u32 } else { u32::MAX });
        words.push(u32::from_be_bytes([HASH_LEN as u8, SHA_256, self.platform, PAGE.trailing_zeros() as u8]));
        // Spare, scatter, team, spare.
        words.extend([0; 4]);
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let flags = if text.is_program { IS_MAIN } else { 0 };
        let long_limit = if is_short { 0 } else { limit };
        for long in [long_limit, text.file.offset, text.file.len, flags] {
            bytes.extend_from_slice(&long.to_be_bytes());
        }
        if let Some(runtime) = self.runtime {
            bytes.extend_from_slice(&runtime.to_be_bytes());
            bytes.extend_from_slice(&[0; 4]);
        }
        bytes.extend_from_slice(&self.identifier);
        bytes.push(0);
        self.special.iter().rev().for_each(|hash| bytes.extend_from_slice(hash));
        bytes.extend_from_slice(&hashes(code));
        bytes
    }
}

/// The signature at `range` of `file`, of the program that begins at `base`, in few words.
pub(super) fn shortened(file: &[u8], base: u64, range: FileRange) -> Old {
    let signature = range.of(file).unwrap_or_default();
    let whole = || Old::new(vec![Piece::Bytes(signature.to_vec())]);
    let Some(all) = blobs(signature) else { return whole() };
    let found = all.iter().find_map(|blob| {
        let directory = Directory::read(&blob.bytes)?;
        let is_plain = directory.hash_kind == SHA_256 && 1u64.checked_shl(directory.page_log.into()) == Some(PAGE);
        let code = FileRange { offset: base, len: directory.limit };
        let pages = directory.pages()?;
        // Only what really are the hashes of its pages can be made again.
        let is_right = is_plain && code.end() <= range.offset && hashes(code.of(file)?) == pages;
        is_right.then(|| (blob.at + directory.hashes_at, pages.len(), code))
    });
    let Some((at, len, code)) = found else { return whole() };
    let (Some(before), Some(after)) = (signature.get(..at), signature.get(at + len..)) else { return whole() };
    Old::new(vec![Piece::Bytes(before.to_vec()), Piece::Pages(code), Piece::Bytes(after.to_vec())])
}

/// What is wrong with `signature` as one of `code`.
pub(super) fn fault(signature: &[u8], code: &[u8]) -> Option<&'static str> {
    let Some(all) = blobs(signature) else { return Some("it cannot be read") };
    let Some(first) = all.iter().find(|blob| blob.slot == SLOT_DIRECTORY) else { return Some("it has no directory") };
    let Some(directory) = Directory::read(&first.bytes) else { return Some("its directory cannot be read") };
    if directory.limit != code.len() as u64 {
        return Some("it covers another number of bytes");
    }
    if directory.hash_kind != SHA_256 || directory.pages() != Some(&hashes(code)) {
        return Some("the hash of a page is wrong");
    }
    let is_vouched = |blob: &Blob| match blob.slot {
        SLOT_DIRECTORY | SLOT_CERTIFICATE => true,
        slot => directory.special(slot as usize) == Some(&Hash::of(&[&blob.bytes]).0),
    };
    if all.iter().all(is_vouched) { None } else { Some("the hash of what it carries is wrong") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Text {
        Text { file: FileRange { offset: 0, len: 0x4000 }, is_program: true }
    }

    #[test]
    fn a_signature_says_what_the_old_one_said() {
        let mut statement = Statement::new("com.example");
        statement.flags |= 0x2_0000;
        statement.blobs = vec![(5, b"\xfa\xde\x71\x71\0\0\0\x0b<e>".to_vec()), (SLOT_CERTIFICATE, vec![])];
        statement.blobs[1].1 = b"\xfa\xde\x0b\x01\0\0\0\x08".to_vec();
        statement.special = vec![[0; 32]; 5];
        statement.special[4] = Hash::of(&[&statement.blobs[0].1]).0;
        let code = vec![5; 10_000];
        let signature = statement.sign(&code, text());
        assert_eq!(signature.len() as u64, statement.len(10_000));
        assert_eq!(fault(&signature, &code), None);
        let again = Statement::of(&signature).unwrap();
        assert!(!again.had_signer);
        assert_eq!(again.sign(&code, text()), signature);
        let mut other = code.clone();
        other[9_999] = 0;
        assert_eq!(fault(&signature, &other), Some("the hash of a page is wrong"));
        assert_eq!(fault(&signature, &code[1..]), Some("it covers another number of bytes"));
    }

    #[test]
    fn an_old_signature_is_kept_without_its_hashes() {
        let mut file = vec![7; 9_008];
        let signature = Statement::new("x").sign(&file, text());
        file.extend_from_slice(&signature);
        let range = FileRange { offset: 9_008, len: signature.len() as u64 };
        let old = shortened(&file, 0, range);
        assert_eq!(old.0.len(), 3);
        assert_eq!(old.bytes(&file).unwrap(), signature);
        file[0] = 0;
        assert_eq!(shortened(&file, 0, range), Old(vec![Piece::Bytes(signature)]));
    }
}
