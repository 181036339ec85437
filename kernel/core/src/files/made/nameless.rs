//! What `/proc/self/fd` leads to for an open file without a place in the tree.

use crate::call::{Call, Stop};
use crate::file::{File, Status};
use crate::files::node::{Kind, Node};
use crate::files::pipe::NOWHERE;
use alloc::sync::Arc;
use ashore_pivot::Errno;
use ashore_pivot::layout::statfs::ANON_INODE_FS_MAGIC;
use core::any::Any;

/// An open file as a node.
pub struct Nameless(pub Arc<dyn File>);

impl Node for Nameless {
    fn status(&self) -> Status {
        let mode = self.kind().bits() | 0o600;
        Status { device: NOWHERE, inode: 1, mode, links: 1, block_size: 4096, ..Status::default() }
    }

    fn kind(&self) -> Kind {
        let name = self.0.name();
        if name.starts_with("socket:") {
            Kind::Socket
        } else if name.starts_with("pipe:") {
            Kind::Fifo
        } else {
            Kind::Regular
        }
    }

    fn open(self: Arc<Self>, _call: &mut Call<'_>, _flags: u32) -> Result<Arc<dyn File>, Stop> {
        if self.0.can_reopen() { Ok(self.0.clone()) } else { Err(Errno::ENXIO.into()) }
    }

    fn filesystem(&self) -> i64 {
        ANON_INODE_FS_MAGIC
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
