//! Instructions that are known without being lifted to leave the flags alone and to go on behind themselves: what stands
//! between a comparison and the next one is looked through for nothing else.

/// Fixed bits of words, and what they are. All words that agree are allocated.
const ROWS: [(u32, u32); 13] = [
    // Loads and stores of a general register: with an unsigned distance, with a signed one, with a register.
    (0x3f80_0000, 0x3900_0000),
    (0x3fa0_0c00, 0x3800_0000),
    (0x3fa0_ec00, 0x3820_6800),
    // Of two.
    (0x7e00_0000, 0x2800_0000),
    // Sums and differences with a constant, and of registers.
    (0x3f80_0000, 0x1100_0000),
    (0xbfe0_0000, 0x8b00_0000),
    // Copies: of registers, of constants, of addresses.
    (0xff20_0000, 0xaa00_0000),
    (0xffe0_ffe0, 0x2a00_03e0),
    (0xff80_0000, 0xd280_0000),
    (0xff80_0000, 0xf280_0000),
    (0xffc0_0000, 0x5280_0000),
    (0x1f00_0000, 0x1000_0000),
    // Nothing.
    (0xffff_ffff, 0xd503_201f),
];

/// Whether a word is one.
pub(super) fn is_quiet(word: u32) -> bool {
    ROWS.iter().any(|(mask, value)| word & mask == *value)
}

#[cfg(test)]
mod tests {
    use super::ROWS;
    use crate::aarch64::rows::Decoder;
    use crate::lift::Next;
    use ashore_ir::{Block, Op};

    #[test]
    fn what_is_quiet_neither_touches_the_flags_nor_leaves() {
        let decoder = Decoder::new();
        let mut block = Block::new();
        for (mask, value) in ROWS {
            // Other bits in a fixed but irregular order.
            let mut random = 0x9e37_79b9u32;
            for _ in 0..2000 {
                random = random.wrapping_mul(0x0019_660d).wrapping_add(0x3c6e_f35f);
                let word = value | random & !mask;
                block.clear();
                let next = decoder.lift(&mut block, 0x1000, word);
                assert!(
                    next == Next::Follows && block.turns().is_empty(),
                    "{word:#010x} is quiet and lifts to\n{block}"
                );
                assert!(!block.ops().iter().any(|op| matches!(op, Op::Trap { .. })), "{word:#010x}");
            }
        }
    }
}
