//! What is mounted where.

use super::node::Node;
use super::spot::path_of;
use crate::lock::Lock;
use alloc::format;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::Errno;
use ashore_pivot::layout::stat::device_parts;

/// A mounted tree.
#[derive(Clone, Debug)]
pub struct Mount {
    /// Its root, which knows where it is mounted.
    pub root: Arc<dyn Node>,
    /// What was mounted, in the words of who did.
    pub source: Vec<u8>,
    /// The kind of file system.
    pub kind: &'static str,
    /// What else is said of it.
    pub options: &'static str,
}

/// All that is mounted, in the order it came.
#[derive(Debug, Default)]
pub struct Mounts {
    all: Lock<(u64, Vec<(u64, Mount)>)>,
}

impl Mounts {
    /// Notes a mount.
    pub fn add(&self, mount: Mount) {
        let mut all = self.all.lock();
        all.0 += 1;
        let number = all.0;
        all.1.push((number, mount));
    }

    /// Forgets the mount with this root; `EBUSY` when something is mounted below it.
    pub fn remove(&self, root: &Arc<dyn Node>) -> Result<(), Errno> {
        let others: Vec<Arc<dyn Node>> = self.all.lock().1.iter().map(|(_, mount)| mount.root.clone()).collect();
        let is_below = |other: &Arc<dyn Node>| !Arc::ptr_eq(other, root) && path_of(other, root).is_some();
        if !others.iter().any(|other| Arc::ptr_eq(other, root)) {
            return Err(Errno::EINVAL);
        }
        if others.iter().any(is_below) {
            return Err(Errno::EBUSY);
        }
        self.all.lock().1.retain(|(_, mount)| !Arc::ptr_eq(&mount.root, root));
        Ok(())
    }

    /// Every mount below a root with its number, the number of the one it is in, and its path.
    fn seen(&self, root: &Arc<dyn Node>) -> Vec<(u64, u64, Vec<u8>, Mount)> {
        let all = self.all.lock().1.clone();
        let parent = |mount: &Mount| {
            let mut at = mount.root.parent().map(|(parent, _)| parent);
            while let Some(node) = at {
                if let Some((number, _)) = all.iter().find(|(_, other)| Arc::ptr_eq(&other.root, &node)) {
                    return *number;
                }
                at = node.parent().map(|(parent, _)| parent);
            }
            0
        };
        let seen = |(number, mount): &(u64, Mount)| {
            Some((*number, parent(mount), escaped(&path_of(&mount.root, root)?), mount.clone()))
        };
        all.iter().filter_map(seen).collect()
    }

    /// `/proc/mounts`, as it is seen from a root.
    pub fn table(&self, root: &Arc<dyn Node>) -> Vec<u8> {
        let mut text = Vec::new();
        for (_, _, path, mount) in self.seen(root) {
            text.extend(escaped(&mount.source));
            text.push(b' ');
            text.extend(path);
            text.extend(format!(" {} rw{} 0 0\n", mount.kind, mount.options).into_bytes());
        }
        text
    }

    /// `/proc/self/mountinfo`.
    pub fn info(&self, root: &Arc<dyn Node>) -> Vec<u8> {
        let mut text = Vec::new();
        for (number, parent, path, mount) in self.seen(root) {
            let (major, minor) = device_parts(mount.root.status().device);
            text.extend(format!("{number} {parent} {major}:{minor} / ").into_bytes());
            text.extend(path);
            text.extend(format!(" rw - {} ", mount.kind).into_bytes());
            text.extend(escaped(&mount.source));
            text.extend(format!(" rw{}\n", mount.options).into_bytes());
        }
        text
    }
}

/// Words as these tables have them: what would end a word is its number.
fn escaped(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in word {
        match byte {
            b' ' | b'\t' | b'\n' | b'\\' => out.extend(format!("\\{byte:03o}").into_bytes()),
            _ => out.push(*byte),
        }
    }
    out
}
