//! Trees of files that are made when somebody looks: `/proc`, `/sys`.
//!
//! A directory is a table of rows, and perhaps names that come and go. Nodes are made at every look and remember what they
//! are about; their text is made when it is read from its start.

mod file;
mod nameless;

pub use nameless::Nameless;

use super::Visitor;
use super::directory::DirectoryFile;
use super::node::{Kind, Listed, Node, Take};
use super::spot::Spot;
use crate::call::{Call, Stop};
use crate::file::{File, Status};
use crate::process::Process;
use crate::thread::Thread;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use ashore_pivot::Errno;
use core::any::Any;

/// What a file is about.
#[derive(Clone, Default)]
pub struct Subject {
    /// A process.
    pub process: Option<Arc<Process>>,
    /// A thread of it.
    pub thread: Option<Arc<Thread>>,
    /// A descriptor of it.
    pub number: u64,
}

/// Who looks at what.
pub struct View<'a> {
    /// Who looks.
    pub visitor: &'a Visitor<'a>,
    /// What it is about.
    pub subject: &'a Subject,
}

impl View<'_> {
    /// The process it is about.
    pub fn process(&self) -> Result<&Arc<Process>, Errno> {
        self.subject.process.as_ref().ok_or(Errno::ENOENT)
    }

    /// The thread it is about: the one named, or the first that has not ended.
    pub fn thread(&self) -> Result<Arc<Thread>, Errno> {
        match &self.subject.thread {
            Some(thread) => Ok(thread.clone()),
            None => self.process()?.inner.lock().threads.first().cloned().ok_or(Errno::ESRCH),
        }
    }
}

