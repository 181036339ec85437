//! Who is at the other end of a Unix socket.

use super::{host, options::Value};
use crate::Ctx;
use alloc::vec;
use alloc::vec::Vec;
use ashore_pivot::{Errno, Sys};

/// How many groups `struct xucred` holds.
const XU_NGROUPS: usize = 16;

/// Linux's `struct ucred`.
struct Ucred {
    pid: u32,
    uid: u32,
    gid: u32,
}

impl Ucred {
    fn parse(bytes: &[u8]) -> Ucred {
        let word = |n: usize| bytes.get(n * 4..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b));
        Ucred { pid: word(0), uid: word(1), gid: word(2) }
    }

    fn of_peer(ctx: &Ctx<'_>, fd: i32) -> Result<Ucred, Errno> {
        let mut bytes = [0; 12];
        host::get(ctx, fd, host::SOL_SOCKET, host::SO_PEERCRED, &mut bytes)?;
        let peer = Ucred::parse(&bytes);
        if peer.pid == 0 && peer.uid == u32::MAX { Err(Errno::ENOTCONN) } else { Ok(peer) }
    }
}

/// The caller's own `struct ucred`, for a message that says who sends it.
pub fn own(ctx: &Ctx<'_>) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    for sys in [Sys::GETPID, Sys::GETUID, Sys::GETGID] {
        bytes.extend_from_slice(&(ctx.call(sys, [0; 6])? as u32).to_le_bytes());
    }
    Ok(bytes)
}

/// `struct sockcred` of a message's `struct ucred`: the one group that Linux tells.
pub fn to_guest(ucred: &[u8], with_pid: bool) -> Vec<u8> {
    let Ucred { pid, uid, gid } = Ucred::parse(ucred);
    let groups = 1;
    let words = [pid, uid, uid, gid, gid, groups, gid];
    words.iter().skip(usize::from(!with_pid)).flat_map(|word| word.to_le_bytes()).collect()
}

/// `LOCAL_PEERCRED` as DragonFly has it: `struct xucred`, whose last word is unused.
pub fn peer_xucred(ctx: &mut Ctx<'_>, fd: i32) -> Result<Value, Errno> {
    let peer = Ucred::of_peer(ctx, fd)?;
    let mut groups = vec![0; 4 * 64];
    // More groups than this make Linux answer ERANGE; the record holds 16.
    let known = host::get(ctx, fd, host::SOL_SOCKET, host::SO_PEERGROUPS, &mut groups).unwrap_or(0);
    let others = groups.get(..known).unwrap_or_default().chunks_exact(4).filter_map(|b| b.first_chunk().copied());
    let mut groups = vec![peer.gid];
    groups.extend(others.map(u32::from_le_bytes).filter(|gid| *gid != peer.gid));
    groups.truncate(XU_NGROUPS);
    let mut bytes = vec![0; 4]; // The version, 0.
    bytes.extend_from_slice(&peer.uid.to_le_bytes());
    bytes.extend_from_slice(&(groups.len() as u32).to_le_bytes()); // 16 bits and padding.
    groups.resize(XU_NGROUPS, 0);
    groups.iter().for_each(|gid| bytes.extend_from_slice(&gid.to_le_bytes()));
    bytes.resize(88, 0);
    Ok(bytes)
}

/// `LOCAL_PEERCRED` as FreeBSD has it: the last word is the peer's process.
pub fn peer_xucred_pid(ctx: &mut Ctx<'_>, fd: i32) -> Result<Value, Errno> {
    let peer = Ucred::of_peer(ctx, fd)?;
    let mut bytes = peer_xucred(ctx, fd)?;
    bytes.truncate(80);
    bytes.extend_from_slice(&u64::from(peer.pid).to_le_bytes());
    Ok(bytes)
}

/// `LOCAL_PEEREID` of NetBSD: process, user, group.
pub fn peer_id(ctx: &mut Ctx<'_>, fd: i32) -> Result<Value, Errno> {
    let peer = Ucred::of_peer(ctx, fd)?;
    Ok([peer.pid, peer.uid, peer.gid].iter().flat_map(|word| word.to_le_bytes()).collect())
}
