use super::{CLASSES, Decoder, disassemble};

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
