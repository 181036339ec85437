//! Files of translations: damaged ones are refused, and ones that are made to look whole break nothing.

use super::machine::{CODE, Here, Machine};
use super::program::{Program, samples};
use super::{new_jit, settings};
use ashore_engine::jit::{Jit, Keeper, Settings, Thread};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What begins a file: eight bytes of a mark and the key, which is the file's name as well. A hash ends it.
const MARK: usize = 8;
const HASH: usize = 32;

/// A keeper that keeps one file, here.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Option<File>>>);

#[derive(Clone, Default)]
struct File {
    name: String,
    bytes: Vec<u8>,
}

impl Memory {
    fn of(bytes: Vec<u8>) -> Memory {
        Memory(Arc::new(Mutex::new(Some(File { name: String::new(), bytes }))))
    }

    /// What was kept.
    pub(super) fn file(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|file| file.bytes.clone())
    }
}

impl Keeper for Memory {
    fn load(&self, name: &str) -> Option<Vec<u8>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|file| file.name.is_empty() || file.name == name).map(|file| file.bytes.clone())
    }

    fn keep(&self, name: &str, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(File { name: name.to_owned(), bytes: bytes.to_vec() });
    }
}

/// The program whose translations the inputs claim to be.
fn program() -> &'static Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = Program::of(&samples().swap_remove(6));
        Machine::get().load(&program);
        program
    })
}

fn jit() -> Arc<Jit> {
    new_jit(Settings { code_len: 0, ..settings(program()) })
}

/// A file as it should be.
fn whole() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let (jit, kept) = (jit(), Memory::default());
        jit.open_cache(&[Machine::get().text()], Box::new(kept.clone()));
        for index in (0..program().words.len() as u64).step_by(10) {
            let _ = jit.translate(CODE + index * 4, &Here);
            let _ = jit.form(CODE + index * 4, &Here);
        }
        jit.close_cache();
        kept.file().expect("translations of a program")
    })
}

/// The same as an input.
pub(crate) fn sample() -> Vec<u8> {
    whole().to_vec()
}

/// The input with the key of the program and the right hash.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let head = whole().get(..MARK + HASH).unwrap_or_default();
    let end = bytes.len().saturating_sub(HASH);
    let body = bytes.get(MARK + HASH..end.max(MARK + HASH)).unwrap_or_default();
    let mut file = [head, body].concat();
    let hash = blake3::hash(&file);
    file.extend(hash.as_bytes());
    file
}

/// Reads the input as a file of translations, as it is and made to look whole.
pub(crate) fn cache(bytes: &[u8]) -> String {
    let text = [Machine::get().text()];
    let as_it_is = jit();
    let loaded = as_it_is.open_cache(&text, Box::new(Memory::of(bytes.to_vec())));
    let is_right = sealed(bytes) == bytes;
    assert!(loaded.is_none() || is_right, "a file that is not whole was used");
    assert!(loaded.is_some() || bytes != whole(), "a file that is whole was refused");
    assert!(
        loaded.is_some() || Thread::new(&as_it_is).is_ok_and(|_| as_it_is.stats().blocks == 0),
        "code from nowhere"
    );
    let kept = Memory::of(sealed(bytes));
    let jit = jit();
    let loaded = jit.open_cache(&text, Box::new(kept.clone()));
    // Nobody executes it: who can make such files can run programs of his own. But nothing here may break.
    let differs = jit.verify(&Here);
    jit.invalidate(CODE, 8192);
    let more = jit.translate(CODE + 4, &Here).is_some();
    jit.close_cache();
    let answer = kept.file().map(|file| file.len().checked_ilog2());
    let differs = differs.err().map(|why| why.what);
    format!("{:?} {differs:?} {more} {answer:?}", loaded.map(|len| len.checked_ilog2()))
}
