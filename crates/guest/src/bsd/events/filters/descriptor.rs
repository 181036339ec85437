//! READ, WRITE and EXCEPT: descriptors in the epoll set.
//!
//! A READ and a WRITE note that are both edge triggered, or both not, share the descriptor's one epoll entry: one
//! event of it may then report a direction that is ready but had no news. Notes of different kinds get an entry each, by
//! a second descriptor of ours.

use super::Filter;
use crate::Ctx;
use crate::bsd::events::poller::{self, Set, epoll};
use crate::bsd::events::queue::{Handle, Inner, Kind, Note, Source, ev};
use crate::bsd::events::record::Event;
use ashore_pivot::{Arg, Errno, Sys};

/// An event of a descriptor whose `data` is still to be asked for, which needs no lock.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// The descriptor.
    pub fd: i32,
    /// What to measure.
    pub filter: Filter,
    /// What epoll said.
    pub bits: u32,
}

/// Adds a note for a descriptor.
pub fn attach(set: Set<'_, '_>, inner: &mut Inner, ident: u64, note: Note) -> Result<Handle, Errno> {
    let fd = i32::try_from(ident).map_err(|_| Errno::EBADF)?;
    let neighbours = [Filter::Read, Filter::Write, Filter::Except].map(|filter| inner.find(ident, filter));
    for handle in neighbours.into_iter().flatten() {
        if can_join(inner, handle, &note) {
            let filter = note.filter;
            inner.join(handle, note);
            if let Err(errno) = refresh(set, inner, handle) {
                inner.remove_note(handle, filter);
                return Err(errno);
            }
            return Ok(handle);
        }
    }
    let mut source = Source::new(ident, Kind::Descriptor, note);
    source.fd = fd;
    if neighbours.iter().any(Option::is_some) {
        source.fd = poller::duplicate(set.ctx, fd)?;
        source.is_hidden = true;
    }
    add(set, inner, source)
}

/// Adds a READ and a WRITE note of one descriptor that has none yet, by one call: what Go does for each connection.
pub fn attach_pair(set: Set<'_, '_>, inner: &mut Inner, ident: u64, pair: [Note; 2]) -> Result<Handle, Errno> {
    let [read, write] = pair;
    let mut source = Source::new(ident, Kind::Descriptor, read);
    source.fd = i32::try_from(ident).map_err(|_| Errno::EBADF)?;
    source.notes = source.notes.map(|note| note.or_else(|| Some(write.clone())));
    add(set, inner, source)
}

fn add(set: Set<'_, '_>, inner: &mut Inner, source: Source) -> Result<Handle, Errno> {
    let handle = inner.insert(source);
    if let Err(errno) = refresh(set, inner, handle) {
        if let Some(source) = inner.remove(handle) {
            dispose(set.ctx, inner, &source);
        }
        return Err(errno);
    }
    Ok(handle)
}

fn can_join(inner: &mut Inner, handle: Handle, note: &Note) -> bool {
    let Some(source) = inner.source(handle) else { return false };
    let shares = |other: &Note| {
        let pair = [other.filter, note.filter];
        !pair.contains(&Filter::Except) && (other.is_edge() == note.is_edge())
    };
    matches!(source.kind, Kind::Steady)
        || (source.notes.iter().any(Option::is_none) && source.notes.iter().flatten().all(shares))
}

/// Closes what a removed source had of ours.
pub fn dispose(ctx: &Ctx<'_>, inner: &mut Inner, source: &Source) {
    if source.is_hidden {
        poller::close(ctx, source.fd);
    }
    super::vnode::dispose(ctx, inner, source);
}

/// The epoll bits a source wants now.
fn interest(source: &Source) -> u32 {
    let mut bits = 0;
    for note in source.notes.iter().flatten().filter(|note| note.enabled) {
        bits |= match note.filter {
            Filter::Read => epoll::IN | epoll::RDHUP,
            Filter::Write => epoll::OUT,
            Filter::Except => epoll::PRI,
            Filter::Vnode | Filter::Proc | Filter::Signal | Filter::Timer | Filter::User => epoll::IN,
        };
        // Timers and processes are read when they report, so their level is theirs.
        if note.is_edge() && matches!(source.kind, Kind::Descriptor) {
            bits |= epoll::ET;
        }
    }
    bits
}

/// Makes the epoll set agree with what the source's notes want; edge-triggered notes are told again what is so.
pub fn refresh(set: Set<'_, '_>, inner: &mut Inner, handle: Handle) -> Result<(), Errno> {
    let Some(source) = inner.source(handle) else { return Ok(()) };
    if source.fd < 0 || matches!(source.kind, Kind::Steady | Kind::Vnode(_)) {
        return Ok(());
    }
    let bits = interest(source);
    if bits == 0 {
        if source.polled != 0 {
            set.forget(source.fd);
        }
    } else {
        match set.watch(source.fd, source.polled, bits, handle) {
            Ok(()) => {}
            Err(Errno::EPERM) => {
                source.kind = Kind::Steady;
                fire_steady(source);
                return Ok(());
            }
            Err(errno) => return Err(errno),
        }
    }
    source.polled = bits;
    Ok(())
}

