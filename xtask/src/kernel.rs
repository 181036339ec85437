//! `cargo xtask kernel`: builds the kernel of `ashore boot` and makes the flat image that machines load, plain and compressed
//! (QEMU and boot loaders unpack an `Image.gz` themselves).

use crate::args::Args;
use crate::shell;
use crate::{Failure, Outcome, Repo};
use ashore_base::Addr;
use ashore_formats::Part;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The bare-metal target of the kernel.
pub(crate) const TARGET: &str = "aarch64-unknown-none-softfloat";

/// The folder of the kernel's own workspace.
const WORKSPACE: &str = "kernel";

/// The file that holds the image, in the target folder's folder for the kernel.
const IMAGE: &str = "Image";
/// The same, compressed: what `ashore boot` carries.
const PACKED: &str = "Image.gz";

/// A compressed image that grew past this is a mistake, and a plain one that the linker script refuses.
const MOST_PACKED: usize = 512 << 10;
const MOST_BYTES: usize = 1024 << 10;
/// How hard to compress, of 10.
const EFFORT: u8 = 9;

/// Where the kernel keeps names for its reports; see `kernel/hal/src/symbols.rs`.
const NAMES: &[u8] = b"_symbols";
/// The end of that place.
const NAMES_END: &[u8] = b"_symbols_end";

/// A longer name is cut.
const MOST_NAME: usize = 48;

/// A cargo command for the kernel's workspace.
pub(crate) fn cargo(repo: &Repo) -> Command {
    let mut command = shell::cargo();
    command.current_dir(repo.path(WORKSPACE)).env("CARGO_TARGET_DIR", target_dir(repo));
    command
}

fn target_dir(repo: &Repo) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repo.path("target"), PathBuf::from)
}

/// Runs the task.
pub(crate) fn run(repo: &Repo, args: Args) -> Outcome {
    args.finish()?;
    let image = build(repo)?;
    let len = |path: PathBuf| fs::metadata(&path).map(|data| data.len().div_ceil(1024)).unwrap_or_default();
    let packed = len(image.with_file_name(PACKED));
    println!("kernel: {} ({} KiB, compressed {packed} KiB)", image.display(), len(image.clone()));
    Ok(())
}

/// Builds the kernel and writes its image; where it is.
pub(crate) fn build(repo: &Repo) -> Outcome<PathBuf> {
    shell::run(cargo(repo).args(["build", "--quiet", "--release", "--package", "ashore-kernel-boot"]))?;
    let elf = target_dir(repo).join(TARGET).join("release/ashore-kernel-boot");
    let bytes = fs::read(&elf).map_err(|why| Failure::of(elf.display(), why))?;
    let image = flatten(&bytes)?;
    let folder = target_dir(repo).join("kernel");
    fs::create_dir_all(&folder).map_err(|why| Failure::of(folder.display(), why))?;
    let path = folder.join(IMAGE);
    let packed_path = folder.join(PACKED);
    // Whoever takes the image in is built again only when it changed.
    if packed_path.is_file() && fs::read(&path).is_ok_and(|old| old == image) {
        return Ok(path);
    }
    let packed = pack(&image);
    if packed.len() > MOST_PACKED {
        return Err(Failure::new(format!("the kernel has {} bytes compressed, more than {MOST_PACKED}", packed.len())));
    }
    fs::write(&path, &image).map_err(|why| Failure::of(path.display(), why))?;
    fs::write(&packed_path, &packed).map_err(|why| Failure::of(packed_path.display(), why))?;
    Ok(path)
}

/// Bytes in gzip's format (RFC 1952), without a name or a time.
fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff];
    packed.extend(miniz_oxide::deflate::compress_to_vec(bytes, EFFORT));
    packed.extend(checksum(bytes).to_le_bytes());
    packed.extend((bytes.len() as u32).to_le_bytes());
    packed
}

/// The checksum gzip uses.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ 0xedb8_8320 };
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

/// The bytes of the segments, one after the other as they lie in memory, with the names filled in.
fn flatten(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let parsed = ashore_formats::read_bare(bytes).map_err(|why| Failure::new(format!("the kernel: {why:?}")))?;
    let part = parsed.parts.first().ok_or_else(|| Failure::new("the kernel has no program in it"))?;
    let segments = &part.image.segments;
    let start = segments.iter().map(|segment| segment.memory.start.0).min().unwrap_or_default();
    let mut image = Vec::new();
    for segment in segments.iter().filter(|segment| segment.file.len > 0) {
        let at = usize::try_from(segment.memory.start.0 - start).unwrap_or(usize::MAX);
        let file = segment.file.offset as usize..(segment.file.offset + segment.file.len) as usize;
        let contents = bytes.get(file).ok_or_else(|| Failure::new("a segment of the kernel is cut"))?;
        let end = at.saturating_add(contents.len());
        if end > MOST_BYTES {
            return Err(Failure::new(format!("the kernel has {end} bytes, more than {MOST_BYTES}")));
        }
        if image.len() < end {
            image.resize(end, 0);
        }
        image.splice(at..end, contents.iter().copied());
    }
    fill_names(&mut image, start, &parsed.symbols(part), part)?;
    Ok(image)
}

