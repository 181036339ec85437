//! Finding leaves and inner nodes.

use super::Leaf;
use alloc::vec::Vec;
use ashore_pivot::Errno;

/// The system's own error for a number that goes on after a leaf, or ends before one.
pub fn leaf_of<'a>(leaves: &'static [Leaf], oid: &'a [i32]) -> Result<(&'static Leaf, &'a [i32]), Errno> {
    let mut found = Errno::ENOENT;
    for leaf in leaves {
        if let Some(rest) = oid.strip_prefix(leaf.oid) {
            if rest.is_empty() || leaf.takes_more() {
                return Ok((leaf, rest));
            }
            found = Errno::ENOTDIR;
        } else if leaf.oid.starts_with(oid) {
            found = Errno::EISDIR;
        }
    }
    Err(found)
}

/// The numbers of a node, inner or leaf, by its name.
pub fn oid_of(leaves: &'static [Leaf], name: &str) -> Option<&'static [i32]> {
    let depth = name.split('.').count();
    leaves.iter().find_map(|leaf| {
        let rest = leaf.name.strip_prefix(name)?;
        if !(rest.is_empty() || rest.starts_with('.')) {
            return None;
        }
        // A record's name may have fewer parts than its numbers; only whole leaves and inner nodes count.
        if rest.is_empty() { Some(leaf.oid) } else { leaf.oid.get(..depth) }
    })
}

/// The name of a node by its numbers.
pub fn name_of(leaves: &'static [Leaf], oid: &[i32]) -> Option<&'static str> {
    leaves.iter().find_map(|leaf| {
        leaf.oid.strip_prefix(oid)?;
        if leaf.oid.len() == oid.len() {
            return Some(leaf.name);
        }
        let end = leaf.name.match_indices('.').nth(oid.len().checked_sub(1)?)?.0;
        leaf.name.get(..end)
    })
}

/// A child of an inner node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// Its number below the node.
    pub number: i32,
    /// The last part of its name.
    pub name: &'static str,
    /// Which leaf it is; `None` for an inner node.
    pub leaf: Option<usize>,
}

/// The children of the node with these numbers, each once, in the table's order.
pub fn children(leaves: &'static [Leaf], oid: &[i32]) -> Vec<Child> {
    let mut children: Vec<Child> = Vec::new();
    for (at, leaf) in leaves.iter().enumerate() {
        let Some(&number) = leaf.oid.strip_prefix(oid).and_then(<[i32]>::first) else { continue };
        let Some(name) = leaf.name.split('.').nth(oid.len()) else { continue };
        if children.iter().any(|child| child.number == number) {
            continue;
        }
        let is_leaf = leaf.name.split('.').count() == oid.len() + 1;
        children.push(Child { number, name, leaf: is_leaf.then_some(at) });
    }
    children
}