/// A descriptor nobody ever waits for has news at once.
pub fn fire_steady(source: &mut Source) {
    for note in source.notes.iter_mut().flatten() {
        note.fired |= match note.filter {
            Filter::Write => epoll::OUT,
            _ => epoll::IN,
        };
    }
}

/// Takes in what epoll said of a source.
pub fn arrive(source: &mut Source, bits: u32) {
    const ENDS: u32 = epoll::ERR | epoll::HUP;
    for note in source.notes.iter_mut().flatten().filter(|note| note.enabled) {
        let mine = match note.filter {
            Filter::Write => epoll::OUT | ENDS,
            Filter::Except => epoll::PRI | ENDS,
            _ => epoll::IN | epoll::RDHUP | ENDS,
        };
        if bits & mine != 0 {
            note.fired |= bits;
        }
    }
}

/// The event of a note that fired, and how to learn its `data`.
pub fn report(source: &Source, note: &Note) -> (Event, Option<Measure>) {
    let mut event = note.event(source.ident);
    let ends = match note.filter {
        Filter::Write => epoll::HUP,
        _ => epoll::HUP | epoll::RDHUP,
    };
    if note.fired & ends != 0 {
        event.flags |= ev::EOF;
    }
    (event, Some(Measure { fd: source.fd, filter: note.filter, bits: note.fired }))
}

/// Fills in the `data` of an event.
pub fn measure(ctx: &Ctx<'_>, event: &mut Event, what: Measure) {
    match what.filter {
        Filter::Write => {
            event.data = writable(ctx, what.fd);
            // The write end of a pipe whose reader is gone says only that; a socket's end has HUP too.
            if what.bits & (epoll::ERR | epoll::HUP) == epoll::ERR && sockopt(ctx, what.fd, SO_TYPE).is_err() {
                event.flags |= ev::EOF;
            }
        }
        _ => event.data = readable(ctx, what.fd).unwrap_or(i64::from(event.flags & ev::EOF == 0)),
    }
}

const SOL_SOCKET: u64 = 1;
const SO_TYPE: u64 = 3;
const SO_SNDBUF: u64 = 7;
const IPPROTO_TCP: u64 = 6;
const TCP_INFO: u64 = 11;
const FIONREAD: u64 = 0x541b;
const TIOCOUTQ: u64 = 0x5411;
const F_GETPIPE_SZ: u64 = 1032;

/// How many bytes can be read, or how many connections accepted.
fn readable(ctx: &Ctx<'_>, fd: i32) -> Option<i64> {
    if let Ok(bytes) = ask(ctx, fd, FIONREAD) {
        return Some(bytes);
    }
    // A listener refuses the question. `tcpi_unacked` of one is its backlog.
    let mut info = [0; 32];
    let mut len = 32u32.to_le_bytes();
    let args = &mut [fd.into(), IPPROTO_TCP.into(), TCP_INFO.into(), Arg::Out(&mut info), Arg::Out(&mut len)];
    ctx.call_with(Sys::GETSOCKOPT, args).ok()?;
    let backlog = ashore_base::Bytes(&info).u32(24)?;
    Some(i64::from(backlog.max(1)))
}

/// How many bytes can be written, as far as can be told; at least one.
fn writable(ctx: &Ctx<'_>, fd: i32) -> i64 {
    let space = match ask(ctx, fd, TIOCOUTQ) {
        // Linux counts its own overhead in the buffer's size, and doubles it for that.
        Ok(unsent) => sockopt(ctx, fd, SO_SNDBUF).unwrap_or(0) / 2 - unsent,
        Err(_) => {
            let size = ctx.call(Sys::FCNTL, [fd as u64, F_GETPIPE_SZ, 0, 0, 0, 0]).unwrap_or(0);
            size as i64 - ask(ctx, fd, FIONREAD).unwrap_or(0)
        }
    };
    space.max(1)
}

fn ask(ctx: &Ctx<'_>, fd: i32, what: u64) -> Result<i64, Errno> {
    let mut answer = [0; 4];
    ctx.call_with(Sys::IOCTL, &mut [fd.into(), what.into(), Arg::Out(&mut answer)])?;
    Ok(i64::from(i32::from_le_bytes(answer)))
}

fn sockopt(ctx: &Ctx<'_>, fd: i32, what: u64) -> Result<i64, Errno> {
    let mut answer = [0; 4];
    let mut len = 4u32.to_le_bytes();
    let args = &mut [fd.into(), SOL_SOCKET.into(), what.into(), Arg::Out(&mut answer), Arg::Out(&mut len)];
    ctx.call_with(Sys::GETSOCKOPT, args)?;
    Ok(i64::from(i32::from_le_bytes(answer)))
}
