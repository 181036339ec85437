//! Users and groups, and what they may do.

use crate::call::{Answer, Call, Row};
use crate::quick::{Caller, Reply};
use alloc::sync::Arc;
use alloc::vec::Vec;
use ashore_pivot::layout::Plain;
use ashore_pivot::layout::system::{CAP_VERSION_3, CapData, CapHeader};
use ashore_pivot::{Errno, Memory, Sys};

/// The calls of this topic.
pub(crate) const ROWS: &[Row] = &[
    Row::new(Sys::GETUID, |call| get(call, UID)),
    Row::new(Sys::GETEUID, |call| get(call, UID + EFFECTIVE)),
    Row::new(Sys::GETGID, |call| get(call, GID)),
    Row::new(Sys::GETEGID, |call| get(call, GID + EFFECTIVE)),
    Row::new(Sys::GETRESUID, |call| get_all(call, UID)),
    Row::new(Sys::GETRESGID, |call| get_all(call, GID)),
    Row::new(Sys::SETUID, |call| set_one(call, UID)),
    Row::new(Sys::SETGID, |call| set_one(call, GID)),
    Row::new(Sys::SETREUID, |call| set_two(call, UID)),
    Row::new(Sys::SETREGID, |call| set_two(call, GID)),
    Row::new(Sys::SETRESUID, |call| set_all(call, UID)),
    Row::new(Sys::SETRESGID, |call| set_all(call, GID)),
    Row::new(Sys::SETFSUID, |call| get(call, UID + EFFECTIVE)),
    Row::new(Sys::SETFSGID, |call| get(call, GID + EFFECTIVE)),
    Row::new(Sys::GETGROUPS, getgroups),
    Row::new(Sys::SETGROUPS, setgroups),
    Row::new(Sys::CAPGET, capget),
    Row::new(Sys::CAPSET, capset),
];

/// Where a process keeps its user: real, effective, saved.
const UID: usize = 0;
/// Where it keeps its group.
const GID: usize = 3;
const EFFECTIVE: usize = 1;
/// "Leave it as it is".
const SAME: u32 = u32::MAX;
/// How many groups there may be.
const MOST_GROUPS: usize = 65536;

fn ids(call: &Call<'_>) -> [u32; 6] {
    call.thread.process.inner.lock().ids
}

fn three(call: &Call<'_>, from: usize) -> [u32; 3] {
    let ids = ids(call);
    let mut three = [0; 3];
    three.iter_mut().zip(ids.iter().skip(from)).for_each(|(to, id)| *to = *id);
    three
}

fn get(call: &mut Call<'_>, at: usize) -> Answer {
    Ok(u64::from(ids(call).get(at).copied().unwrap_or(0)))
}

pub(super) extern "C" fn getuid_quickly(_: u64, _: u64, caller: &Caller<'_>) -> Reply {
    let [uid, ..] = caller.thread.process.inner.lock().ids;
    Reply::done(u64::from(uid))
}

fn get_all(call: &mut Call<'_>, from: usize) -> Answer {
    for (nth, id) in three(call, from).into_iter().enumerate() {
        call.write(call.addr(nth), &id)?;
    }
    Ok(0)
}

/// Sets real, effective and saved as far as the caller may: root anything, others what they have already.
fn set(call: &mut Call<'_>, from: usize, wanted: [u32; 3]) -> Answer {
    let old = three(call, from);
    let [_, euid, ..] = ids(call);
    let may = |id: &u32| *id == SAME || euid == 0 || old.contains(id);
    if !wanted.iter().all(may) {
        return Err(Errno::EPERM.into());
    }
    let mut inner = call.thread.process.inner.lock();
    for (id, wanted) in inner.ids.iter_mut().skip(from).zip(wanted) {
        if wanted != SAME {
            *id = wanted;
        }
    }
    Ok(0)
}

fn set_one(call: &mut Call<'_>, from: usize) -> Answer {
    let id = call.arg(0) as u32;
    if id == SAME {
        return Err(Errno::EINVAL.into());
    }
    let [_, euid, ..] = ids(call);
    let wanted = if euid == 0 { [id; 3] } else { [SAME, id, SAME] };
    set(call, from, wanted)
}

fn set_two(call: &mut Call<'_>, from: usize) -> Answer {
    let (real, effective) = (call.arg(0) as u32, call.arg(1) as u32);
    let [old, ..] = three(call, from);
    let changes = real != SAME || effective != SAME && effective != old;
    let saved = if changes { effective } else { SAME };
    set(call, from, [real, effective, saved])
}

fn set_all(call: &mut Call<'_>, from: usize) -> Answer {
    set(call, from, [call.arg(0) as u32, call.arg(1) as u32, call.arg(2) as u32])
}

fn getgroups(call: &mut Call<'_>) -> Answer {
    let groups = call.thread.process.inner.lock().groups.clone();
    match call.int(0) {
        0 => {}
        room if room < 0 || (room as usize) < groups.len() => return Err(Errno::EINVAL.into()),
        _ => {
            let bytes: Vec<u8> = groups.iter().flat_map(|group| group.to_le_bytes()).collect();
            call.thread.space().write(call.addr(1), &bytes)?;
        }
    }
    Ok(groups.len() as u64)
}

fn setgroups(call: &mut Call<'_>) -> Answer {
    let count = call.arg(0) as u32 as usize;
    let [_, euid, ..] = ids(call);
    if euid != 0 {
        return Err(Errno::EPERM.into());
    }
    if count > MOST_GROUPS {
        return Err(Errno::EINVAL.into());
    }
    let mut bytes = alloc::vec![0; count * 4];
    call.thread.space().read(call.addr(1), &mut bytes)?;
    let groups = bytes.chunks(4).map(u32::get).collect();
    call.thread.process.inner.lock().groups = Arc::new(groups);
    Ok(0)
}

fn capget(call: &mut Call<'_>) -> Answer {
    let header: CapHeader = call.read(call.addr(0))?;
    if header.version != CAP_VERSION_3 {
        call.write(call.addr(0), &CapHeader { version: CAP_VERSION_3, ..header })?;
        return if call.addr(1).is_null() { Ok(0) } else { Err(Errno::EINVAL.into()) };
    }
    let [_, euid, ..] = ids(call);
    let (low, high) = if euid == 0 { (u32::MAX, 0x1ff) } else { (0, 0) };
    for (nth, bits) in [low, high].into_iter().enumerate() {
        let data = CapData { effective: bits, permitted: bits, inheritable: 0 };
        call.write_if(call.addr(1).plus((nth * CapData::LEN) as u64), &data)?;
    }
    Ok(0)
}

fn capset(call: &mut Call<'_>) -> Answer {
    let [_, euid, ..] = ids(call);
    if euid == 0 { Ok(0) } else { Err(Errno::EPERM.into()) }
}
