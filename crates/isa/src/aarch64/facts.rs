//! What is known of this CPU to who explains ends.

use super::kept::WRITE;
use crate::facts::{AddressForm, Changed, Facts, Leaves, Returns, ThreadPointer};

/// The facts. The numbers are those of the processor's ELF and DWARF supplements (IHI 0056, IHI 0057).
pub static FACTS: Facts = Facts {
    // A signal's number and code tell them apart.
    exceptions: &[],
    write: WRITE,
    returns: Returns::InLink,
    call_lens: 4..=4,
    len_max: 4,
    breakpoint_behind: None,
    // The uppermost byte is the program's.
    addresses: AddressForm { bits: 48, ignored: 8 },
    thread_pointers: &[ThreadPointer { register: "tls", title: "TPIDR_EL0", mark: "tpidr_el0" }],
    changed: &[Changed { names: &["x1", "w1"], leaves: Leaves::SecondResult, holds: "its second result is there" }],
    first_word: &["x0", "w0"],
    of_stack: &["sp", "x29"],
    hidden: &["ldp", "ldpsw", "swp", "cas", "svc"],
    reading: &["cmp", "cmn", "tst", "ccmp", "ccmn", "str", "strb", "strh", "stur", "stp", "cbz", "cbnz", "tbz", "tbnz"],
    // `R_AARCH64_IRELATIVE`.
    irelative: 1032,
    stack_pointer: 31,
};
