//! Files without contents of their own: links, devices, named pipes, names of sockets.

use super::Tmpfs;
use crate::call::{Call, Stop};
use crate::file::{File, Status};
use crate::files::Visitor;
use crate::files::node::{Attributes, Kind, New, Node};
use crate::files::pipe::Pipe;
use crate::lock::Lock;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::Errno;
use ashore_pivot::layout::statfs::TMPFS_MAGIC;
use core::any::Any;

/// See the module.
pub(super) struct Plain {
    device: u64,
    inode: u64,
    kind: Kind,
    stands_for: u64,
    target: Vec<u8>,
    attributes: Attributes,
    /// What a named pipe's ends share, once it was opened.
    pipe: Lock<Option<Arc<Pipe>>>,
}

impl Plain {
    pub(super) fn make_node(fs: &Tmpfs, new: &New, now: u64) -> Arc<dyn Node> {
        let attributes = Attributes::new(new, now);
        if new.kind == Kind::Link {
            attributes.inner.lock().mode = 0o777;
        }
        Arc::new(Plain {
            device: fs.device,
            inode: fs.new_inode(),
            kind: new.kind,
            stands_for: new.device,
            target: new.target.clone(),
            attributes,
            pipe: Lock::new(None),
        })
    }
}

impl Node for Plain {
    fn status(&self) -> Status {
        Status {
            device: self.device,
            inode: self.inode,
            rdev: self.stands_for,
            size: self.target.len() as u64,
            ..self.attributes.status(self.kind)
        }
    }

    fn kind(&self) -> Kind {
        self.kind
    }

    fn attributes(&self) -> Option<&Attributes> {
        Some(&self.attributes)
    }

    fn target(&self, _visitor: &Visitor<'_>) -> Result<Vec<u8>, Errno> {
        if self.kind == Kind::Link { Ok(self.target.clone()) } else { Err(Errno::EINVAL) }
    }

    fn open(self: Arc<Self>, call: &mut Call<'_>, flags: u32) -> Result<Arc<dyn File>, Stop> {
        match self.kind {
            Kind::Character => crate::files::devices::open(call, self.stands_for, flags),
            Kind::Fifo => {
                let pipe = self.pipe.lock().get_or_insert_default().clone();
                pipe.open_named(call, flags)
            }
            Kind::Socket | Kind::Block => Err(Errno::ENXIO.into()),
            _ => Err(Errno::ELOOP.into()),
        }
    }

    fn filesystem(&self) -> i64 {
        TMPFS_MAGIC
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
