//! Questions about the tree itself.

use super::protocol::{Ask, named};
use super::{Dialect, Leaf, Value, Words, names};
use crate::{Ctx, Fail};
use alloc::vec;
use alloc::vec::Vec;
use ashore_pivot::Errno;

/// The answer, when the numbers are a question and not a name.
pub fn ask(ctx: &Ctx<'_>, words: &Words, oid: &[i32], ask: &Ask) -> Result<Option<Vec<u8>>, Fail> {
    match (words.dialect, oid) {
        (Dialect::FreeBsd, [0, rest @ ..]) => free_bsd(ctx, words.leaves, rest, ask).map(Some),
        (Dialect::NetBsd, [node @ .., question]) if *question < -1 => {
            net_bsd(ctx, words.leaves, node, *question, ask).map(Some)
        }
        _ => Ok(None),
    }
}

/// FreeBSD's and DragonFly's: {0, question, numbers...}.
fn free_bsd(ctx: &Ctx<'_>, leaves: &'static [Leaf], oid: &[i32], ask: &Ask) -> Result<Vec<u8>, Fail> {
    const NAME: i32 = 1;
    const NEXT: i32 = 2;
    const NAME_TO_OID: i32 = 3;
    const FORMAT: i32 = 4;
    const DESCRIPTION: i32 = 5;
    const NEXT_NO_SKIP: i32 = 7;
    let words = |oid: &[i32]| oid.iter().flat_map(|number| number.to_le_bytes()).collect();
    let (question, oid) = oid.split_first().ok_or(Errno::EISDIR)?;
    match *question {
        NAME_TO_OID => Ok(words(named(ctx, ask.new, ask.new_len)?)),
        NAME => {
            let mut name = names::name_of(leaves, oid).ok_or(Errno::ENOENT)?.as_bytes().to_vec();
            name.push(0);
            Ok(name)
        }
        NEXT | NEXT_NO_SKIP => {
            let next = leaves.iter().find(|leaf| leaf.oid > oid).ok_or(Errno::ENOENT)?;
            Ok(words(next.oid))
        }
        FORMAT => {
            let (leaf, _) = names::leaf_of(leaves, oid)?;
            let (kind, format) = free_bsd_kind(&leaf.value);
            let mut bytes = kind.to_le_bytes().to_vec();
            bytes.extend_from_slice(format.as_bytes());
            bytes.push(0);
            Ok(bytes)
        }
        DESCRIPTION => Ok(vec![0]),
        _ => Err(Errno::ENOENT.into()),
    }
}

/// The kind word and the format of a value, as `sysctl(8)` needs them to print it.
fn free_bsd_kind(value: &Value) -> (u32, &'static str) {
    const READABLE: u32 = 0x8000_0000;
    match value {
        Value::Int(_) | Value::IntOf(_) => (READABLE | 2, "I"),
        Value::Text(_) | Value::TextOf(_) => (READABLE | 3, "A"),
        Value::Long(_) | Value::LongOf(_) => (READABLE | 7, "L"),
        Value::Record(_) => (READABLE | 5, "S"),
    }
}

/// NetBSD's: {numbers..., question}, with the version of the records in the new value.
fn net_bsd(ctx: &Ctx<'_>, leaves: &'static [Leaf], node: &[i32], question: i32, ask: &Ask) -> Result<Vec<u8>, Fail> {
    const QUERY: i32 = -2;
    const VERSION: u32 = 0x0100_0000;
    const VERSION_MASK: u32 = 0xff00_0000;
    if question != QUERY {
        return Err(if question < -7 { Errno::EINVAL } else { Errno::EPERM }.into());
    }
    if ask.new.is_null() || ctx.read_u32(ask.new)? & VERSION_MASK != VERSION {
        return Err(Errno::EINVAL.into());
    }
    let children = names::children(leaves, node);
    if children.is_empty() && !node.is_empty() {
        let known = names::leaf_of(leaves, node).is_ok();
        return Err(if known { Errno::ENOTDIR } else { Errno::ENOENT }.into());
    }
    Ok(children.iter().flat_map(|child| net_bsd_node(leaves, child)).collect())
}

/// The record of a node: flags, number, 32 bytes of name, version, and things of the kernel's own.
fn net_bsd_node(leaves: &'static [Leaf], child: &names::Child) -> [u8; 96] {
    const VERSION: u32 = 0x0100_0000;
    const PERMANENT: u32 = 0x0000_0200;
    const NAME_MAX: usize = 31;
    let leaf = child.leaf.and_then(|at| leaves.get(at));
    let (kind, size) = match leaf.map(|leaf| &leaf.value) {
        None => (1u32, 0u64),
        Some(Value::Int(_) | Value::IntOf(_)) => (2, 4),
        Some(Value::Text(text)) => (3, text.len() as u64 + 1),
        Some(Value::TextOf(_)) => (3, 256),
        Some(Value::Long(_) | Value::LongOf(_)) => (4, 8),
        Some(Value::Record(_)) => (5, 0),
    };
    let mut node = [0; 96];
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(into) = node.get_mut(at..at + bytes.len()) {
            into.copy_from_slice(bytes);
        }
    };
    put(0, &(VERSION | PERMANENT | kind).to_le_bytes());
    put(4, &child.number.to_le_bytes());
    put(8, child.name.as_bytes().get(..NAME_MAX).unwrap_or(child.name.as_bytes()));
    put(64, &size.to_le_bytes());
    node
}
