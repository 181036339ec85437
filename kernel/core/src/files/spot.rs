//! A file and where it was found.

use super::{Kind, Node, Visitor};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A file and where it was found.
#[derive(Clone, Debug)]
pub struct Spot {
    /// The file.
    pub node: Arc<dyn Node>,
    /// The directory it was found in; `None` for a directory, which knows that itself, and for what has none.
    pub dir: Option<Arc<dyn Node>>,
    /// Its name there; for a file without a directory what `/proc/self/fd` calls it.
    pub name: Vec<u8>,
}

/// Where a file is, or was last.
#[derive(Clone, Debug)]
pub struct Place {
    /// The directory.
    pub dir: Arc<dyn Node>,
    /// Its name there.
    pub name: Vec<u8>,
    /// Whether it still is.
    pub is_there: bool,
}

/// Directories above each other in a path that is shown.
const MOST: usize = 512;

impl Spot {
    /// A directory.
    pub fn directory(node: Arc<dyn Node>) -> Spot {
        Spot { node, dir: None, name: Vec::new() }
    }

    /// The path from a root on, as far as one can be told.
    pub fn path(&self, root: &Arc<dyn Node>, visitor: &Visitor<'_>) -> Vec<u8> {
        let Some(dir) = &self.dir else {
            if self.node.kind() != Kind::Directory {
                return self.name.clone();
            }
            return path_of(&self.node, root).unwrap_or_else(|| b"(unreachable)".to_vec());
        };
        let Place { dir, name, is_there } = self.place_in(dir, visitor);
        let mut path = path_of(&dir, root).unwrap_or_default();
        if path.last() != Some(&b'/') {
            path.push(b'/');
        }
        path.extend_from_slice(&name);
        if !is_there {
            path.extend_from_slice(b" (deleted)");
        }
        path
    }

    /// Where it is now, or was last: it may have got another name since it was found.
    pub fn place(&self, visitor: &Visitor<'_>) -> Option<Place> {
        if let Some(dir) = &self.dir {
            return Some(self.place_in(dir, visitor));
        }
        let (dir, name) = self.node.parent()?;
        // What is mounted somewhere is in no directory of its own file system.
        (dir.status().device == self.node.status().device).then_some(Place { dir, name, is_there: true })
    }

    fn place_in(&self, dir: &Arc<dyn Node>, visitor: &Visitor<'_>) -> Place {
        let inode = self.node.status().inode;
        let is_in =
            |dir: &dyn Node, name: &[u8]| dir.look(visitor, name).is_ok_and(|node| node.status().inode == inode);
        let first = Place { dir: dir.clone(), name: self.name.clone(), is_there: is_in(&**dir, &self.name) };
        let moved = self.node.attributes().and_then(|attributes| attributes.moved.lock().clone());
        match moved.and_then(|(dir, name)| Some((dir.upgrade()?, name))) {
            Some((dir, name)) if !first.is_there => Place { is_there: is_in(&*dir, &name), dir, name },
            _ => first,
        }
    }
}

/// The path of a directory from a root on; `None` when it is not below that root or was removed.
pub fn path_of(node: &Arc<dyn Node>, root: &Arc<dyn Node>) -> Option<Vec<u8>> {
    let mut names = Vec::new();
    let mut at = node.clone();
    while !Arc::ptr_eq(&at, root) {
        let (parent, name) = at.parent()?;
        names.push(name);
        at = parent;
        if names.len() > MOST {
            return None;
        }
    }
    if names.is_empty() {
        return Some(alloc::vec![b'/']);
    }
    let mut path = Vec::new();
    for name in names.iter().rev() {
        path.push(b'/');
        path.extend_from_slice(name);
    }
    Some(path)
}
