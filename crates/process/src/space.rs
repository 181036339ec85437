//! The guest's address space.

use crate::mapping::{MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE, PROT_EXEC, PROT_WRITE};
use crate::outside::Maps;
use crate::process::lock;
use crate::shelf::Shelf;
use ashore_base::{Addr, AddrRange, PAGE_SIZE};
use ashore_engine::Code;
use ashore_engine::native::{Rewriter, find_sites};
use ashore_guest::{MapRequest, Prot};
use ashore_image::NoFunctions;
use ashore_pivot::{Errno, Memory};
use ashore_sys::Mapping;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Code that becomes executable is looked through up to this size; the net catches the rest.
const SCAN_MAX: u64 = 64 << 20;

/// The address space of a process.
pub(crate) struct Space {
    /// Whoever keeps a copy of the code.
    code: &'static dyn Code,
    /// None when call sites stay as they are.
    rewriter: Mutex<Option<Rewriter>>,
    /// Where a break starts: the first page after the program.
    pub(crate) break_start: AtomicU64,
    /// By how much the program's addresses differ from its file's.
    pub(crate) bias: AtomicU64,
    /// The main thread's stack.
    pub(crate) stack: AddrRange,
    /// Where libraries lie, if what is made of them is kept.
    shelf: Option<Shelf>,
}

pub(crate) struct Held<'a>(#[allow(dead_code)] MutexGuard<'a, Option<Rewriter>>);

impl Space {
    pub(crate) fn new(rewriter: Option<Rewriter>, code: &'static dyn Code, stack: AddrRange) -> Space {
        Space {
            code,
            rewriter: Mutex::new(rewriter),
            break_start: AtomicU64::new(0),
            bias: AtomicU64::new(0),
            stack,
            shelf: None,
        }
    }

    /// The same, with libraries at their places.
    pub(crate) fn with_shelf(self, shelf: Option<Shelf>) -> Space {
        Space { shelf, ..self }
    }

    /// Where the program was put: how far from its file's addresses, and its end.
    pub(crate) fn set_program(&self, bias: u64, end: Addr) {
        self.bias.store(bias, Ordering::Relaxed);
        self.break_start.store(end.0, Ordering::Relaxed);
    }

