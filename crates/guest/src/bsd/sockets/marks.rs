//! What a guest set on a socket that Linux has no place for.
//!
//! A mark belongs to the socket, not to a descriptor: it is keyed by the kernel's cookie of the socket, so that it
//! survives `dup`. Entries are filed under the descriptor that set them, which bounds their number.

use super::host;
use crate::Ctx;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use ashore_pivot::Errno;
use core::sync::atomic::{AtomicBool, Ordering};

/// Bits of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark(pub u8);

impl Mark {
    /// Writing to a broken connection raises no signal.
    pub const NO_SIGPIPE: Mark = Mark(1);
    /// Packets come with the interface they arrived on, as a link address.
    pub const RECEIVE_IF: Mark = Mark(2);
    /// Packets come with the address they were sent to and the interface, as a packet information record.
    pub const RECEIVE_PKTINFO: Mark = Mark(4);

    /// Whether it has all bits of `other`.
    pub const fn has(self, other: Mark) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The marks and names of one process.
#[derive(Default)]
pub struct Marks {
    /// Whether any socket was ever marked: nobody pays for marks that are not used.
    used: AtomicBool,
    sockets: spin::Mutex<BTreeMap<i32, (u64, Mark)>>,
    /// Paths as Linux knows them, and as the guest gave them.
    names: spin::Mutex<Vec<(Vec<u8>, Vec<u8>)>>,
}

/// How many mapped paths are remembered; the oldest is forgotten first.
const NAMES: usize = 512;

impl Marks {
    /// Remembers that the guest calls the Unix socket at `host` by `guest`.
    pub fn remember(&self, host: &[u8], guest: &[u8]) {
        let mut names = self.names.lock();
        names.retain(|(known, _)| known != host);
        if names.len() >= NAMES {
            names.remove(0);
        }
        names.push((host.to_vec(), guest.to_vec()));
    }

    /// The guest's name of the Unix socket at `host`, when the two differ.
    pub fn guest_name(&self, host: &[u8]) -> Option<Vec<u8>> {
        self.names.lock().iter().find(|(known, _)| known == host).map(|(_, guest)| guest.clone())
    }

    /// Holds every lock while `run` runs.
    pub fn locked<T>(&self, run: impl FnOnce() -> T) -> T {
        let _sockets = self.sockets.lock();
        let _names = self.names.lock();
        run()
    }
}

fn cookie(ctx: &Ctx<'_>, fd: i32) -> Result<u64, Errno> {
    let mut value = [0; 8];
    host::get(ctx, fd, host::SOL_SOCKET, host::SO_COOKIE, &mut value)?;
    Ok(u64::from_le_bytes(value))
}

/// The mark of a socket.
pub fn of(ctx: &Ctx<'_>, fd: i32) -> Mark {
    let Ok(bsd) = ctx.bsd() else { return Mark::default() };
    if !bsd.sockets.used.load(Ordering::Relaxed) {
        return Mark::default();
    }
    let Ok(cookie) = cookie(ctx, fd) else { return Mark::default() };
    let sockets = bsd.sockets.sockets.lock();
    sockets.values().find(|(of, _)| *of == cookie).map_or(Mark::default(), |(_, mark)| *mark)
}

/// Sets or clears bits of a socket's mark.
pub fn set(ctx: &Ctx<'_>, fd: i32, bits: Mark, on: bool) -> Result<(), Errno> {
    let marks = &ctx.bsd()?.sockets;
    if !on && !marks.used.load(Ordering::Relaxed) {
        return Ok(());
    }
    let cookie = cookie(ctx, fd)?;
    marks.used.store(true, Ordering::Relaxed);
    let mut sockets = marks.sockets.lock();
    let at = sockets.iter().find(|(_, (of, _))| *of == cookie).map_or(fd, |(at, _)| *at);
    let old = sockets.get(&at).filter(|(of, _)| *of == cookie).map_or(0, |(_, mark)| mark.0);
    let new = if on { old | bits.0 } else { old & !bits.0 };
    // The entry moves to the descriptor at hand: the one it was filed under may have been closed and used again.
    sockets.remove(&at);
    if new != 0 {
        sockets.insert(fd, (cookie, Mark(new)));
    }
    Ok(())
}

/// The Linux flags with which a plain write to this descriptor must become a send: `MSG_NOSIGNAL` when the guest
/// asked for silence on a broken connection, 0 (a plain write will do) otherwise.
pub fn write_flags(ctx: &Ctx<'_>, fd: i32) -> u32 {
    if of(ctx, fd).has(Mark::NO_SIGPIPE) { host::MSG_NOSIGNAL } else { 0 }
}
