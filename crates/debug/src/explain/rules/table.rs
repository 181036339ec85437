//! Every rule, exact ones before general ones: of two verdicts that are equally sure the first is the cause.

use super::super::verdict::Rule;
use super::{
    allocations, calls, children, clocks, endings, exits, instructions, jumps, memory, pointers, ranges, records,
    registers, shape, signals, stack, startup, systems, variants, words,
};
use ashore_report::table as row;

/// The rules.
pub static RULES: &[Rule] = &[
    Rule {
        diagnosis: &row::DIED_WRONG_THREAD_CALL,
        about: "Each system has its own call that sets the thread pointer. A runtime that was ported from another system, or \
                a file that runs as another system than it was built for, sets it with the other's call: it fails, and the \
                first access to thread-local memory, or a deliberate abort, ends the program.",
        signature: "the call that sets the thread pointer elsewhere failed, before the end",
        judge: systems::wrong_thread_call,
    },
    Rule {
        diagnosis: &row::DIED_WRONG_SYSTEM,
        about: "A file that was built for one system makes that system's calls by number. Run as another, its numbers mean \
                other calls, and it fails in its first steps.",
        signature: "the file's marks name another system than the one it ran as",
        judge: systems::wrong_system,
    },
    Rule {
        diagnosis: &row::STOPPED_STRICTLY,
        about: "With --strict a call that Ashore does not answer ends the program, so that nothing goes unnoticed.",
        signature: "it ran with --strict and made a call that is not answered",
        judge: systems::refused,
    },
    Rule {
        diagnosis: &row::DIED_FOREIGN_FLAG,
        about: "Memory that belongs to no file is asked for by a flag that is 0x20 on Linux and 0x1000 on the BSDs. With the wrong one, mmap wants a file.",
        signature: "mmap without a file failed, with the other systems' flag set and this system's clear",
        judge: calls::foreign_flag,
    },
    Rule {
        diagnosis: &row::DIED_ON_PURPOSE,
        about: "Runtimes crash on purpose where they cannot even print: Go's stores a number to the address of the same \
                number. What matters is the call that failed just before.",
        signature: "a constant is stored to the address of the same small number, behind a failed call",
        judge: calls::deliberate_abort,
    },
    Rule {
        diagnosis: &row::DIED_PATCHED,
        about: "The file was changed by ashore patch, and the crash is in or beside the changed code: what was put there does not fit what calls it.",
        signature: "the fault lies in bytes that the file's own manifest names, or a caller does",
        judge: startup::changed_code,
    },
    Rule {
        diagnosis: &row::DIED_LOW_MAPPING,
        about: "Hosts keep the first addresses free, so that null pointers fail. A mapping there is refused, and a program \
                that does not check the result dies at the first access.",
        signature: "a mapping below the host's lowest address failed, and the fault lies in it",
        judge: ranges::low_mapping,
    },
    Rule {
        diagnosis: &row::DIED_OF_LAYOUT,
        about: "Records that a call fills have fields at places of the system's own. A program that declares them otherwise - without the packing of Linux's epoll_event, with another system's kevent - reads half of one field and half of the next.",
        signature: "the pointer of the fault stands in a record that the last call filled, beside the record's own pointer, which is good",
        judge: records::layout,
    },
    Rule {
        diagnosis: &row::DIED_LOST_REGISTER,
        about: "A call may change more registers than that of its result: x86-64 puts the address behind the call into rcx and the flags into r11, and some calls of the BSDs give a second result, in rdx or x1. Assembly that does not say so lets the compiler keep a value there.",
        signature: "the address of the faulting operand is in such a register, and nothing has set it since the thread's last call",
        judge: registers::lost,
    },
    Rule {
        diagnosis: &row::DIED_AFTER_FORK,
        about: "The child of a vfork uses its parent's stack, so libraries keep the return address in a register meanwhile. One that the call changes leads both nowhere.",
        signature: "the last call made a child, and the word that a return took is what the call left in a register",
        judge: registers::fork_return,
    },
    Rule {
        diagnosis: &row::DIED_UNCHOSEN,
        about: "For some functions a file holds several variants and a function that chooses one when the program starts (an indirect function). Until start-up code has asked it, calls lead nowhere. Some C libraries, musl among them, never ask in static programs.",
        signature: "a call went through a slot that an IRELATIVE relocation is to fill, and the slot holds what the file has there",
        judge: variants::unchosen,
    },
    Rule {
        diagnosis: &row::DIED_ZERO_FILL,
        about: "A segment may be longer in memory than in the file: the rest is zero at first. Where it may not be written either, as when a section lacks the flag for it, nothing but zeros can ever stand there.",
        signature: "a write was forbidden in the part of a segment that the file does not fill, and the segment's own flags forbid it",
        judge: ranges::zero_fill,
    },
    Rule {
        diagnosis: &row::DIED_START_REGISTERS,
        about: "A program finds its arguments at its first instruction: at the stack pointer on Linux and NetBSD, on FreeBSD and DragonFly where the register of a function's first word points (rdi, x0).",
        signature: "before any call, the start-up code used that register as the kernel left it, on a system that leaves nothing there",
        judge: startup::start_registers,
    },
    Rule {
        diagnosis: &row::DIED_THREAD_LOCAL,
        about: "Thread-local variables count from the thread pointer: the base of FS or GS, TPIDR_EL0 on arm64. Before a thread has set it, or \
                when it was taken for another purpose, each of them lies near address 0.",
        signature: "an instruction with FS or GS faulted, or one right behind a look at TPIDR_EL0, and that is 0 or a small number",
        judge: pointers::thread_local,
    },
    Rule {
        diagnosis: &row::DIED_NO_SIGNAL_STACK,
        about: "For a handler the system puts a frame of a few KiB on the stack. Where it does not fit, the process ends by \
                SIGSEGV without any handler having run.",
        signature: "a signal came for a handler, and the frame could not be written",
        judge: signals::no_room,
    },
    Rule {
        diagnosis: &row::DIED_IN_HANDLER,
        about: "While the handler of a fault runs its signal is blocked; a fault with a blocked signal cannot be handled, and \
                ends the process.",
        signature: "the signal of the fault has a handler, and the process died all the same",
        judge: signals::double_fault,
    },
    Rule {
        diagnosis: &row::DIED_AFTER_HANDLER,
        about: "A handler may change the context that it returns to. What it writes there is taken over by the CPU: a wrong \
                address or a damaged frame fails at once.",
        signature: "the first fault comes right behind a handler's return, where the context led",
        judge: signals::after_handler,
    },
    Rule {
        diagnosis: &row::DIED_STACK_OVERFLOW,
        about: "Every call takes some stack. Recursion without end, or arrays of great size, run into the guard below it.",
        signature: "the fault is at the stack pointer or a little below, beside the lower end of a stack",
        judge: stack::overflow,
    },
    Rule {
        diagnosis: &row::DIED_ERRNO_POINTER,
        about: "Calls give back -1 or a negative error number when they fail. Used as a pointer it lies at the very end of the \
                address space, where nothing is.",
        signature: "a register of the faulting operand holds a number from -4095 to -1, and a call failed with it",
        judge: pointers::errno_pointer,
    },
    Rule {
        diagnosis: &row::DIED_NULL,
        about: "A pointer that is null, or a field's offset from null, was read, written or called.",
        signature: "the fault's address lies in the first pages, and an operand's register holds 0 or little more",
        judge: memory::null_pointer,
    },
    Rule {
        diagnosis: &row::DIED_GIVEN_BACK,
        about: "The memory was there and was given back by munmap, and somebody kept a pointer into it.",
        signature: "nothing is mapped at the address, and it lies in a range of an earlier munmap",
        judge: ranges::unmapped_earlier,
    },
    Rule {
        diagnosis: &row::DIED_READ_ONLY,
        about: "String literals, constants and code are mapped read-only, as is what the program itself made so by mprotect.",
        signature: "a write was forbidden where reading is allowed",
        judge: ranges::read_only,
    },
    Rule {
        diagnosis: &row::DIED_EXECUTING,
        about: "Stacks, data and memory mapped without PROT_EXEC do not run, even when the bytes in them are code.",
        signature: "the instruction could not be fetched, and memory is mapped there without permission to execute",
        judge: ranges::executed_data,
    },
    Rule {
        diagnosis: &row::DIED_BEYOND_FILE,
        about: "A mapping may have more pages than its file, when it was made too long or the file was made shorter later. \
                Those pages cannot be used.",
        signature: "SIGBUS for an address in a mapping of a file",
        judge: ranges::beyond_file,
    },
    Rule {
        diagnosis: &row::DIED_OVERRUN,
        about: "A loop or copy went on past the end of a mapping, into a guard page or where nothing is.",
        signature: "the fault is right behind the end of a mapping that can be used",
        judge: ranges::overrun,
    },
    Rule {
        diagnosis: &row::DIED_HEAP,
        about: "The C library checks its heap when blocks are taken and freed, and stops where it finds damage: a block freed \
                twice, a block written past its end, a pointer that was never malloc's.",
        signature: "an instruction that stops on purpose, in malloc or free",
        judge: instructions::heap_damaged,
    },
    Rule {
        diagnosis: &row::DIED_SMASHED,
        about: "An array on the stack was written past its end, and with it the address that the function returns to.",
        signature: "a return instruction took a word that is no address, or the compiler's check (__stack_chk_fail) stopped it",
        judge: jumps::smashed,
    },
    Rule {
        diagnosis: &row::DIED_NOT_ADDRESS,
        about: "An address has 47 bits and their sign, on arm64 48 below a byte that the CPU ignores. Anything else, such as text \
                or a pointer with a longer tag, the CPU refuses, x86-64 without naming an address.",
        signature: "the CPU refused an operand whose address is not canonical",
        judge: pointers::not_canonical,
    },
    Rule {
        diagnosis: &row::DIED_MISALIGNED,
        about: "Some instructions want their operand at a multiple of its size: vector instructions of x86-64, which compilers \
                use for the stack, which must be a multiple of 16 at each call; exclusive, atomic and ordered ones of arm64.",
        signature: "the CPU refused an operand of such an instruction, and its address is not aligned",
        judge: instructions::misaligned,
    },
    Rule {
        diagnosis: &row::DIED_DIVIDING,
        about: "x86-64 refuses to divide an integer by zero, and to divide the smallest integer by -1. arm64 gives 0, and the \
                smallest integer.",
        signature: "a division instruction raised the fault",
        judge: instructions::divided,
    },
    Rule {
        diagnosis: &row::DIED_FLOATING,
        about: "Floating-point exceptions are masked unless a program unmasks them; then the operation that raises one ends it \
                by SIGFPE.",
        signature: "the CPU's exception is one of SSE or of x87",
        judge: instructions::float,
    },
    Rule {
        diagnosis: &row::DIED_UNSUPPORTED,
        about: "A program that was built for a newer CPU, or that does not ask what the CPU has, uses an instruction that is \
                not there.",
        signature: "SIGILL at a valid instruction, which needs a feature of the CPU",
        judge: instructions::unsupported,
    },
    Rule {
        diagnosis: &row::DIED_TRAPPED,
        about: "Compilers put an undefined instruction where a program must not come, and behind checks that failed: \
                __builtin_trap, unreachable code, Rust's abort, sanitizers without a runtime.",
        signature: "SIGILL at ud2, ud1, ud0 or udf, or SIGTRAP at a brk of a compiler's number",
        judge: instructions::trapped,
    },
    Rule {
        diagnosis: &row::DIED_INVALID,
        about: "The bytes are no instruction of this CPU: the jump that led there was wrong, or the code was damaged.",
        signature: "SIGILL at bytes that do not decode",
        judge: instructions::invalid,
    },
    Rule {
        diagnosis: &row::DIED_BREAKPOINT,
        about: "A breakpoint instruction is for a debugger; without one it ends the program by SIGTRAP.",
        signature: "SIGTRAP with the CPU's breakpoint exception, or at a breakpoint instruction",
        judge: instructions::breakpoint,
    },
    Rule {
        diagnosis: &row::DIED_PRIVILEGED,
        about: "Instructions that stop the CPU, reach ports or change the machine's state are the kernel's.",
        signature: "the CPU refused such an instruction, or does not have it for programs",
        judge: instructions::privileged,
    },
    Rule {
        diagnosis: &row::DIED_FLAGS,
        about: "The trap flag stops the CPU behind each instruction, the alignment flag makes it check each address. Both \
                survive calls and confuse whoever comes next.",
        signature: "the CPU's exception is a single step, or an alignment check",
        judge: instructions::flags,
    },
    Rule {
        diagnosis: &row::DIED_WILD_CALL,
        about: "A function pointer or a table of functions was overwritten or never set right, and a call went where nothing \
                is.",
        signature: "the instruction could not be fetched, and nothing is mapped there",
        judge: jumps::wild,
    },
    Rule {
        diagnosis: &row::DIED_LIMIT,
        about: "A process that uses more CPU time or writes greater files than its limits allow gets a signal that ends it.",
        signature: "SIGXCPU or SIGXFSZ, which it did not send itself",
        judge: signals::limit,
    },
    Rule {
        diagnosis: &row::DIED_FOREIGN_WAIT,
        about: "Threads wait for each other by a call of the kernel, which every system has another of. Where it is missing, locks spin, or the program gives up.",
        signature: "a number that is futex, _umtx_op or the like elsewhere failed several times, and the program ended badly",
        judge: calls::foreign_wait,
    },
    Rule {
        diagnosis: &row::DIED_FOREIGN_CALLS,
        about: "A file that says nothing of its system ran as one whose table of calls its calls do not fit: numbers that do not exist, addresses where descriptors should stand.",
        signature: "the file has no marks, calls fail, and their numbers and arguments fit another system's table much better",
        judge: shape::foreign_calls,
    },
    Rule {
        diagnosis: &row::DIED_BEFORE_MAIN,
        about: "Between the first instruction and main a program sets up its thread pointer, reads its arguments, relocates itself and runs constructors.",
        signature: "a fault, few calls, one thread, and on the stack what runs only before main",
        judge: startup::before_main,
    },
    Rule {
        diagnosis: &row::ENDED_BY_UNHANDLED,
        about: "Handlers belong to a program: what a process runs by exec begins without them, and so does a child that resets them. A signal that the parent takes as a request then ends the child.",
        signature: "a wait told that a child died of a signal, the program has a handler for that signal, and it ended badly",
        judge: children::unhandled,
    },
    Rule {
        diagnosis: &row::DIED_GO_PANIC,
        about: "A Go program panicked and nobody recovered: the runtime prints the value, the stacks of the goroutines, and ends with status 2.",
        signature: "it wrote `panic: ` and ended as Go's runtime ends a program",
        judge: words::go_panic,
    },
    Rule {
        diagnosis: &row::DIED_GO_FAULT,
        about: "Go's runtime found what no program can go on with: a deadlock, a map written by two goroutines at once, no memory, no threads.",
        signature: "it wrote `fatal error: ` and ended as Go's runtime ends a program",
        judge: words::go_fault,
    },
    Rule {
        diagnosis: &row::DIED_RUST_PANIC,
        about: "A Rust program panicked in its main thread, or was built to abort when it panics.",
        signature: "it wrote `thread ... panicked at`, and ended with status 101 or by abort",
        judge: words::rust_panic,
    },
    Rule {
        diagnosis: &row::DIED_ASSERTING,
        about: "A C or C++ program checks a condition by assert, and aborts when it is false.",
        signature: "it wrote that an assertion failed, and sent itself SIGABRT",
        judge: words::assertion,
    },
    Rule {
        diagnosis: &row::DIED_OF_EXCEPTION,
        about: "A C++ exception left main, a thread or a destructor: std::terminate aborts.",
        signature: "it wrote that it terminates for an exception, and sent itself SIGABRT",
        judge: words::exception,
    },
    Rule {
        diagnosis: &row::ENDED_UNRESOLVED,
        about: "The dynamic linker ran before the program and missed a library, or a symbol of one: versions do not fit together.",
        signature: "it wrote what could not be loaded or relocated, and ended with a status that is not 0",
        judge: words::unresolved,
    },
    Rule {
        diagnosis: &row::ENDED_MISUSED,
        about: "The program was started with options or arguments that it does not know, or without ones that it needs.",
        signature: "it wrote of an unknown option or how it is used, and ended with a status that is not 0",
        judge: words::misused,
    },
    Rule {
        diagnosis: &row::ENDED_NO_FILE,
        about: "The program needs a file, and there is none of that name.",
        signature: "the call that it gave up at failed with ENOENT",
        judge: |evidence| exits::gave_up(evidence, &row::ENDED_NO_FILE),
    },
    Rule {
        diagnosis: &row::ENDED_FORBIDDEN,
        about: "The system refused for want of permission.",
        signature: "the call that it gave up at failed with EACCES, EPERM or EROFS",
        judge: |evidence| exits::gave_up(evidence, &row::ENDED_FORBIDDEN),
    },
    Rule {
        diagnosis: &row::ENDED_ADDRESS_USED,
        about: "Another program, or an earlier run that has not ended, listens there.",
        signature: "the call that it gave up at failed with EADDRINUSE",
        judge: |evidence| exits::gave_up(evidence, &row::ENDED_ADDRESS_USED),
    },
    Rule {
        diagnosis: &row::ENDED_UNREACHED,
        about: "Nobody listens at the address that it wants to reach, or there is no way to it.",
        signature: "the call that it gave up at failed with ECONNREFUSED, or there is no route",
        judge: |evidence| exits::gave_up(evidence, &row::ENDED_UNREACHED),
    },
    Rule {
        diagnosis: &row::ENDED_LOOKUP,
        about: "The program asked for the address of a host and got none: the name is wrong, or nobody could be asked.",
        signature: "it wrote that a host or name was not found",
        judge: words::lookup,
    },
    Rule {
        diagnosis: &row::ENDED_LIMITED,
        about: "The system has a limit for open files, threads and processes, and the program reached it: often it does not close what it opens.",
        signature: "the call that it gave up at failed with EMFILE, ENFILE, or EAGAIN where a thread was to start",
        judge: |evidence| exits::gave_up(evidence, &row::ENDED_LIMITED),
    },
    Rule {
        diagnosis: &row::ENDED_DISK_FULL,
        about: "What the program wrote did not fit.",
        signature: "the call that it gave up at failed with ENOSPC, EDQUOT or EFBIG",
        judge: |evidence| exits::gave_up(evidence, &row::ENDED_DISK_FULL),
    },
    Rule {
        diagnosis: &row::ENDED_NO_MEMORY,
        about: "The program asked the system for memory and got none.",
        signature: "the call that it gave up at failed with ENOMEM",
        judge: |evidence| exits::gave_up(evidence, &row::ENDED_NO_MEMORY),
    },
    Rule {
        diagnosis: &row::ENDED_WRONG_KIND,
        about: "A path or descriptor names something of another kind: a directory for a file, a file for a directory, no terminal.",
        signature: "the call that it gave up at failed with ENOTDIR, EISDIR, EEXIST, ENOTTY or the like",
        judge: |evidence| exits::gave_up(evidence, &row::ENDED_WRONG_KIND),
    },
    Rule {
        diagnosis: &row::ENDED_NO_PROGRAM,
        about: "The program wanted to start another, which does not exist, or may not be run.",
        signature: "a call that runs a program failed, and it ended with a status that is not 0",
        judge: |evidence| exits::gave_up(evidence, &row::ENDED_NO_PROGRAM),
    },
    Rule {
        diagnosis: &row::ENDED_PIPE,
        about: "The other end of a pipe or connection was closed.",
        signature: "the call that it gave up at failed with EPIPE, or SIGPIPE came for it",
        judge: exits::broken_pipe,
    },
    Rule {
        diagnosis: &row::ENDED_ZERO_SIZE,
        about: "An allocator may give null for 0 bytes, and mmap refuses to map none. A program that takes that for a lack of memory gives up with memory to spare.",
        signature: "it wrote that memory ran out, and no call for memory failed for want of it",
        judge: allocations::no_lack,
    },
    Rule {
        diagnosis: &row::ENDED_BY_CLOCK,
        about: "Some clocks count the time that a program computes. They stand still while it sleeps, so a time-out measured by one comes late or never. On the BSDs Linux's number of CLOCK_MONOTONIC is such a clock.",
        signature: "it read a clock of computing time before and after it waited, the clock stood still, and right after it ended with a status that is not 0",
        judge: clocks::standing,
    },
    Rule {
        diagnosis: &row::DIED_SPINNING,
        about: "A loop makes a call again whatever it answers: it misreads an error, or waits for what does not come.",
        signature: "one call failed the same way more than 100000 times in a row, and something ended the program",
        judge: calls::livelock,
    },
    Rule {
        diagnosis: &row::DIED_MISSING_CALL,
        about: "The system does not have the call, or Ashore does not answer it yet: it fails with ENOSYS, on some systems with SIGSYS too.",
        signature: "a call failed with ENOSYS shortly before the end",
        judge: calls::missing_call,
    },
    Rule {
        diagnosis: &row::ENDED_UNANSWERED,
        about: "ioctl and sysctl are doors to thousands of small questions. This one is not known, and the program does not go on without an answer.",
        signature: "ioctl or sysctl failed right before it ended",
        judge: calls::unanswered,
    },
    Rule {
        diagnosis: &row::ENDED_AT_WAIT,
        about: "A descriptor that does not block says EAGAIN where it would have to wait. A program that compares with another system's number gives up there.",
        signature: "the last failed call said EAGAIN, EINTR or EINPROGRESS, right before it ended with a status that is not 0",
        judge: calls::would_block,
    },
    Rule {
        diagnosis: &row::ENDED_AS_CHILD,
        about: "Shells, and programs like them, end with 128 and the number of the signal that their child died of.",
        signature: "its status is 128 and the number of a signal",
        judge: children::child_died,
    },
    Rule {
        diagnosis: &row::DIED_ABORTING,
        about: "The program called abort: it found a fault of its own. What it wrote before usually says which.",
        signature: "it sent itself SIGABRT",
        judge: endings::aborted,
    },
    Rule {
        diagnosis: &row::DIED_UNMAPPED,
        about: "The address belongs to nothing: the pointer is damaged, was never set, or what it pointed to is gone.",
        signature: "nothing is mapped at the fault's address",
        judge: memory::unmapped,
    },
    Rule {
        diagnosis: &row::DIED_RAISING,
        about: "The program sent itself a signal it has no handler for: by raise, kill or its library.",
        signature: "the signal was sent, and by the process itself",
        judge: signals::sent,
    },
    Rule {
        diagnosis: &row::DIED_SENT,
        about: "Another process sent a signal that the program has no handler for.",
        signature: "the signal was sent, and by another process",
        judge: signals::from_outside,
    },
    Rule {
        diagnosis: &row::DIED_OF_SIGNAL,
        about: "A signal ended the program, and no other rule knows more.",
        signature: "it died of a signal",
        judge: endings::any_signal,
    },
    Rule {
        diagnosis: &row::ENDED_FAILING,
        about: "The program ended by itself with a status that says it failed. Its last failing call often tells why.",
        signature: "its exit status is not 0",
        judge: endings::any_status,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_row_and_texts_of_its_own() {
        for (at, rule) in RULES.iter().enumerate() {
            let code = rule.diagnosis.code;
            assert!(row::ALL.iter().any(|row| row.code == code), "{code}");
            assert!(code.starts_with("E09"), "{code} is not of the area");
            let others = RULES.iter().skip(at + 1);
            assert!(others.clone().all(|other| other.diagnosis.code != code), "{code} has two rules");
            assert!(rule.about.ends_with('.') && !rule.signature.ends_with('.'), "{code}");
        }
        let rows = row::ALL.iter().filter(|row| row.code.starts_with("E09"));
        let without: Vec<&str> =
            rows.map(|row| row.code).filter(|code| RULES.iter().all(|rule| rule.diagnosis.code != *code)).collect();
        assert!(without.is_empty(), "rows without a rule: {without:?}");
    }
}
