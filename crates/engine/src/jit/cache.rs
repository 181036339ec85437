//! Keeping translations from run to run.
//!
//! What is kept is the first half of the code as it was at the program's end, and only what was made of the program's own text,
//! which nothing has changed since it was mapped. It is found again by a key: a hash of that text, where it is, the state of
//! the engine's sources, the host's CPU and every setting that changes code. A file ends with a hash of itself; one that is not
//! right in any way is not used, and the program never notices.

use super::Jit;
use crate::fetch::{Executable, Texts};
use ashore_base::AddrRange;
use ashore_pivot::Memory as _;
use std::sync::{Mutex, PoisonError};

/// Where translations are kept: files, for whoever may open some.
pub trait Keeper: Send + Sync {
    /// What was kept under a name.
    fn load(&self, name: &str) -> Option<Vec<u8>>;

    /// Keeps something under a name, in the place of what was there, unless that is more: a program's processes do different
    /// things, and the one that did least must not take from the others what they did.
    fn keep(&self, name: &str, bytes: &[u8]);

    /// Whether what was kept is made again and compared before it is used.
    fn doubts(&self) -> bool {
        false
    }

    /// What is kept under a name is of no use.
    fn forget(&self, _name: &str) {}
}

/// What begins every file.
const MAGIC: &[u8; 8] = b"ashoreC1";
/// The bytes of a hash.
const HASH: usize = 32;
/// The state of the sources.
const ENGINE: &str = env!("ASHORE_ENGINE_ID");
/// Programs with more text are not looked at: that takes longer than it saves.
const TEXT_MAX: u64 = 512 << 20;
/// What is known of the program that is being run.
#[derive(Default)]
pub(super) struct Kept(Mutex<Option<Open>>);

struct Open {
    keeper: Box<dyn Keeper>,
    key: [u8; HASH],
    text: Vec<AddrRange>,
    /// The bytes of code that were loaded.
    loaded: u32,
}

fn name(key: &[u8; HASH]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file for a key.
fn seal(key: &[u8; HASH], body: &[u8]) -> Vec<u8> {
    let mut file = [MAGIC.as_slice(), key, body].concat();
    let hash = blake3::hash(&file);
    file.extend(hash.as_bytes());
    file
}

/// What is in a file, if it is whole and for this key.
fn unseal<'a>(key: &[u8; HASH], file: &'a [u8]) -> Option<&'a [u8]> {
    let (content, hash) = file.split_at_checked(file.len().checked_sub(HASH)?)?;
    let body = content.strip_prefix(MAGIC.as_slice())?.strip_prefix(key.as_slice())?;
    (blake3::hash(content).as_bytes() == hash).then_some(body)
}

impl Kept {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Jit {
    fn key(&self, text: &[AddrRange]) -> Option<[u8; HASH]> {
        let total: u64 = text.iter().map(|range| range.len()).sum();
        if total == 0 || total > TEXT_MAX {
            return None;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(ENGINE.as_bytes());
        let settings = self.settings;
        let hidden = self.lifter.capabilities();
        for word in [u64::from(settings.hot), settings.code_len, settings.host.bits().into(), hidden[0], hidden[1]] {
            hasher.update(&word.to_le_bytes());
        }
        let mut piece = vec![0; 1 << 20];
        for range in text {
            hasher.update(&range.start.0.to_le_bytes()).update(&range.len().to_le_bytes());
            let mut at = range.start;
            while at < range.end {
                let len = (range.end.0 - at.0).min(piece.len() as u64) as usize;
                let part = piece.get_mut(..len)?;
                ashore_sys::GuestMemory.read(at, part).ok()?;
                hasher.update(part);
                at = at.plus(len as u64);
            }
        }
        Some(*hasher.finalize().as_bytes())
    }

    /// Loads what was kept for a program, which is mapped and has not begun, and keeps what is made from now on at its end.
    /// Gives how many bytes of code were loaded.
    pub fn open_cache(&self, text: &[AddrRange], keeper: Box<dyn Keeper>) -> Option<u32> {
        let key = self.key(text)?;
        let file = keeper.load(&name(&key));
        let loaded = file.as_deref().and_then(|file| unseal(&key, file)).and_then(|body| self.restore(body));
        let loaded = loaded.filter(|_| !keeper.doubts() || self.stands());
        if file.is_some() && loaded.is_none() {
            keeper.forget(&name(&key));
        }
        *self.cache.lock() = Some(Open { keeper, key, text: text.to_vec(), loaded: loaded.unwrap_or(0) });
        loaded
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
        let Some(open) = self.cache.lock().take() else { return };
        if let Some(body) = self.body(&open.text, open.loaded.saturating_add(self.settings.worth)) {
            open.keeper.keep(&name(&open.key), &seal(&open.key, &body));
        }
    }

    /// Memory of the program has changed: what is made of it from now on is not kept.
    pub(super) fn changed_text(&self, range: AddrRange) {
        if let Some(open) = self.cache.lock().as_mut() {
            // Pages that a change begins or ends in are no part of the rest.
            let range = AddrRange { start: range.start.align_down(PAGE), end: range.end.align_up(PAGE) };
            let mut kept = Vec::new();
            for text in &open.text {
                let before = AddrRange { start: text.start, end: text.end.min(range.start).max(text.start) };
                let after = AddrRange { start: text.start.max(range.end).min(text.end), end: text.end };
                kept.extend([before, after].into_iter().filter(|part| !part.is_empty()));
            }
            open.text = kept;
        }
    }
}

/// The bytes of a page.
const PAGE: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_file_of_the_same_key_is_read() {
        let (key, other) = ([7; HASH], [8; HASH]);
        let file = seal(&key, b"what was made");
        assert_eq!(unseal(&key, &file), Some(b"what was made".as_slice()));
        assert_eq!(unseal(&other, &file), None);
        for len in 0..file.len() {
            assert_eq!(unseal(&key, &file[..len]), None, "{len}");
        }
        for at in 0..file.len() {
            let mut wrong = file.clone();
            wrong[at] ^= 1;
            assert_eq!(unseal(&key, &wrong), None, "{at}");
        }
    }
}
