//! What is known of this CPU to who explains ends.

use crate::facts::{AddressForm, Facts, Returns, ThreadPointer};

/// The facts. The numbers are those of the psABI.
pub static FACTS: Facts = Facts {
    exceptions: &[],
    write: 0,
    returns: Returns::InLink,
    call_lens: 2..=4,
    len_max: 4,
    breakpoint_behind: None,
    addresses: AddressForm { bits: 47, ignored: 0 },
    thread_pointers: &[ThreadPointer { register: "tp", title: "tp", mark: "(tp)" }],
    changed: &[],
    first_word: &["a0"],
    of_stack: &["sp", "s0"],
    hidden: &[],
    reading: &["sd", "sw", "sh", "sb", "beq", "bne", "blt", "bge", "bltu", "bgeu"],
    // `R_RISCV_IRELATIVE`.
    irelative: 58,
    stack_pointer: 2,
};