/// What a file holds.
#[derive(Clone, Copy)]
pub enum Content {
    /// A text.
    Text(fn(&View<'_>) -> Result<Vec<u8>, Errno>),
    /// A text that only its owner may read.
    Private(fn(&View<'_>) -> Result<Vec<u8>, Errno>),
    /// A text that can be written too.
    Setting(fn(&View<'_>) -> Result<Vec<u8>, Errno>, fn(&View<'_>, &[u8]) -> Result<(), Errno>),
    /// A text that is always the same.
    Fixed(&'static str),
    /// Files.
    Directory(&'static [Row]),
    /// Files, and those that come and go.
    Varying(&'static [Row], Names, Meaning),
    /// A path.
    Link(fn(&View<'_>) -> Result<Vec<u8>, Errno>),
    /// A file wherever it is, and the path it is shown by.
    Jump(fn(&View<'_>) -> Result<Spot, Errno>, fn(&View<'_>) -> Result<Vec<u8>, Errno>),
    /// The same with permissions that depend on what it is about.
    JumpWith(Jumping, fn(&Subject) -> u32),
}

/// How a file is found wherever it is, and the path it is shown by.
#[derive(Clone, Copy)]
pub struct Jumping {
    /// The file.
    pub to: fn(&View<'_>) -> Result<Spot, Errno>,
    /// The path.
    pub path: fn(&View<'_>) -> Result<Vec<u8>, Errno>,
}

/// The names in a directory that come and go.
pub type Names = fn(&View<'_>) -> Vec<Vec<u8>>;
/// What such a name means.
pub type Meaning = fn(&View<'_>, &[u8]) -> Option<(Content, Subject)>;

impl Content {
    const fn kind(&self) -> Kind {
        match self {
            Content::Text(_) | Content::Private(_) | Content::Setting(..) | Content::Fixed(_) => Kind::Regular,
            Content::Directory(_) | Content::Varying(..) => Kind::Directory,
            Content::Link(_) | Content::Jump(..) | Content::JumpWith(..) => Kind::Link,
        }
    }

    const fn mode(&self) -> u32 {
        match self {
            Content::Setting(..) => 0o644,
            Content::Private(_) => 0o400,
            Content::Text(_) | Content::Fixed(_) => 0o444,
            Content::Directory(_) | Content::Varying(..) => 0o555,
            Content::Link(_) | Content::Jump(..) | Content::JumpWith(..) => 0o777,
        }
    }
}

/// A file in a table.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub content: Content,
}

/// A row.
pub const fn row(name: &'static str, content: Content) -> Row {
    Row { name, content }
}

/// Which file system a made file is in.
#[derive(Clone, Copy, Debug)]
pub struct System {
    /// Its number.
    pub device: u64,
    /// What `statfs` says.
    pub magic: i64,
}

/// A file that is made.
pub struct Made {
    me: Weak<Made>,
    system: System,
    content: Content,
    subject: Subject,
    parent: Arc<dyn Node>,
    name: Vec<u8>,
    inode: u64,
    born: u64,
}

/// A file's number, from its directory's and its name.
fn inode(parent: u64, name: &[u8]) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    let hash = name.iter().fold(parent ^ 0xcbf2_9ce4, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME));
    hash >> 12 | 1
}

impl Made {
    /// The root of a tree, with its name in the directory it is mounted in.
    pub fn root(system: System, content: Content, (parent, name): (Arc<dyn Node>, &[u8]), born: u64) -> Arc<dyn Node> {
        Made::node(system, content, Subject::default(), (parent, name, 1), born)
    }

    fn node(
        system: System,
        content: Content,
        subject: Subject,
        (parent, name, inode): (Arc<dyn Node>, &[u8], u64),
        born: u64,
    ) -> Arc<dyn Node> {
        let name = name.to_vec();
        Arc::new_cyclic(|me| Made { me: me.clone(), system, content, subject, parent, name, inode, born })
    }

    fn view<'a>(&'a self, visitor: &'a Visitor<'a>) -> View<'a> {
        View { visitor, subject: &self.subject }
    }

    fn child(&self, name: &[u8], content: Content, subject: Subject) -> Result<Arc<dyn Node>, Errno> {
        let me = self.me.upgrade().ok_or(Errno::ENOENT)?;
        Ok(Made::node(self.system, content, subject, (me, name, inode(self.inode, name)), self.born))
    }

    fn rows(&self) -> Result<&'static [Row], Errno> {
        match self.content {
            Content::Directory(rows) | Content::Varying(rows, ..) => Ok(rows),
            _ => Err(Errno::ENOTDIR),
        }
    }
}

impl Node for Made {
    fn status(&self) -> Status {
        let (uid, gid) = self.subject.process.as_ref().map_or((0, 0), |process| {
            let [_, uid, _, _, gid, _] = process.inner.lock().ids;
            (uid, gid)
        });
        let links = if self.content.kind() == Kind::Directory { 2 } else { 1 };
        let mode = match self.content {
            Content::JumpWith(_, mode) => mode(&self.subject),
            _ => self.content.mode(),
        };
        let (mode, born) = (self.content.kind().bits() | mode, self.born);
        Status {
            device: self.system.device,
            inode: self.inode,
            mode,
            links,
            uid,
            gid,
            block_size: 1024,
            accessed: born,
            modified: born,
            changed: born,
            born,
            ..Status::default()
        }
    }

    fn kind(&self) -> Kind {
        self.content.kind()
    }

    fn look(&self, visitor: &Visitor<'_>, name: &[u8]) -> Result<Arc<dyn Node>, Errno> {
        if let Some(row) = self.rows()?.iter().find(|row| row.name.as_bytes() == name) {
            return self.child(name, row.content, self.subject.clone());
        }
        let Content::Varying(_, _, meaning) = self.content else { return Err(Errno::ENOENT) };
        let (content, subject) = meaning(&self.view(visitor), name).ok_or(Errno::ENOENT)?;
        self.child(name, content, subject)
    }

    fn list(&self, visitor: &Visitor<'_>, from: u64, take: Take<'_>) -> Result<(), Errno> {
        let mut names: Vec<(Vec<u8>, Kind)> = Vec::new();
        names.push((b".".to_vec(), Kind::Directory));
        names.push((b"..".to_vec(), Kind::Directory));
        names.extend(self.rows()?.iter().map(|row| (row.name.as_bytes().to_vec(), row.content.kind())));
        if let Content::Varying(_, varying, meaning) = self.content {
            let view = self.view(visitor);
            let with_kind = |name: Vec<u8>| meaning(&view, &name).map(|(content, _)| (name, content.kind()));
            names.extend(varying(&view).into_iter().filter_map(with_kind));
        }
        for ((name, kind), at) in names.iter().zip(0u64..).skip(from as usize) {
            let number = if at < 2 { self.inode } else { inode(self.inode, name) };
            if !take(Listed { name, inode: number, kind: *kind, next: at + 1 }) {
                break;
            }
        }
        Ok(())
    }

    fn parent(&self) -> Option<(Arc<dyn Node>, Vec<u8>)> {
        Some((self.parent.clone(), self.name.clone()))
    }

    fn make(&self, _: &Visitor<'_>, _: &[u8], _: &super::node::New) -> Result<Arc<dyn Node>, Errno> {
        Err(Errno::EACCES)
    }

    fn target(&self, visitor: &Visitor<'_>) -> Result<Vec<u8>, Errno> {
        match self.content {
            Content::Link(path) | Content::Jump(_, path) | Content::JumpWith(Jumping { path, .. }, _) => {
                path(&self.view(visitor))
            }
            _ => Err(Errno::EINVAL),
        }
    }

    fn jump(&self, visitor: &Visitor<'_>) -> Option<Result<Spot, Errno>> {
        match self.content {
            Content::Jump(to, _) | Content::JumpWith(Jumping { to, .. }, _) => Some(to(&self.view(visitor))),
            _ => None,
        }
    }

    fn open(self: Arc<Self>, call: &mut Call<'_>, _flags: u32) -> Result<Arc<dyn File>, Stop> {
        match self.content.kind() {
            Kind::Directory => Ok(Arc::new(DirectoryFile(self))),
            Kind::Regular => Ok(file::open(call, self)?),
            _ => Err(Errno::ELOOP.into()),
        }
    }

    fn set_len(&self, _kernel: &crate::kernel::Kernel, _len: u64) -> Result<(), Errno> {
        // Whoever opens a setting to write it cuts it off first.
        if let Content::Setting(..) = self.content { Ok(()) } else { Err(Errno::EPERM) }
    }

    fn filesystem(&self) -> i64 {
        self.system.magic
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
