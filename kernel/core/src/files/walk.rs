//! Following a path.

use super::Visitor;
use super::node::{Kind, Node};
use super::spot::Spot;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::Errno;

/// Links followed in one path.
const MOST_LINKS: u32 = 40;
/// The longest name.
pub const NAME_MAX: usize = 255;
/// The longest path, its zero included.
pub const PATH_MAX: usize = 4096;

/// What to do about a link at the end of a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Last {
    /// Follow it.
    Follow,
    /// It is what is meant, unless a slash follows it.
    Keep,
    /// It is a name to be made or taken away: whatever is there is what is meant, with a slash after it too.
    Name,
}

/// Links and directories a path must not use (`openat2`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Not above the starting point, `EXDEV`.
    pub is_beneath: bool,
    /// No links at all, `ELOOP`.
    pub no_links: bool,
    /// No links of the kernel's, `ELOOP`.
    pub no_jumps: bool,
}

/// Where paths begin.
#[derive(Clone, Debug)]
pub struct From {
    /// What `/` means.
    pub root: Arc<dyn Node>,
    /// Where relative paths begin.
    pub base: Arc<dyn Node>,
    /// What must not be used.
    pub limits: Limits,
}

/// What a path leads to.
#[derive(Clone, Debug)]
pub struct Found {
    /// The directory of its last name; the file itself if that is `.`, `..` or `/`.
    pub dir: Arc<dyn Node>,
    /// The last name; empty for `.`, `..` and `/`.
    pub name: Vec<u8>,
    /// What is there, if anything.
    pub node: Option<Arc<dyn Node>>,
    /// Whether a slash follows the last name.
    pub has_slash: bool,
    /// Where a link of the kernel's led.
    jumped: Option<Box<Spot>>,
    /// Whether the last name was `.`.
    pub is_dot: bool,
}

impl Found {
    /// What is there.
    pub fn node(&self) -> Result<&Arc<dyn Node>, Errno> {
        self.node.as_ref().ok_or(Errno::ENOENT)
    }

    /// What is there and where.
    pub fn spot(self) -> Result<Spot, Errno> {
        if let Some(spot) = self.jumped {
            return Ok(*spot);
        }
        let node = self.node.ok_or(Errno::ENOENT)?;
        if node.kind() == Kind::Directory || self.name.is_empty() {
            return Ok(Spot::directory(node));
        }
        Ok(Spot { node, dir: Some(self.dir), name: self.name })
    }
}

/// Follows a path. The last name need not exist; every other must be a directory.
pub fn walk(visitor: &Visitor<'_>, from: &From, path: &[u8], last: Last) -> Result<Found, Errno> {
    follow((visitor, from), path, last, |dir, end| {
        let End { node, has_slash, jumped, is_dot, .. } = end;
        match jumped {
            None => Found { dir, name: end.name.to_vec(), node, has_slash, jumped: None, is_dot },
            Some(spot) => {
                let dir = spot.dir.clone().unwrap_or(dir);
                Found { dir, name: spot.name.clone(), node, has_slash, jumped: Some(spot), is_dot }
            }
        }
    })
}

/// Follows a path to what is there.
pub fn reach(visitor: &Visitor<'_>, from: &From, path: &[u8], last: Last) -> Result<Arc<dyn Node>, Errno> {
    follow((visitor, from), path, last, |_, end| end.node.ok_or(Errno::ENOENT))?
}

/// Follows a path and hands over the directory of its last name, and what is there.
#[inline]
fn follow<T>(
    (visitor, from): (&Visitor<'_>, &From),
    path: &[u8],
    last: Last,
    finish: impl FnOnce(Arc<dyn Node>, End<'_>) -> T,
) -> Result<T, Errno> {
    let Some(first) = path.first() else { return Err(Errno::ENOENT) };
    if path.len() >= PATH_MAX {
        return Err(Errno::ENAMETOOLONG);
    }
    if *first == b'/' && from.limits.is_beneath {
        return Err(Errno::EXDEV);
    }
    let dir = if *first == b'/' { from.root.clone() } else { from.base.clone() };
    if dir.kind() != Kind::Directory {
        return Err(Errno::ENOTDIR);
    }
    let mut walk = Walk { visitor, from, dir, links: 0 };
    // What is left of the path after a link was followed; the first time it is the path itself.
    let mut rest: Vec<u8>;
    let mut left = path;
    loop {
        match walk.names(left, last)? {
            Step::Done(end) => return Ok(finish(walk.dir, end)),
            Step::Link(target, after) => {
                let mut next = target;
                if !after.is_empty() {
                    next.push(b'/');
                    next.extend_from_slice(after);
                }
                if next.len() >= PATH_MAX {
                    return Err(Errno::ENAMETOOLONG);
                }
                rest = next;
                left = &rest;
            }
        }
    }
}

/// A walk under way.
struct Walk<'a> {
    visitor: &'a Visitor<'a>,
    from: &'a From,
    /// Where it is: a directory.
    dir: Arc<dyn Node>,
    links: u32,
}

/// What is at the end of a path.
struct End<'p> {
    name: &'p [u8],
    node: Option<Arc<dyn Node>>,
    has_slash: bool,
    jumped: Option<Box<Spot>>,
    is_dot: bool,
}

