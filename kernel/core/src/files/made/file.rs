//! A text that is made, open.

use super::{Content, Made, View};
use crate::call::{Call, Stop};
use crate::file::{At, Bytes, File, Open, Status};
use crate::files::node::Node;
use crate::lock::Lock;
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::Errno;
use core::any::Any;

/// See the module.
struct Text {
    node: Arc<Made>,
    /// The text as it was when it was last read from its start.
    text: Lock<Vec<u8>>,
}

/// The longest value that is written to a setting.
const LONGEST: usize = 4096;

/// Opens a text.
pub(super) fn open(call: &mut Call<'_>, node: Arc<Made>) -> Result<Arc<dyn File>, Errno> {
    // What cannot be made is told at once.
    let text = make(call, &node)?;
    Ok(Arc::new(Text { node, text: Lock::new(text) }))
}

fn make(call: &Call<'_>, node: &Made) -> Result<Vec<u8>, Errno> {
    let visitor = call.visitor();
    match node.content {
        Content::Text(make) | Content::Private(make) | Content::Setting(make, _) => make(&node.view(&visitor)),
        Content::Fixed(text) => Ok(text.as_bytes().to_vec()),
        _ => Err(Errno::EINVAL),
    }
}

impl File for Text {
    fn read(&self, call: &mut Call<'_>, open: &Open, bytes: &mut dyn Bytes, at: At) -> Result<u64, Stop> {
        let mut here = open.offset.lock();
        let from = match at {
            At::Here => *here,
            At::Place(place) => place,
        };
        if from == 0 {
            let text = make(call, &self.node)?;
            *self.text.lock() = text;
        }
        let part = {
            let text = self.text.lock();
            let rest = usize::try_from(from).ok().and_then(|from| text.get(from..)).unwrap_or_default();
            rest.get(..rest.len().min(bytes.left())).unwrap_or_default().to_vec()
        };
        let count = bytes.put(&part)? as u64;
        if at == At::Here {
            *here += count;
        }
        Ok(count)
    }

    fn write(&self, call: &mut Call<'_>, _open: &Open, bytes: &mut dyn Bytes, _at: At) -> Result<u64, Stop> {
        let Content::Setting(_, set) = self.node.content else { return Err(Errno::EIO.into()) };
        let mut text = alloc::vec![0; bytes.left().min(LONGEST)];
        let taken = bytes.take(&mut text)?;
        text.truncate(taken);
        let visitor = call.visitor();
        set(&View { visitor: &visitor, subject: &self.node.subject }, &text)?;
        Ok(taken as u64)
    }

    fn has_places(&self) -> bool {
        true
    }

    fn seek(&self, open: &Open, offset: i64, whence: u32) -> Result<u64, Errno> {
        let mut here = open.offset.lock();
        let start = match whence {
            0 => 0,
            1 => *here,
            2 => self.text.lock().len() as u64,
            _ => return Err(Errno::EINVAL),
        };
        *here = start.checked_add_signed(offset).filter(|to| *to <= i64::MAX as u64).ok_or(Errno::EINVAL)?;
        Ok(*here)
    }

    fn stat(&self, _call: &Call<'_>) -> Result<Status, Errno> {
        Ok(self.node.status())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