/// Writes the names of functions into the place that was kept for them.
fn fill_names(image: &mut [u8], start: u64, symbols: &[ashore_formats::Symbol<'_>], part: &Part) -> Outcome {
    let find = |name: &[u8]| symbols.iter().find(|symbol| symbol.name == name).map(|symbol| symbol.memory.start);
    let (Some(from), Some(to)) = (find(NAMES), find(NAMES_END)) else {
        return Err(Failure::new("the kernel keeps no place for names"));
    };
    let is_code = |at: Addr| part.image.code().any(|segment| segment.memory.contains(at));
    let mut functions = BTreeMap::new();
    for symbol in symbols.iter().filter(|symbol| is_code(symbol.memory.start) && !symbol.name.starts_with(b"$")) {
        functions.entry((symbol.memory.start.0 - start) as u32).or_insert_with(|| shown(symbol.name));
    }
    let place = image.get_mut((from.0 - start) as usize..(to.0 - start) as usize);
    let place = place.ok_or_else(|| Failure::new("the place for names is outside the image"))?;
    let table = names_that_fit(functions, place.len());
    place.iter_mut().zip(table).for_each(|(to, from)| *to = from);
    Ok(())
}

/// The table of names, without the last ones if it would be too long.
fn names_that_fit(functions: BTreeMap<u32, String>, room: usize) -> Vec<u8> {
    let mut rows = Vec::new();
    let mut names = Vec::new();
    let mut count = 0u32;
    for (at, name) in functions {
        if 4 + rows.len() + 8 + names.len() + 1 + name.len() > room {
            println!("kernel: no room for the names of functions from {at:#x} on");
            break;
        }
        rows.extend(at.to_le_bytes());
        rows.extend((names.len() as u32).to_le_bytes());
        names.push(name.len() as u8);
        names.extend(name.bytes());
        count += 1;
    }
    [count.to_le_bytes().to_vec(), rows, names].concat()
}

/// A name as a person reads it.
fn shown(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let plain = format!("{:#}", rustc_demangle::demangle(&text));
    let plain = without_types(&plain.replace("ashore_kernel_", "").replace("ashore_", ""));
    let end = plain.char_indices().map(|(at, _)| at).chain([plain.len()]).take_while(|at| *at <= MOST_NAME).last();
    plain.get(..end.unwrap_or_default()).unwrap_or_default().to_owned()
}

/// A name without what is between angle brackets, unless it begins there: `<A as B>::c` stays.
fn without_types(name: &str) -> String {
    let mut shown = String::new();
    let mut depth = 0u32;
    let is_method = name.starts_with('<');
    for c in name.chars() {
        let least = u32::from(is_method);
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth <= least => shown.push(c),
            _ => {}
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fill_their_place_and_no_more() {
        let functions = BTreeMap::from([(0, "first".to_owned()), (64, "second".to_owned())]);
        let table = names_that_fit(functions.clone(), 100);
        assert_eq!(table[..4], [2, 0, 0, 0]);
        assert_eq!(table[12..20], [64, 0, 0, 0, 6, 0, 0, 0]);
        assert_eq!(&table[20..], b"\x05first\x06second");
        assert_eq!(names_that_fit(functions, 30)[..4], [1, 0, 0, 0]);
    }

    #[test]
    fn packed_bytes_have_gzips_frame() {
        let packed = pack(b"123456789");
        assert_eq!(packed[..3], [0x1f, 0x8b, 8]);
        assert_eq!(packed[packed.len() - 8..], [0x26, 0x39, 0xf4, 0xcb, 9, 0, 0, 0]);
    }

    #[test]
    fn names_are_short() {
        assert_eq!(
            shown(b"_ZN18ashore_kernel_core6frames6Frames4take17h0123456789abcdefE"),
            "core::frames::Frames::take"
        );
        assert_eq!(shown(b"core::cell::Cell<alloc::vec::Vec<u8>>::get"), "core::cell::Cell::get");
        assert_eq!(shown(b"<core::Vec<u8> as io::Write>::write"), "core::Vec as io::Write::write");
        assert_eq!(shown(&[b'a'; 200]).len(), MOST_NAME);
    }
}