impl<'p> End<'p> {
    fn new(name: &'p [u8], node: Option<Arc<dyn Node>>, has_slash: bool) -> End<'p> {
        End { name, node, has_slash, jumped: None, is_dot: false }
    }
}

enum Step<'p> {
    Done(End<'p>),
    /// A link, and the path after it, its slashes included.
    Link(Vec<u8>, &'p [u8]),
}

impl Walk<'_> {
    /// Goes through the names of a path, up to a link that must be followed.
    fn names<'p>(&mut self, mut path: &'p [u8], last: Last) -> Result<Step<'p>, Errno> {
        loop {
            let (name, after) = next_name(path);
            let rest = without_slashes(after);
            let is_last = rest.is_empty();
            let has_slash = !after.is_empty();
            self.visitor.check_search(&*self.dir)?;
            match name {
                b"" | b"." => {}
                b".." => self.up()?,
                _ if name.len() > NAME_MAX => return Err(Errno::ENAMETOOLONG),
                _ => match self.dir.look(self.visitor, name) {
                    Err(Errno::ENOENT) if is_last => return Ok(Step::Done(End::new(name, None, has_slash))),
                    Err(errno) => return Err(errno),
                    Ok(node) => match node.kind() {
                        Kind::Link if !is_last || last == Last::Follow || has_slash && last == Last::Keep => {
                            if let Some(step) = self.link(&node, rest, is_last && has_slash)? {
                                return Ok(match step {
                                    Step::Link(target, _) => Step::Link(target, if is_last { after } else { rest }),
                                    done @ Step::Done(_) => done,
                                });
                            }
                        }
                        Kind::Directory if !is_last => self.dir = node,
                        kind if kind == Kind::Directory || is_last && (!has_slash || last == Last::Name) => {
                            return Ok(Step::Done(End::new(name, Some(node), has_slash)));
                        }
                        _ => return Err(Errno::ENOTDIR),
                    },
                },
            }
            if is_last {
                let end = End::new(b"", Some(self.dir.clone()), has_slash);
                return Ok(Step::Done(End { is_dot: name == b".", ..end }));
            }
            path = rest;
        }
    }

    fn up(&mut self) -> Result<(), Errno> {
        if Arc::ptr_eq(&self.dir, &self.from.root) {
            return Ok(());
        }
        if self.from.limits.is_beneath && Arc::ptr_eq(&self.dir, &self.from.base) {
            return Err(Errno::EXDEV);
        }
        if let Some((parent, _)) = self.dir.parent() {
            self.dir = parent;
        }
        Ok(())
    }

    /// Follows a link: its path is to be walked, or it jumped to a directory (`None`), or to the file looked for.
    fn link<'p>(&mut self, node: &Arc<dyn Node>, rest: &[u8], has_slash: bool) -> Result<Option<Step<'p>>, Errno> {
        let limits = self.from.limits;
        self.links += 1;
        if self.links > MOST_LINKS || limits.no_links {
            return Err(Errno::ELOOP);
        }
        if let Some(spot) = node.jump(self.visitor) {
            if limits.no_jumps {
                return Err(Errno::ELOOP);
            }
            let spot = spot?;
            if limits.is_beneath {
                return Err(Errno::EXDEV);
            }
            if spot.node.kind() == Kind::Directory {
                self.dir = spot.node;
                return Ok(None);
            }
            if !rest.is_empty() || has_slash {
                return Err(Errno::ENOTDIR);
            }
            let end = End::new(&[], Some(spot.node.clone()), has_slash);
            return Ok(Some(Step::Done(End { jumped: Some(Box::new(spot)), ..end })));
        }
        let target = node.target(self.visitor)?;
        match target.first() {
            None => return Err(Errno::ENOENT),
            Some(b'/') if limits.is_beneath => return Err(Errno::EXDEV),
            Some(b'/') => self.dir = self.from.root.clone(),
            Some(_) => {}
        }
        Ok(Some(Step::Link(target, &[])))
    }
}

/// The next name of a path, slashes before it left out, and all that follows it.
fn next_name(path: &[u8]) -> (&[u8], &[u8]) {
    let path = without_slashes(path);
    let end = path.iter().position(|byte| *byte == b'/').unwrap_or(path.len());
    path.split_at_checked(end).unwrap_or((path, &[]))
}

fn without_slashes(mut path: &[u8]) -> &[u8] {
    while let [b'/', rest @ ..] = path {
        path = rest;
    }
    path
}
