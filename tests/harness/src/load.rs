//! A static program into memory at its own addresses.

use ashore_base::Addr;
use ashore_pivot::Memory as _;
use ashore_sys::{GuestMemory, Mapping};

/// A program in memory.
pub(super) struct Program {
    pub(super) entry: u64,
    pub(super) stack: u64,
    /// The first page behind it.
    pub(super) end: u64,
}

const PAGE: u64 = 4096;
const STACK: u64 = 8 << 20;
const PRIVATE_ANONYMOUS: u32 = 0x22;
const FIXED: u32 = 0x10_0010;
const HWCAP: u64 = 0x1fb;

fn word(file: &[u8], at: u64, len: usize) -> Result<u64, String> {
    let bytes = file.get(at as usize..).and_then(|rest| rest.get(..len)).ok_or("the file is too short")?;
    Ok(bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
}

fn map(at: u64, len: u64, flags: u32) -> Result<u64, String> {
    let flags = PRIVATE_ANONYMOUS | flags;
    let mapping = Mapping { at: Addr(at), len, prot: 3, flags, fd: -1, offset: 0 };
    ashore_sys::map(&mapping).map(|addr| addr.0).map_err(|errno| format!("mapping {at:#x}: {errno:?}"))
}

fn put(at: u64, bytes: &[u8]) -> Result<(), String> {
    GuestMemory.write(Addr(at), bytes).map_err(|_| format!("writing {at:#x}"))
}

pub(super) fn load(file: &[u8], args: &[String]) -> Result<Program, String> {
    if file.get(..6) != Some(b"\x7fELF\x02\x01") || word(file, 18, 2)? != 183 || word(file, 16, 2)? != 2 {
        return Err("not a static AArch64 program".to_owned());
    }
    let (entry, headers, count) = (word(file, 24, 8)?, word(file, 32, 8)?, word(file, 56, 2)?);
    let (mut first, mut end, mut phdr) = (u64::MAX, 0, 0);
    for number in 0..count {
        let at = headers + number * 56;
        if word(file, at, 4)? == 1 {
            let (offset, vaddr) = (word(file, at + 8, 8)?, word(file, at + 16, 8)?);
            first = first.min(vaddr & !(PAGE - 1));
            end = end.max((vaddr + word(file, at + 40, 8)? + PAGE - 1) & !(PAGE - 1));
            if offset <= headers && headers < offset + word(file, at + 32, 8)? {
                phdr = vaddr + headers - offset;
            }
        }
    }
    map(first, end - first, FIXED)?;
    for number in 0..count {
        let at = headers + number * 56;
        if word(file, at, 4)? == 1 {
            let (offset, vaddr, len) = (word(file, at + 8, 8)?, word(file, at + 16, 8)?, word(file, at + 32, 8)?);
            let bytes = file.get(offset as usize..).and_then(|rest| rest.get(..len as usize));
            put(vaddr, bytes.ok_or("the file is too short")?)?;
        }
    }
    let mut stack = map(0, STACK, 0)? + STACK - PAGE;
    let mut strings = Vec::new();
    for arg in args {
        stack -= arg.len() as u64 + 1;
        put(stack, arg.as_bytes())?;
        strings.push(stack);
    }
    let random = stack - 16;
    let mut words = vec![args.len() as u64];
    words.extend(strings);
    words.extend([0, 0]);
    words.extend([3, phdr, 4, 56, 5, count, 6, PAGE, 9, entry, 16, HWCAP, 25, random, 0, 0]);
    stack = (random - words.len() as u64 * 8) & !15;
    for (word, index) in words.into_iter().zip(0..) {
        put(stack + index * 8, &word.to_le_bytes())?;
    }
    Ok(Program { entry, stack, end })
}

/// The executable parts of a file: where they would be, and their bytes.
pub(super) fn text(file: &[u8]) -> Result<Vec<(u64, &[u8])>, String> {
    if file.get(..6) != Some(b"\x7fELF\x02\x01") || word(file, 18, 2)? != 183 {
        return Err("not an AArch64 program".to_owned());
    }
    let (headers, count) = (word(file, 32, 8)?, word(file, 56, 2)?);
    let mut found = Vec::new();
    for number in 0..count {
        let at = headers + number * 56;
        if word(file, at, 4)? == 1 && word(file, at + 4, 4)? & 1 != 0 {
            let (offset, start, len) = (word(file, at + 8, 8)?, word(file, at + 16, 8)?, word(file, at + 32, 8)?);
            let bytes = file.get(offset as usize..).and_then(|rest| rest.get(..len as usize));
            found.push((start, bytes.ok_or("the file is too short")?));
        }
    }
    Ok(found)
}
