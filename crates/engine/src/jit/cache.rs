//! Keeping translations from run to run.
//!
//! What is kept is the first half of the code as it was at the program's end, and only what was made of the program's own text,
//! which nothing has changed since it was mapped. A file is found again by a key: where the text is and a little of it, the state
//! of the engine's sources, the host's CPU and every setting that changes code. Whether what is in it is of the text that is
//! there now is asked page by page, when it is used ([`super::halves`]); what is not right in any way is not used, and the
//! program never notices.

use super::Jit;
use super::halves::{Bytes, KEY, Pieces, Sources};
use crate::fetch::{Executable, Texts};
use ashore_base::AddrRange;
use ashore_emit::Tiny;
use ashore_pivot::Memory as _;
use std::sync::{Mutex, PoisonError};

/// Where translations are kept: files, for whoever may open some.
pub trait Keeper: Send + Sync {
    /// What was kept under a name.
    fn load(&self, name: &str) -> Option<Bytes>;

    /// Keeps something under a name: behind what is there, if that is so long as it says; else in the place of what is there,
    /// unless that is more: a program's processes do different things, and the one that did least must not take from the others
    /// what they did.
    fn keep(&self, name: &str, pieces: &mut dyn Pieces, behind: Option<u64>);

    /// Whether what was kept is made again and compared before it is used.
    fn doubts(&self) -> bool {
        false
    }

    /// A number that is the same from run to run, and another one for other users.
    fn seed(&self) -> u64 {
        0
    }

    /// What is kept under a name is of no use.
    fn forget(&self, _name: &str) {}
}

/// The state of the sources.
const ENGINE: &str = env!("ASHORE_ENGINE_ID");
/// So many pages of each part of the text have a say in the key, so that programs of the same size have different ones.
const SAMPLES: u64 = 8;
/// The bytes of a page.
const PAGE: u64 = 4096;

/// What is known of the program that is being run.
#[derive(Default)]
pub(super) struct Kept {
    open: Mutex<Option<Open>>,
    /// What its translations are made of.
    pub(super) sources: Sources,
}

struct Open {
    keeper: Box<dyn Keeper>,
    key: [u8; KEY],
}

fn name(key: &[u8; KEY]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Kept {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Jit {
    fn key(&self, text: &[AddrRange]) -> Option<[u8; KEY]> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(ENGINE.as_bytes());
        let settings = self.settings;
        let hidden = self.lifter.capabilities();
        let chosen = [u64::from(settings.hot), settings.code_len, settings.host.bits().into(), settings.habit.0.into()];
        for word in chosen.into_iter().chain(hidden) {
            hasher.update(&word.to_le_bytes());
        }
        let mut page = [0; PAGE as usize];
        for range in text.iter().filter(|range| !range.is_empty()) {
            hasher.update(&range.start.0.to_le_bytes()).update(&range.len().to_le_bytes());
            for sample in 0..SAMPLES {
                let at = range.start.plus(range.len() / SAMPLES * sample);
                let part = page.get_mut(..(range.end.0 - at.0).min(PAGE) as usize)?;
                ashore_sys::GuestMemory.read(at, part).ok()?;
                hasher.update(part);
            }
        }
        (!text.is_empty()).then(|| *hasher.finalize().as_bytes())
    }

    /// Uses what was kept for a program, which is mapped and has not begun, and keeps what is made from now on at its end.
    /// Gives how many bytes of code were kept.
    pub fn open_cache(&self, text: &[AddrRange], keeper: Box<dyn Keeper>) -> Option<u32> {
        let key = self.key(text)?;
        self.cache.sources.lock().open(text);
        let file = keeper.load(&name(&key));
        let is_there = file.is_some();
        let kept = file.and_then(|file| self.lock().half().thaw(file, &key));
        let kept = kept.filter(|_| !keeper.doubts() || self.stands());
        if is_there && kept.is_none() {
            keeper.forget(&name(&key));
        }
        *self.cache.lock() = Some(Open { keeper, key });
        kept
    }

    /// Whether what was put back is what would be made now; it is forgotten if it is not.
    fn stands(&self) -> bool {
        let texts = Texts::default();
        let Err(found) = self.verify(&Executable::new(&texts)) else { return true };
        self.forget();
        ashore_sys::say(&format!(
            "ashore: what was kept of the code at {:#x} is not what is made of it now ({}): nothing kept is used\n",
            found.pc, found.what
        ));
        false
    }

    /// Keeps what was made, once.
    pub fn close_cache(&self) {
        let Some(Open { keeper, key }) = self.cache.lock().take() else { return };
        let inner = self.lock();
        // What is put back later begins as the usual code.
        let is_usual = inner.tiny == Tiny::default();
        let Some(half) = inner.halves.first().filter(|half| is_usual && half.turn == inner.turn) else { return };
        let found = (key, &self.cache.sources);
        if let Some(mut draft) = half.draft(&self.arena, found, (self.targets, self.settings.worth)) {
            let behind = draft.behind();
            keeper.keep(&name(&key), &mut draft, behind);
        }
    }

    /// Code of a library is there: what is made of it is kept too. What was made before did not need it, and is not to.
    pub(super) fn loaded_text(&self, range: AddrRange) {
        if self.cache.lock().is_some() && self.cache.sources.lock().adds(range) {
            self.lock().half().end_group();
        }
    }

    /// Memory of the program has changed: what is made of it from now on is not kept.
    pub(super) fn changed_text(&self, range: AddrRange) {
        self.cache.sources.lock().changed(range);
    }
}
