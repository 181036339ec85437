use super::lift::Lift;
use super::{CLASSES, Decoder, Features, Row, disassemble};
use crate::lift::Hidden;
use ashore_ir::Block;

#[test]
fn every_table_row_is_found_by_its_own_bits() {
    let decoder = Decoder::new();
    for (class, rows) in CLASSES {
        for row in *rows {
            let found = decoder.find(row.pattern.value);
            assert!(found.is_some(), "{class}: {}", row.name);
        }
    }
}

#[test]
fn text_comes_from_the_table() {
    let decoder = Decoder::new();
    let text = |word| disassemble(&decoder, 0x1000, word).unwrap_or_default();
    assert_eq!(text(0x9100_0420), "add x0, x1, #1");
    assert_eq!(text(0x9100_43ff), "add sp, sp, #16");
    assert_eq!(text(0x8b02_0c20), "add x0, x1, x2, lsl #3");
    assert_eq!(text(0x5400_0041), "b.ne 0x1008");
    assert_eq!(text(0xd65f_03c0), "ret");
    assert_eq!(text(0), "");
}

/// No row of the table is hidden behind others, and each means something for some of its words.
#[test]
fn every_row_has_words_that_are_allocated() {
    let decoder = Decoder::new();
    let mut random = 1u64;
    for (class, rows) in CLASSES {
        for row in *rows {
            let lifts = (0..400_000).any(|_| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let word = row.pattern.value | ((random >> 32) as u32 & !row.pattern.mask);
                let found = decoder.find(word).is_some_and(|found| core::ptr::eq(found, row));
                found && (row.lift)(&mut Lift::new(&mut Block::new(), 0, Features::without(Hidden(0))), word).is_some()
            });
            assert!(lifts, "{class}: {} {}", row.name, row.pattern.text);
        }
    }
}

/// No word is of two rows that are equally specific.
#[test]
fn table_rows_do_not_overlap() {
    let rows = || CLASSES.iter().flat_map(|(_, rows)| rows.iter());
    for (at, a) in rows().enumerate() {
        for b in rows().skip(at + 1) {
            let shared = (a.pattern.value ^ b.pattern.value) & a.pattern.mask & b.pattern.mask == 0;
            let equal = a.pattern.mask.count_ones() == b.pattern.mask.count_ones();
            assert!(!shared || !equal, "{} {} and {} {}", a.name, a.pattern.text, b.name, b.pattern.text);
        }
    }
}

/// Where a word is of two rows, the more specific one means something: it hides nothing.
#[test]
fn what_a_table_row_allows_the_decoder_lifts() {
    let decoder = Decoder::new();
    let lifts = |row: &Row, word| {
        (row.lift)(&mut Lift::new(&mut Block::new(), 0, Features::without(Hidden(0))), word).is_some()
    };
    let mut random = 7u64;
    for row in CLASSES.iter().flat_map(|(_, rows)| rows.iter()) {
        for _ in 0..3000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let word = row.pattern.value | ((random >> 32) as u32 & !row.pattern.mask);
            let found = decoder.find(word).expect("its own row at least");
            assert!(lifts(found, word) || !lifts(row, word), "{word:08x}: {} hides {}", found.name, row.name);
        }
    }
}
