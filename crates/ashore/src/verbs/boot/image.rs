//! A kernel with its files in one bootable image, for whoever starts the machine himself.
//!
//! The archive stands behind the place the kernel takes in memory, at a page's beginning, and the length in the image's header
//! covers both: so a loader leaves the archive where it is, and the kernel finds it.

use ashore_base::{Bytes, Mailbox, PAGE_SIZE};
use ashore_report::{Report, table};
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// The word of the header that tells how much memory the image takes.
const LEN_AT: usize = 16;
/// A kernel that takes more is none of ours.
const MOST_LEN: u64 = 16 << 20;
/// The beginning of a gzip file without a name (RFC 1952), and the checksum and length at its end.
const GZIP: &[u8] = &[0x1f, 0x8b, 8, 0];
const GZIP_HEAD: usize = 10;
const GZIP_END: usize = 8;

/// Writes the image: whole under its name, or not at all.
pub(super) fn write(path: &Path, kernel: &[u8], archive: &mut File) -> Result<(), Report> {
    let failed = |why: io::Error| table::BOOT_FILES.because(format!("{}: {why}", path.display()));
    let kernel = unpacked(kernel)?;
    let len = own_len(&kernel)?;
    let total = len + archive.metadata().map_err(failed)?.len().next_multiple_of(PAGE_SIZE);
    if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file() && !there.is_symlink()) {
        return Err(failed(io::Error::other("something that is no file has this name")));
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let made = fill(beside.as_ref(), &kernel, (len, total), archive).and_then(|()| fs::rename(&beside, path));
    if made.is_err() {
        let _ = fs::remove_file(&beside);
    }
    made.map_err(failed)
}

fn fill(path: &Path, kernel: &[u8], (len, total): (u64, u64), archive: &mut File) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(kernel)?;
    file.seek(SeekFrom::Start(LEN_AT as u64))?;
    file.write_all(&total.to_le_bytes())?;
    file.seek(SeekFrom::Start(len))?;
    archive.seek(SeekFrom::Start(0))?;
    io::copy(archive, &mut file)?;
    file.set_len(total)
}

/// The flat image, unpacked if it was packed.
fn unpacked(kernel: &[u8]) -> Result<Vec<u8>, Report> {
    if !kernel.starts_with(GZIP) {
        return Ok(kernel.to_vec());
    }
    let body = kernel.get(GZIP_HEAD..kernel.len().saturating_sub(GZIP_END)).unwrap_or_default();
    miniz_oxide::inflate::decompress_to_vec_with_limit(body, MOST_LEN as usize)
        .map_err(|why| table::NO_KERNEL.because(format!("it cannot be unpacked: {why}")))
}

/// How much memory a kernel of ours takes.
fn own_len(kernel: &[u8]) -> Result<u64, Report> {
    let refused = |why: &str| table::NO_KERNEL.because(why.to_owned());
    Mailbox::of_image(kernel, 0).ok_or_else(|| refused("only Ashore's own kernel takes files in one image"))?;
    let len = Bytes(kernel).u64(LEN_AT as u64).unwrap_or_default();
    let is_sound = len.is_multiple_of(PAGE_SIZE) && len >= kernel.len() as u64 && len <= MOST_LEN;
    if is_sound { Ok(len) } else { Err(refused("the length in its header is wrong")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel() -> Vec<u8> {
        let mut image = vec![0; 0x800];
        image[16..24].copy_from_slice(&0x3000u64.to_le_bytes());
        image[32..40].copy_from_slice(&0x100u64.to_le_bytes());
        image[56..60].copy_from_slice(b"ARM\x64");
        image[0x100..0x108].copy_from_slice(b"ASHORE-M");
        image[0x108] = 1;
        image
    }

    #[test]
    fn only_our_kernels_are_taken() {
        assert_eq!(own_len(&kernel()).unwrap(), 0x3000);
        let mut other = kernel();
        other[0x100] = 0;
        assert!(own_len(&other).is_err());
        let mut odd = kernel();
        odd[16] = 1;
        assert!(own_len(&odd).is_err() && own_len(b"").is_err());
    }

    #[test]
    fn a_packed_kernel_is_unpacked() {
        let mut packed = [GZIP, &[0; 6]].concat();
        packed.extend(miniz_oxide::deflate::compress_to_vec(&kernel(), 6));
        packed.extend([0; 8]);
        assert_eq!(unpacked(&packed).unwrap(), kernel());
        assert!(unpacked(&packed[..20]).is_err());
    }
}
