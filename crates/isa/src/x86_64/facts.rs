//! What is known of this CPU to who explains ends.

use crate::facts::{AddressForm, Changed, Exception, Facts, Leaves, Returns, ThreadPointer};

/// The facts. Numbers of exceptions and bits of the error word are those of Intel's manual, volume 3, chapter 6.
pub static FACTS: Facts = Facts {
    exceptions: &[
        (1, Exception::SingleStep),
        (3, Exception::Breakpoint),
        (16, Exception::Float("the x87 control word")),
        (17, Exception::AlignmentFlag),
        (19, Exception::Float("MXCSR")),
    ],
    write: 2,
    returns: Returns::OnStack,
    // Near calls, and prefixes nobody writes.
    call_lens: 2..=7,
    len_max: 15,
    breakpoint_behind: Some((0xcc, "int3")),
    addresses: AddressForm { bits: 47, ignored: 0 },
    thread_pointers: &[
        ThreadPointer { register: "fs_base", title: "FS base", mark: "fs:" },
        ThreadPointer { register: "gs_base", title: "GS base", mark: "gs:" },
    ],
    changed: &[
        Changed {
            names: &["rcx", "ecx", "cx", "cl"],
            leaves: Leaves::PlaceOfCall,
            holds: "the CPU puts the address behind the call there",
        },
        Changed {
            names: &["r11", "r11d", "r11w", "r11b"],
            leaves: Leaves::Flags { may: 0x3f_7fd7, always: 2 },
            holds: "the CPU puts its flags there",
        },
        Changed {
            names: &["rdx", "edx", "dx", "dl"],
            leaves: Leaves::SecondResult,
            holds: "its second result is there",
        },
    ],
    first_word: &["rdi", "edi", "di", "dil"],
    of_stack: &["rsp", "rbp"],
    hidden: &["mul", "imul", "div", "idiv", "cdq", "cqo", "cpuid", "rdtsc", "rep", "loop", "xchg", "syscall"],
    reading: &["cmp", "test", "push", "bt"],
    // `R_X86_64_IRELATIVE` of the processor supplement.
    irelative: 37,
    stack_pointer: 7,
};
