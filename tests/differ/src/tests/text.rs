use crate::random::Random;
use ashore_ir::{Block, Op, Trap};
use ashore_isa::aarch64::rows::{CLASSES, Decoder, Row, disassemble, preferred};
use std::path::Path;
use std::process::Command;

/// What is around the code in the assembler's output.
const MARKS: [u32; 4] = [0x0bad_0001, 0x0bad_0002, 0x0bad_0003, 0x0bad_0004];
/// How many words of each row.
const EACH: usize = 24;
/// System registers that can be read and written: flags, control, status, thread pointer.
const REGISTERS: &[u32] = &[0x1b_4200, 0x1b_4400, 0x1b_4420, 0x1b_d040];

/// What a word does.
fn meaning(decoder: &Decoder, word: u32) -> Vec<Op> {
    let mut block = Block::new();
    decoder.lift(&mut block, 0, word);
    block.ops().to_vec()
}

/// A random word of a row that is allocated. Distances of labels are not negative: they are absolute here.
fn word_of(random: &mut Random, decoder: &Decoder, row: &Row, class: &str) -> Option<u32> {
    let mut word = row.pattern.value | (random.next() as u32 & !row.pattern.mask);
    if row.name.starts_with("adr") || row.pattern.text.contains("iiiiiiiiiiiiii") {
        let high = row.pattern.text.bytes().filter(|&byte| byte != b' ').position(|byte| byte == b'i');
        let adr = row.name.starts_with("adr");
        word &= !(1 << (31 - if adr { 8 } else { high.unwrap_or(0) }));
    }
    if row.name == "msr" {
        word = word & 0xffe0_001f | *random.pick(REGISTERS)?;
    }
    // What loads or stores the register it changes is not predictable, and not assembled.
    let registers = [b't', b'u', b's', b'n'].map(|letter| {
        // A field the row does not have is like no other.
        if row.pattern.text.contains(letter as char) { row.pattern.field(letter, word) } else { 32 + u32::from(letter) }
    });
    if matches!(class, "memory" | "atomic")
        && row.pattern.text.contains("nnnnn")
        && (0..4).any(|a| (0..a).any(|b| registers[a] == registers[b]))
    {
        return None;
    }
    let illegal = matches!(meaning(decoder, word).last(), Some(Op::Trap { kind: Trap::Illegal, .. }));
    let is_mine = decoder.find(word).is_some_and(|found| std::ptr::eq(found, row));
    (is_mine && !illegal).then_some(word)
}

fn assembled(lines: &str) -> Vec<u32> {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.guests");
    let folder = std::env::temp_dir().join(format!(
        "ashore-differ-text-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (source, object) = (folder.join("text.s"), folder.join("text.o"));
    std::fs::write(&source, lines).expect("written");
    let built = Command::new(guests.join("venv/bin/python"))
        .args(["-m", "ziglang", "cc", "-target", "aarch64-linux-musl", "-c", "-o"])
        .args([&object, &source])
        .env("ZIG_GLOBAL_CACHE_DIR", guests.join("zigcache"))
        .env("ZIG_LOCAL_CACHE_DIR", guests.join("zigcache"))
        .output()
        .expect("cargo xtask guests installs the assembler");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let bytes = std::fs::read(&object).expect("assembled");
    let words: Vec<u32> =
        bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().expect("four"))).collect();
    let at = words.windows(4).position(|window| window == MARKS).expect("the code");
    let _ = std::fs::remove_dir_all(&folder);
    words[at + 4..].to_vec()
}

/// The text of every row, given to an assembler, is the word again.
#[test]
fn text_assembles_to_the_word_it_came_from() {
    assembles(disassemble);
}

#[test]
fn preferred_names_assemble_to_the_word_they_came_from() {
    assembles(preferred);
}

fn assembles(text: fn(&Decoder, u64, u32) -> Option<String>) {
    let (decoder, mut random) = (Decoder::new(), Random::new(1));
    let mut lines = String::from(".arch armv8.5-a+aes+sha2+sha3+crc\n");
    MARKS.iter().for_each(|mark| lines += &format!(".inst {mark}\n"));
    let mut words = Vec::new();
    for (class, row) in CLASSES.iter().flat_map(|(class, rows)| rows.iter().map(move |row| (class, row))) {
        let mut found = 0;
        for _ in 0..EACH * 40 {
            let Some(word) = word_of(&mut random, &decoder, row, class) else { continue };
            let text = text(&decoder, 0, word).unwrap_or_else(|| panic!("{word:08x} has no text"));
            assert!(!text.contains('<'), "{word:08x} is {text}");
            lines += &format!("{text}\n");
            words.push((word, text));
            found += 1;
            if found == EACH {
                break;
            }
        }
        assert!(found > 0, "{} {}", row.name, row.pattern.text);
    }
    let again = assembled(&lines);
    let different: Vec<String> = words
        .iter()
        .zip(&again)
        // Some bits are ignored, and a mask has several encodings.
        .filter(|((word, _), again)| word != *again && meaning(&decoder, *word) != meaning(&decoder, **again))
        .map(|((word, text), again)| format!("{word:08x} is {text}, which is {again:08x}"))
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}
