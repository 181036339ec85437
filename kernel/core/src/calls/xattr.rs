//! Extended attributes: bytes that a file keeps under names of its own.
//!
//! As on Linux's own files in memory there are those of the system's guards (`security.`) and of its keeper (`trusted.`);
//! those of users there are not, nor on files that are made or have no place.

use crate::call::{Answer, Call, Row};
use crate::files::node::{Attributes, Node};
use crate::files::walk::Last;
use crate::files::{READ, Spot, WRITE};
use alloc::vec::Vec;
use ashore_pivot::layout::event::IN_ATTRIB;
use ashore_pivot::layout::open::AT_FDCWD;
use ashore_pivot::{Errno, Memory, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::SETXATTR, |call| set(call, Whose::Path(Last::Follow))),
    Row::new(Sys::LSETXATTR, |call| set(call, Whose::Path(Last::Keep))),
    Row::new(Sys::FSETXATTR, |call| set(call, Whose::Descriptor)),
    Row::new(Sys::GETXATTR, |call| get(call, Whose::Path(Last::Follow))),
    Row::new(Sys::LGETXATTR, |call| get(call, Whose::Path(Last::Keep))),
    Row::new(Sys::FGETXATTR, |call| get(call, Whose::Descriptor)),
    Row::new(Sys::LISTXATTR, |call| list(call, Whose::Path(Last::Follow))),
    Row::new(Sys::LLISTXATTR, |call| list(call, Whose::Path(Last::Keep))),
    Row::new(Sys::FLISTXATTR, |call| list(call, Whose::Descriptor)),
    Row::new(Sys::REMOVEXATTR, |call| remove(call, Whose::Path(Last::Follow))),
    Row::new(Sys::LREMOVEXATTR, |call| remove(call, Whose::Path(Last::Keep))),
    Row::new(Sys::FREMOVEXATTR, |call| remove(call, Whose::Descriptor)),
];

/// The longest name (`XATTR_NAME_MAX`), value (`XATTR_SIZE_MAX`) and list (`XATTR_LIST_MAX`).
const NAME_MAX: usize = 255;
const SIZE_MAX: u64 = 65_536;
const LIST_MAX: u64 = 65_536;
/// Flags of `setxattr`.
const XATTR_CREATE: u32 = 1;
const XATTR_REPLACE: u32 = 2;

const TRUSTED: &[u8] = b"trusted.";
const SECURITY: &[u8] = b"security.";

/// Whose attributes a call means.
#[derive(Clone, Copy)]
enum Whose {
    Path(Last),
    Descriptor,
}

/// The file a call means; `None` for an open file that has no place.
fn file(call: &Call<'_>, whose: Whose) -> Result<Option<Spot>, Errno> {
    match whose {
        Whose::Path(last) => call.find(AT_FDCWD, &call.path(0)?, last)?.spot().map(Some),
        Whose::Descriptor => Ok(call.open(call.arg(0))?.spot.clone()),
    }
}

/// Where attributes of a name are kept, if a file keeps any.
fn kept<'n>(call: &Call<'_>, spot: Option<&'n Spot>, name: &[u8], wanted: u32) -> Result<&'n Attributes, Errno> {
    let node: &dyn Node = &*spot.ok_or(Errno::EOPNOTSUPP)?.node;
    let visitor = call.visitor();
    if name.starts_with(TRUSTED) {
        if visitor.user != 0 {
            return Err(if wanted == WRITE { Errno::EPERM } else { Errno::ENODATA });
        }
    } else if !name.starts_with(SECURITY) || wanted == WRITE {
        visitor.check(node, wanted)?;
    }
    let is_known = [TRUSTED, SECURITY].iter().any(|prefix| name.starts_with(prefix));
    if !is_known || !node.keeps_attributes() {
        return Err(Errno::EOPNOTSUPP);
    }
    if name == TRUSTED || name == SECURITY {
        return Err(Errno::EINVAL);
    }
    node.attributes().ok_or(Errno::EOPNOTSUPP)
}

/// The name an argument points to.
fn name(call: &Call<'_>) -> Result<Vec<u8>, Errno> {
    match call.space().cstr(call.addr(1), NAME_MAX + 1) {
        Err(Errno::ENAMETOOLONG) => Err(Errno::ERANGE),
        Ok(name) if name.is_empty() => Err(Errno::ERANGE),
        name => name,
    }
}

fn set(call: &mut Call<'_>, whose: Whose) -> Answer {
    let flags = call.arg(4) as u32;
    if flags & !(XATTR_CREATE | XATTR_REPLACE) != 0 {
        return Err(Errno::EINVAL.into());
    }
    let spot = file(call, whose)?;
    let name = name(call)?;
    if call.arg(3) > SIZE_MAX {
        return Err(Errno::E2BIG.into());
    }
    let mut value = alloc::vec![0; call.arg(3) as usize];
    call.space().read(call.addr(2), &mut value)?;
    let attributes = kept(call, spot.as_ref(), &name, WRITE)?;
    if call.kernel.physical.is_scarce() {
        return Err(Errno::ENOSPC.into());
    }
    {
        let mut all = attributes.extended.lock();
        match all.contains_key(&name) {
            true if flags & XATTR_CREATE != 0 => return Err(Errno::EEXIST.into()),
            false if flags & XATTR_REPLACE != 0 => return Err(Errno::ENODATA.into()),
            _ => all.insert(name, value),
        };
    }
    changed(call, spot.as_ref(), attributes)
}

fn remove(call: &mut Call<'_>, whose: Whose) -> Answer {
    let spot = file(call, whose)?;
    let name = name(call)?;
    let attributes = kept(call, spot.as_ref(), &name, WRITE)?;
    attributes.extended.lock().remove(&name).ok_or(Errno::ENODATA)?;
    changed(call, spot.as_ref(), attributes)
}

fn changed(call: &Call<'_>, spot: Option<&Spot>, attributes: &Attributes) -> Answer {
    attributes.changed(call.kernel.wall());
    if let Some(spot) = spot {
        call.kernel.tree.notices.about(call.kernel, spot, IN_ATTRIB);
    }
    Ok(0)
}

fn get(call: &mut Call<'_>, whose: Whose) -> Answer {
    let spot = file(call, whose)?;
    let name = name(call)?;
    let value = kept(call, spot.as_ref(), &name, READ)?.extended.lock().get(&name).cloned().ok_or(Errno::ENODATA)?;
    hand_over(call, (2, 3), &value)
}

fn list(call: &mut Call<'_>, whose: Whose) -> Answer {
    let spot = file(call, whose)?;
    let sees_all = call.visitor().user == 0;
    let mut names = Vec::new();
    let attributes = spot.as_ref().filter(|spot| spot.node.keeps_attributes()).and_then(|spot| spot.node.attributes());
    if let Some(attributes) = attributes {
        let all = attributes.extended.lock();
        for name in all.keys().filter(|name| sees_all || !name.starts_with(TRUSTED)) {
            names.extend_from_slice(name);
            names.push(0);
        }
    }
    if names.len() as u64 > LIST_MAX {
        return Err(Errno::E2BIG.into());
    }
    hand_over(call, (1, 2), &names)
}

/// Writes what was asked for where an argument says and another says how long that is; 0 asks only for the length.
fn hand_over(call: &Call<'_>, (at, room): (usize, usize), bytes: &[u8]) -> Answer {
    match call.arg(room) {
        0 => {}
        room if room < bytes.len() as u64 => return Err(Errno::ERANGE.into()),
        _ => call.put_bytes(call.addr(at), bytes)?,
    }
    Ok(bytes.len() as u64)
}
