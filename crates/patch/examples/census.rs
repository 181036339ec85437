//! `census FILE FUNCTION`: how long counting everything that leads to a function takes, and how long merely reading the file.
//!
//! Prints `read NANOSECONDS` and `census NANOSECONDS`, the least of several rounds each, and what was found.

use ashore_patch::{Name, Program, census::Census, resolve};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: usize = 9;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(path), Some(name)) = (args.next(), args.next()) else { return Err("usage: census FILE FUNCTION".into()) };
    let bytes = std::fs::read(path)?;
    let parsed = ashore_formats::read(&bytes)?;
    let part = parsed.parts.first().ok_or("no program")?;
    let program = Program::new(&parsed, part)?;
    let addr = resolve(&program, &Name::new(name))?;
    let read = least(|| {
        let (words, _) = black_box(&bytes).as_chunks::<8>();
        black_box(words.iter().fold(0u64, |sum, word| sum.wrapping_add(u64::from_le_bytes(*word))));
    });
    let census = least(|| {
        black_box(Census::of(&program, black_box(addr)));
    });
    println!("read {read}\ncensus {census}\nfound {:?}", Census::of(&program, addr).counts());
    Ok(())
}

/// The nanoseconds `work` takes when nothing disturbs it.
fn least(mut work: impl FnMut()) -> u128 {
    let mut time = || {
        let begun = Instant::now();
        work();
        begun.elapsed().as_nanos()
    };
    (0..ROUNDS).map(|_| time()).min().unwrap_or_default()
}
