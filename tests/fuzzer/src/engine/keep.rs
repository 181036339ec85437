//! Files of translations: damaged ones are refused, and ones that are made to look whole break nothing.

use super::machine::{CODE, Here, Machine};
use super::program::{Program, samples};
use super::{new_jit, settings};
use ashore_engine::jit::{Bytes, Jit, Keeper, Pieces, Settings, Thread, seal};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What begins a file: eight bytes of a mark and the key, which is the file's name as well.
const MARK: usize = 8;
const KEY: usize = 32;

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
    fn load(&self, name: &str) -> Option<Bytes> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let file = kept.as_ref().filter(|file| file.name.is_empty() || file.name == name)?;
        Some(Arc::new(file.bytes.clone()))
    }

    fn keep(&self, name: &str, pieces: &mut dyn Pieces, behind: Option<u64>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let there = kept.take().filter(|file| behind == Some(file.bytes.len() as u64));
        let mut bytes = there.map(|file| file.bytes).unwrap_or_default();
        while let Some(piece) = pieces.next(bytes.len() as u64) {
            bytes.extend(piece);
        }
        let head = pieces.head();
        bytes.iter_mut().zip(head).for_each(|(to, byte)| *to = byte);
        *kept = Some(File { name: name.to_owned(), bytes });
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

/// The input with the key of the program and the right digests.
fn sealed(bytes: &[u8]) -> Vec<u8> {
    let mut file = bytes.to_vec();
    let key = whole().get(MARK..MARK + KEY).unwrap_or_default();
    let _ = seal(&mut file, key);
    file
}

/// Reads the input as a file of translations, as it is and made to look whole.
pub(crate) fn cache(bytes: &[u8]) -> String {
    let text = [Machine::get().text()];
    let as_it_is = jit();
    let loaded = as_it_is.open_cache(&text, Box::new(Memory::of(bytes.to_vec())));
    assert!(loaded.is_some() || bytes != whole(), "a file that is whole was refused");
    assert!(
        loaded.is_some() || Thread::new(&as_it_is).is_ok_and(|_| as_it_is.stats().blocks == 0),
        "code from nowhere"
    );
    // Damage is found, and what is used in spite of it is what was written.
    let differs = as_it_is.verify(&Here).err();
    assert!(differs.is_none() || sealed(bytes) == bytes, "what is damaged was used: {differs:?}");
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
