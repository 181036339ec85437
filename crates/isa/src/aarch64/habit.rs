//! Which registers a program's compiler prefers: what compilers put where differs more than what programs do.

use super::state::{SP, v, x};
use crate::lift::Habit;
use ashore_ir::Slot;

/// How many registers of a kind a list has.
const COUNT: usize = 11;
/// The number of the stack pointer, as an operand that is not zero.
const STACK: u8 = 31;
/// No register.
const NONE: u8 = 32;

/// The general registers that are worth a host register, those first that are named in short instructions: of anybody's code,
/// which is what the others have in common, of GCC's, of LLVM's, of Go's. Vectors are the same in all.
static FAVOURITES: [[Slot; 2 * COUNT]; 4] = [
    list([0, 1, 8, 2, STACK, 9, 19, 3, 20, 30, 4]),
    list([0, 1, 2, 3, STACK, 19, 20, 21, 30, 22, 4]),
    list([8, 0, 9, 1, STACK, 19, 20, 21, 30, 10, 29]),
    list([0, 1, 2, 3, STACK, 4, 5, 27, 30, 6, 29]),
];

/// A general register, or the stack pointer.
const fn general(number: u8) -> Slot {
    if number == STACK { SP } else { x(number) }
}

/// The slots of general registers and of the vectors.
#[rustfmt::skip]
const fn list([a, b, c, d, e, f, g, h, i, j, k]: [u8; COUNT]) -> [Slot; 2 * COUNT] {
    [
        general(a), general(b), general(c), general(d), general(e), general(f),
        general(g), general(h), general(i), general(j), general(k),
        v(0), v(1), v(2), v(3), v(4), v(5), v(6), v(7), v(16), v(17), v(18),
    ]
}

/// The registers worth a host register in programs of a habit, general ones and vectors.
pub(super) fn favourites_of(habit: Habit) -> &'static [Slot] {
    let [first, ..] = &FAVOURITES;
    FAVOURITES.get(usize::from(habit.0)).unwrap_or(first)
}

/// The habit that suits some code best.
pub(crate) fn habit_of(code: &[u8]) -> Habit {
    let mut counts = [0u32; NONE as usize + 1];
    for word in code.chunks_exact(4).filter_map(<[u8]>::first_chunk) {
        for number in registers(u32::from_le_bytes(*word)) {
            if let Some(count) = counts.get_mut(usize::from(number)) {
                *count += 1;
            }
        }
    }
    let count_of = |slot: &Slot| counts.get(usize::from(slot.offset) / 8);
    let named = |list: &[Slot]| list.iter().take(COUNT).filter_map(count_of).sum::<u32>();
    // Of equals the first.
    let best = FAVOURITES.iter().enumerate().rev().max_by_key(|(_, list)| named(list.as_slice()));
    Habit(best.map_or(0, |(number, _)| number as u8))
}

/// The general registers that an instruction of the usual kinds names.
fn registers(word: u32) -> [u8; 3] {
    let field = |at: u32| (word >> at & 31) as u8;
    let (d, n, m, second) = (field(0), field(5), field(16), field(10));
    // Where it is no stack pointer, it is zero.
    let or_zero = |number: u8| if number == STACK { NONE } else { number };
    let of_vectors = word >> 26 & 1 != 0;
    let moved = |number: u8| if of_vectors { NONE } else { or_zero(number) };
    let is = |mask: u32, value: u32| word & mask == value;
    if is(0x3b00_0000, 0x3900_0000) || is(0x3b20_0000, 0x3800_0000) {
        [n, moved(d), NONE]
    } else if is(0x3b20_0c00, 0x3820_0800) {
        [n, moved(d), or_zero(m)]
    } else if is(0x3a00_0000, 0x2800_0000) {
        [n, moved(d), moved(second)]
    } else if is(0x1f00_0000, 0x1100_0000) {
        [d, n, NONE]
    } else if is(0x1f80_0000, 0x1200_0000) || is(0x1f80_0000, 0x1300_0000) {
        [d, or_zero(n), NONE]
    } else if is(0x1f80_0000, 0x1280_0000) || is(0x1f00_0000, 0x1000_0000) {
        [d, NONE, NONE]
    } else if is(0x0e00_0000, 0x0a00_0000)
        || is(0x1fe0_0000, 0x1a80_0000)
        || is(0x1fe0_0000, 0x1ac0_0000)
        || is(0x1f00_0000, 0x1b00_0000)
    {
        [d, n, m].map(or_zero)
    } else if is(0x7e00_0000, 0x3400_0000) || is(0x7e00_0000, 0x3600_0000) {
        [or_zero(d), NONE, NONE]
    } else if is(0xfe00_0000, 0xd600_0000) {
        [n, NONE, NONE]
    } else if is(0xfc00_0000, 0x9400_0000) {
        [30, NONE, NONE]
    } else {
        [NONE; 3]
    }
}

#[cfg(test)]
mod tests {
    use super::{COUNT, FAVOURITES, habit_of};
    use crate::lift::Habit;
    use alloc::vec::Vec;

    #[test]
    fn no_list_names_a_register_twice() {
        for list in &FAVOURITES {
            for (at, slot) in list.iter().enumerate() {
                assert!(!list[..at].contains(slot), "{slot:?}");
            }
            assert_eq!(list.len(), 2 * COUNT);
        }
    }

    #[test]
    fn code_is_of_who_writes_so() {
        let bytes = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        // mov x21, x0; ldr x22, [x21, #8]; add x20, x22, x21
        assert_eq!(habit_of(&bytes(&[0xaa00_03f5, 0xf940_06b6, 0x8b15_02d4])), Habit(1));
        // ldr x8, [x29, #8]; add x10, x9, x8; str x10, [x29, #8]
        assert_eq!(habit_of(&bytes(&[0xf940_07a8, 0x8b08_012a, 0xf900_07aa])), Habit(2));
        // ldr x27, [x0]; add x5, x6, x27; str x5, [x0]
        assert_eq!(habit_of(&bytes(&[0xf940_001b, 0x8b1b_00c5, 0xf900_0005])), Habit(3));
        assert_eq!(habit_of(&[]), Habit(0));
    }
}
