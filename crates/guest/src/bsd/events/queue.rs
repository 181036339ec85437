//! One kqueue: its knotes, where they get their news from, and which have news to tell.
//!
//! A [`Source`] is something that wakes the kqueue: a descriptor in the epoll set, or nothing at all for events the
//! process itself makes. It carries one [`Note`] or, when one epoll entry serves both, the READ and the WRITE note
//! of a descriptor. The epoll entry's word is a [`Handle`]: an event that was on its way while its source was removed finds
//! another generation and is dropped, so a program never sees a dead `udata`.

use super::filters::Filter;
use super::filters::vnode::File;
use super::record::Event;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use ashore_pivot::Signal;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use spin::{Mutex, MutexGuard};

/// `EV_*` bits, the same on the three systems.
pub mod ev {
    #![allow(missing_docs)] // The names are the manual's.
    pub const ADD: u32 = 0x1;
    pub const DELETE: u32 = 0x2;
    pub const ENABLE: u32 = 0x4;
    pub const DISABLE: u32 = 0x8;
    pub const ONESHOT: u32 = 0x10;
    pub const CLEAR: u32 = 0x20;
    pub const RECEIPT: u32 = 0x40;
    pub const DISPATCH: u32 = 0x80;
    pub const FORCEONESHOT: u32 = 0x100;
    pub const KEEPUDATA: u32 = 0x200;
    pub const SYSFLAGS: u32 = 0xf000;
    pub const ERROR: u32 = 0x4000;
    pub const EOF: u32 = 0x8000;
}

/// Names a source: a slot and its generation. It is the word of the source's epoll entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handle(pub u64);

impl Handle {
    /// The bell: something of our own has news.
    pub const BELL: Handle = Handle(u64::MAX);
    /// The file watcher.
    pub const WATCHER: Handle = Handle(u64::MAX - 1);

    fn new(slot: usize, generation: u32) -> Handle {
        Handle(slot as u64 | u64::from(generation) << 32)
    }

    fn slot(self) -> usize {
        self.0 as u32 as usize
    }

    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// What a program asked to be told.
#[derive(Debug, Clone)]
pub struct Note {
    /// By which filter.
    pub filter: Filter,
    /// The guest's number of the filter.
    pub number: i32,
    /// Its `EV_*` bits, returned with each event.
    pub flags: u32,
    /// Whether events are reported.
    pub enabled: bool,
    /// The `NOTE_*` bits asked for.
    pub wanted: u32,
    /// The `data` it was added with.
    pub param: i64,
    /// The program's word.
    pub udata: u64,
    /// The program's further words.
    pub ext: [u64; 4],
    /// What happened and was not reported yet: epoll bits for a descriptor, `NOTE_*` bits for a file or a
    /// process, 1 for what only happens or does not.
    pub fired: u32,
    /// The `data` to report with it.
    pub count: i64,
}

impl Note {
    /// Whether the note is edge triggered.
    pub fn is_edge(&self) -> bool {
        self.flags & ev::CLEAR != 0
    }

    /// Its event, as far as every filter's is alike.
    pub fn event(&self, ident: u64) -> Event {
        Event {
            ident,
            filter: self.number,
            flags: self.flags,
            fflags: 0,
            data: self.count,
            udata: self.udata,
            ext: self.ext,
        }
    }
}

/// What a source is, with what its kind remembers.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A descriptor in the epoll set.
    Descriptor,
    /// A descriptor that epoll refuses because it never makes anybody wait.
    Steady,
    /// A timer descriptor of ours; the clock's units are in the note.
    Timer,
    /// An event the program triggers.
    User,
    /// A process descriptor of ours.
    Process,
    /// Deliveries of a signal.
    Signal(Signal),
    /// A watched file.
    Vnode(File),
}

/// Something that wakes the kqueue.
#[derive(Debug, Clone)]
pub struct Source {
    /// The ident of its notes.
    pub ident: u64,
    /// The descriptor that the epoll set holds, or -1.
    pub fd: i32,
    /// Whether `fd` is ours, to be closed with the source.
    pub is_hidden: bool,
    /// The epoll bits it is in the set with; 0 when it is not in the set.
    pub polled: u32,
    /// What it is.
    pub kind: Kind,
    /// Its notes.
    pub notes: [Option<Note>; 2],
    /// The watch that tells when a file read to its end grows, or -1.
    pub growth_watch: i32,
    /// Whether it stands in the list of those with news.
    pub is_queued: bool,
}

impl Source {
    /// A source with one note.
    pub fn new(ident: u64, kind: Kind, note: Note) -> Source {
        let notes = [Some(note), None];
        Source { ident, fd: -1, is_hidden: false, polled: 0, kind, notes, growth_watch: -1, is_queued: false }
    }

    /// The note of a filter.
    pub fn note(&mut self, filter: Filter) -> Option<&mut Note> {
        self.notes.iter_mut().flatten().find(|note| note.filter == filter)
    }

    /// Whether there is news that may be told.
    pub fn has_news(&self) -> bool {
        self.notes.iter().flatten().any(|note| note.enabled && note.fired != 0)
    }
}

struct Slot {
    generation: u32,
    source: Option<Source>,
}

