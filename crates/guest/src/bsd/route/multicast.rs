//! The multicast groups that interfaces are in.
//!
//! Netlink tells IPv4's only on new kernels; the two files of /proc tell both everywhere.

use crate::Ctx;
use alloc::vec;
use alloc::vec::Vec;
use ashore_pivot::{Arg, Errno, Sys};

/// The groups: interface, and 4 or 16 bytes.
pub fn groups(ctx: &Ctx<'_>) -> Vec<(u32, Vec<u8>)> {
    let mut groups = igmp(&read(ctx, b"/proc/net/igmp\0").unwrap_or_default());
    groups.extend(igmp6(&read(ctx, b"/proc/net/igmp6\0").unwrap_or_default()));
    groups
}

fn read(ctx: &Ctx<'_>, path: &[u8]) -> Result<Vec<u8>, Errno> {
    const AT_FDCWD: i32 = -100;
    const O_RDONLY_CLOEXEC: u64 = 0x8_0000;
    let mut args = [AT_FDCWD.into(), Arg::In(path), O_RDONLY_CLOEXEC.into(), 0u64.into()];
    let fd = ctx.call_with(Sys::OPENAT, &mut args)? as i32;
    let mut text = Vec::new();
    let mut part = vec![0; 4096];
    while let Ok(got) = ctx.call_with(Sys::READ, &mut [fd.into(), Arg::Out(&mut part), 4096u64.into()]) {
        match part.get(..got as usize) {
            Some(got) if !got.is_empty() => text.extend_from_slice(got),
            _ => break,
        }
    }
    ctx.close(fd);
    Ok(text)
}

fn words(line: &[u8]) -> impl Iterator<Item = &str> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).filter_map(|word| str::from_utf8(word).ok())
}

/// A line of an interface, then lines of its groups, which begin with white space.
pub fn igmp(text: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let mut groups = Vec::new();
    let mut index = None;
    for line in text.split(|byte| *byte == b'\n') {
        let first = words(line).next();
        if line.first().is_some_and(u8::is_ascii_whitespace) {
            let group = first.filter(|word| word.len() == 8).and_then(|word| u32::from_str_radix(word, 16).ok());
            // The number is the address as it lies in memory, read by this CPU.
            groups.extend(index.zip(group).map(|(index, group)| (index, group.to_le_bytes().to_vec())));
        } else {
            index = first.and_then(|word| word.parse().ok());
        }
    }
    groups
}

/// A line of each group: interface, its name, 32 digits.
pub fn igmp6(text: &[u8]) -> Vec<(u32, Vec<u8>)> {
    let group = |line: &[u8]| {
        let mut words = words(line);
        let index = words.next()?.parse().ok()?;
        let digits = words.nth(1).filter(|digits| digits.len() == 32)?;
        Some((index, u128::from_str_radix(digits, 16).ok()?.to_be_bytes().to_vec()))
    };
    text.split(|byte| *byte == b'\n').filter_map(group).collect()
}