    pub(crate) fn hold(&self) -> Held<'_> {
        Held(lock(&self.rewriter))
    }

    /// Code there was changed by somebody other than the program.
    pub(crate) fn rewritten(&self, range: AddrRange) {
        self.code.changed(range, 0);
    }

    /// Code of a library, or of what loads them, lies there, as it always does.
    pub(crate) fn loads(&self, range: AddrRange) {
        self.code.loaded(range);
    }

    /// The process ends, or becomes another program.
    pub(crate) fn at_end(&self) {
        self.code.at_end();
    }

    /// Runs a fork with the locks of whoever keeps a copy of the code held.
    pub(crate) fn around_fork<T>(&self, fork: impl FnOnce() -> T) -> T {
        let (mut fork, mut result) = (Some(fork), None);
        self.code.around_fork(&mut || result = fork.take().map(|fork| fork()));
        result.expect("it was run")
    }

    /// The guest's own code where `bytes`, read from memory at `at`, hold rewritten call sites. A thread that was stopped
    /// while it rewrote some keeps the lock for good: then there is nothing to tell.
    pub(crate) fn restore(&self, at: Addr, bytes: &mut [u8]) {
        if let Ok(rewriter) = self.rewriter.try_lock()
            && let Some(rewriter) = rewriter.as_ref()
        {
            rewriter.restore(at, bytes);
        }
    }

    pub(crate) fn map(&self, request: &MapRequest) -> Result<Addr, Errno> {
        let len = request.len.checked_add(PAGE_SIZE - 1).ok_or(Errno::ENOMEM)? & !(PAGE_SIZE - 1);
        if len == 0 {
            return Err(Errno::EINVAL);
        }
        let is_fixed = request.flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) != 0;
        if is_fixed {
            let range = AddrRange::new(request.at, len).ok_or(Errno::ENOMEM)?;
            refuse_own(range)?;
        }
        let wanted = self.shelf.as_ref().and_then(|shelf| shelf.wanted(request));
        let at = if request.align > PAGE_SIZE && !is_fixed {
            self.map_aligned(request, len)?
        } else {
            ashore_sys::map(&Mapping {
                at: wanted.unwrap_or(request.at),
                len: request.len,
                prot: request.prot.0,
                flags: request.flags,
                fd: request.fd,
                offset: request.offset,
            })?
        };
        let range = AddrRange { start: at, end: at.plus(len) };
        self.code.changed(range, request.prot.0);
        if let Some(shelf) = &self.shelf {
            if wanted == Some(at) {
                shelf.took(range);
            }
            if shelf.has(range, request) {
                self.loads(range);
            }
        }
        if request.prot.0 & PROT_EXEC != 0 && request.flags & MAP_ANONYMOUS == 0 {
            self.prepare(AddrRange { start: at, end: at.plus(len) }, request.prot.0);
        }
        Ok(at)
    }

    /// Reserves more than asked for, maps at the first aligned address inside and gives the rest back.
    fn map_aligned(&self, request: &MapRequest, len: u64) -> Result<Addr, Errno> {
        let whole = len.checked_add(request.align).ok_or(Errno::ENOMEM)?;
        let reserve = Mapping { at: request.at, len: whole, prot: 0, flags: 0x4022, fd: -1, offset: 0 };
        let start = ashore_sys::map(&reserve)?;
        let end = start.plus(whole);
        let at = start.align_up(request.align);
        let flags = request.flags | MAP_FIXED;
        let mapping = Mapping { at, len, prot: request.prot.0, flags, fd: request.fd, offset: request.offset };
        let made = ashore_sys::map(&mapping);
        for rest in [AddrRange { start, end: at }, AddrRange { start: at.plus(len), end }] {
            if !rest.is_empty() {
                let _ = ashore_sys::unmap(rest);
            }
        }
        made
    }

    pub(crate) fn unmap(&self, range: AddrRange) -> Result<(), Errno> {
        refuse_own(range)?;
        let done = ashore_sys::unmap(range);
        self.code.changed(range, 0);
        done
    }

    pub(crate) fn protect(&self, range: AddrRange, prot: u32) -> Result<(), Errno> {
        refuse_own(range)?;
        if prot & PROT_EXEC != 0 {
            self.prepare(range, prot);
        }
        let done = ashore_sys::protect(range, prot);
        // One that fails may have been done in part.
        self.code.changed(range, if done.is_ok() { prot } else { 0 });
        done
    }

    /// Gives the call sites in memory that becomes executable their stubs. Memory that stays writable is the
    /// guest's own code generator's: rewriting it would race with the guest, so the net has it.
    fn prepare(&self, range: AddrRange, prot: u32) {
        if prot & PROT_WRITE != 0 || range.len() > SCAN_MAX || lock(&self.rewriter).is_none() {
            return;
        }
        let mut code = vec![0; range.len() as usize];
        if ashore_sys::GuestMemory.read(range.start, &mut code).is_err() {
            return;
        }
        let sites = find_sites(&code, range.start, &NoFunctions);
        if sites.is_empty() || ashore_sys::protect(range, 3).is_err() {
            return;
        }
        // What could not be rewritten is still caught by the net.
        if let Some(rewriter) = lock(&self.rewriter).as_mut() {
            let _ = rewriter.rewrite(&sites, &code, range.start);
        }
        let _ = ashore_sys::protect(range, prot);
    }

    /// Whether anything is mapped in the range: `mincore` says ENOMEM where nothing is.
    pub(crate) fn is_mapped(&self, range: AddrRange) -> bool {
        let mut at = range.start.align_down(PAGE_SIZE);
        while at < range.end {
            let mut seen = [0u8; 1];
            let words = [at.0, 1, seen.as_mut_ptr() as u64, 0, 0, 0];
            if ashore_sys::call(u64::from(ashore_pivot::Sys::MINCORE.0), words).is_ok() {
                return true;
            }
            at = at.plus(PAGE_SIZE);
        }
        false
    }
}

impl Maps for Space {
    fn map(&self, request: &MapRequest) -> Result<Addr, Errno> {
        Space::map(self, request)
    }

    fn protect(&self, range: AddrRange, prot: Prot) -> Result<(), Errno> {
        Space::protect(self, range, prot.0)
    }
}

fn refuse_own(range: AddrRange) -> Result<(), Errno> {
    let hits = ashore_sys::host_ranges().iter().any(|own| own.overlaps(range));
    if hits { Err(Errno::ENOMEM) } else { Ok(()) }
}