/// What a kqueue holds.
pub struct Inner {
    slots: Vec<Slot>,
    free: Vec<usize>,
    index: BTreeMap<(u64, Filter), Handle>,
    active: VecDeque<Handle>,
    /// The event descriptor in the set that tells of news in `active`, or -1.
    pub bell: i32,
    /// The file watcher, or -1.
    pub watcher: i32,
}

/// A kqueue.
pub struct Queue {
    inner: Mutex<Inner>,
    /// How many sources have news of their own, so that a wait need not take the lock to learn that none has.
    news: AtomicU32,
    is_closed: AtomicBool,
}

impl Queue {
    /// Takes the kqueue for oneself. Never held across a call that blocks.
    pub fn lock(&self) -> Locked<'_> {
        Locked { inner: self.inner.lock(), news: &self.news }
    }

    /// Whether a source has news of its own.
    pub fn has_news(&self) -> bool {
        self.news.load(Ordering::Acquire) != 0
    }

    /// Whether its last descriptor was closed.
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Remembers that its last descriptor was closed.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }
}

impl Default for Queue {
    fn default() -> Queue {
        let inner = Inner {
            slots: Vec::new(),
            free: Vec::new(),
            index: BTreeMap::new(),
            active: VecDeque::new(),
            bell: -1,
            watcher: -1,
        };
        Queue { inner: Mutex::new(inner), news: AtomicU32::new(0), is_closed: AtomicBool::new(false) }
    }
}

/// A kqueue taken for oneself.
pub struct Locked<'a> {
    inner: MutexGuard<'a, Inner>,
    news: &'a AtomicU32,
}

impl core::ops::Deref for Locked<'_> {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl core::ops::DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Inner {
        &mut self.inner
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.news.store(self.inner.active.len() as u32, Ordering::Release);
    }
}

impl Inner {
    /// The source that carries a filter's note for `ident`.
    pub fn find(&self, ident: u64, filter: Filter) -> Option<Handle> {
        self.index.get(&(ident, filter)).copied()
    }

    /// The source of this name, when it still exists.
    pub fn source(&mut self, handle: Handle) -> Option<&mut Source> {
        let slot = self.slots.get_mut(handle.slot())?;
        if slot.generation != handle.generation() { None } else { slot.source.as_mut() }
    }

    /// Every source.
    pub fn sources(&mut self) -> impl Iterator<Item = (Handle, &mut Source)> {
        self.slots.iter_mut().enumerate().filter_map(|(n, slot)| {
            let handle = Handle::new(n, slot.generation);
            slot.source.as_mut().map(|source| (handle, source))
        })
    }

    /// Takes a source in.
    pub fn insert(&mut self, source: Source) -> Handle {
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, source: None });
            self.slots.len() - 1
        });
        let generation = self.slots.get(at).map_or(0, |slot| slot.generation);
        let handle = Handle::new(at, generation);
        for note in source.notes.iter().flatten() {
            self.index.insert((source.ident, note.filter), handle);
        }
        if let Some(slot) = self.slots.get_mut(at) {
            slot.source = Some(source);
        }
        handle
    }

    /// Adds a second note to a source.
    pub fn join(&mut self, handle: Handle, note: Note) {
        let filter = note.filter;
        let Some(source) = self.source(handle) else { return };
        let ident = source.ident;
        if let Some(free) = source.notes.iter_mut().find(|slot| slot.is_none()) {
            *free = Some(note);
            self.index.insert((ident, filter), handle);
        }
    }

    /// Removes a note; returns its source when that was the last one, for its descriptor to be closed.
    pub fn remove_note(&mut self, handle: Handle, filter: Filter) -> Option<Source> {
        let source = self.source(handle)?;
        let ident = source.ident;
        for slot in &mut source.notes {
            if slot.as_ref().is_some_and(|note| note.filter == filter) {
                *slot = None;
            }
        }
        let is_empty = source.notes.iter().all(Option::is_none);
        self.index.remove(&(ident, filter));
        if is_empty { self.remove(handle) } else { None }
    }

    /// Removes a source with its notes.
    pub fn remove(&mut self, handle: Handle) -> Option<Source> {
        self.source(handle)?;
        let slot = self.slots.get_mut(handle.slot())?;
        slot.generation = slot.generation.wrapping_add(1);
        let source = slot.source.take()?;
        self.free.push(handle.slot());
        for note in source.notes.iter().flatten() {
            self.index.remove(&(source.ident, note.filter));
        }
        if source.is_queued {
            self.active.retain(|active| *active != handle);
        }
        Some(source)
    }

    /// Removes every source.
    pub fn drain(&mut self) -> Vec<Source> {
        self.index.clear();
        self.active.clear();
        self.free.clear();
        self.slots.drain(..).filter_map(|slot| slot.source).collect()
    }

    /// Puts a source with news at the end of the list; whether the list was empty before.
    pub fn queue(&mut self, handle: Handle) -> bool {
        let was_empty = self.active.is_empty();
        if let Some(source) = self.source(handle)
            && !source.is_queued
        {
            source.is_queued = true;
            self.active.push_back(handle);
        }
        was_empty
    }

    /// Takes the first source with news from the list.
    pub fn next_active(&mut self) -> Option<Handle> {
        let handle = self.active.pop_front()?;
        if let Some(source) = self.source(handle) {
            source.is_queued = false;
        }
        Some(handle)
    }

    /// How many sources stand in the list.
    pub fn active_len(&self) -> usize {
        self.active.len()
    }
}
