//! Every diagnosis Ashore can make, by area: E01xx files, E02xx which system, E03xx start-up, E04xx call sites and engine,
//! E05xx the guest's calls, E06xx the command line and the host, E07xx what `ashore check` finds, E08xx changing
//! programs, E09xx why a program died.
//!
//! To add one: a row here, the site that raises it, a case that expects it and a case that must not raise it.

use crate::{Diagnosis, Level};

/// Declares the rows once: a named static for the site that raises it, and the list of all.
macro_rules! rows {
    ($($name:ident: $code:literal, $slug:literal, $level:ident, $text:literal, $remedy:literal;)*) => {
        $(#[doc = concat!($code, ": ", $text, ".")]
        pub static $name: Diagnosis = Diagnosis {
            code: $code, slug: $slug, level: Level::$level, text: $text, remedy: $remedy,
        };)*

        /// All rows, in the order of their codes.
        pub static ALL: &[&Diagnosis] = &[$(&$name),*];
    };
}

rows! {
    // E01xx: files
    UNKNOWN_FORMAT: "E0101", "unknown-format", CannotRun,
        "this is not a program format Ashore knows",
        "Ashore reads ELF, Mach-O (thin and universal) and APE files";
    TRUNCATED: "E0102", "truncated", CannotRun,
        "the file ends before a structure it announces",
        "the file is incomplete or damaged: copy or build it again";
    MALFORMED: "E0103", "malformed", CannotRun,
        "the file contradicts itself or its format",
        "the file is damaged or its linker is at fault: build it again";
    UNSUPPORTED_LAYOUT: "E0104", "unsupported-layout", CannotRun,
        "the file uses a variant of its format that Ashore does not read",
        "build it as a 64-bit little-endian program";
    SEGMENTS_OVERLAP: "E0105", "segments-overlap", CannotRun,
        "two segments claim the same memory",
        "the file is damaged or its linker is at fault: build it again";
    SEGMENT_RANGE: "E0106", "segment-range", CannotRun,
        "a segment does not fit the file or the address space",
        "the file is incomplete or damaged: copy or build it again";
    FOREIGN_FORMAT: "E0107", "foreign-format", CannotRun,
        "this is a program of a system Ashore does not run",
        "build the program for one of the systems `ashore platforms` lists";
    NOT_A_PROGRAM: "E0108", "not-a-program", CannotRun,
        "this file holds code or data, but is not a program to start",
        "link it into an executable first";
    ENTRY_OUTSIDE: "E0109", "entry-outside", CannotRun,
        "the entry point is not inside an executable segment",
        "the file is damaged or was linked without a start function";
    NO_IMAGE_FOR_CPU: "E0110", "no-image-for-cpu", CannotRun,
        "the file holds no program for the wanted CPU",
        "`ashore inspect` lists what the file holds";
    WRAPPED_OFFSET: "E0111", "wrapped-offset", Warning,
        "a segment begins before the file does, and its file offset is negative",
        "leave room for the headers: begin the code 0x1000 later, or make segments of smaller pages (Go: -R=0x1000)";
    NOT_A_CORE: "E0112", "not-a-core", CannotRun,
        "this is not a core file: what a system, a debugger or Ashore writes when a process ends",
        "`ashore run --core FILE PROGRAM` writes one when the program dies of a signal";

    // E02xx: which system and CPU
    UNDECIDED_OS: "E0201", "undecided-os", CannotRun,
        "nothing in the file says which system it is for",
        "name the system: --os linux|dragonfly|freebsd|netbsd";
    UNSUPPORTED_OS: "E0202", "unsupported-os", CannotRun,
        "programs of this system do not run yet",
        "`ashore platforms` lists what runs";
    UNSUPPORTED_CPU: "E0203", "unsupported-cpu", CannotRun,
        "programs for this CPU do not run yet",
        "`ashore platforms` lists what runs";
    DYNAMIC_PROGRAM: "E0204", "dynamic-program", CannotRun,
        "dynamically linked programs of this system do not run yet",
        "link it statically (Go: CGO_ENABLED=0; C: -static)";
    NOT_FOR_BOOT: "E0205", "not-for-boot", CannotRun,
        "the kernel of `ashore boot` runs Linux programs for arm64, and this is none",
        "build it so (Go: GOOS=linux GOARCH=arm64; zig cc: -target aarch64-linux-musl); other programs: `ashore run`";
    BOOT_DYNAMIC: "E0206", "boot-dynamic", CannotRun,
        "the program needs libraries, and the machine would have none",
        "give it a tree that has them (--root DIR) or each of them (--file), or link it statically (Go: CGO_ENABLED=0; C: -static)";
    NO_INTERPRETER: "E0207", "no-interpreter", CannotRun,
        "the program that loads this one's libraries was not found",
        "give the tree that has it and the libraries (--root DIR), or link the program statically";

    // E03xx: start-up
    CANNOT_MAP: "E0301", "cannot-map", CannotRun,
        "the program cannot be placed in memory",
        "the addresses it wants are taken or forbidden here (vm.mmap_min_addr, ulimit -v)";
    CANNOT_START: "E0302", "cannot-start", Failed,
        "the program's first thread cannot be prepared",
        "fewer arguments or a smaller environment may help";

    // E04xx: call sites and engine
    NO_NET: "E0401", "no-net", CannotRun,
        "this kernel offers no way to catch a system call that Ashore did not find",
        "Linux 5.11 or later has one (Syscall User Dispatch); `ashore doctor` shows what this machine has";

    // E06xx: the command line and the host
    PROGRAM_NOT_FOUND: "E0601", "program-not-found", NotFound,
        "there is no such program",
        "check the path; a name without a slash is looked up in PATH";
    PROGRAM_UNREADABLE: "E0602", "program-unreadable", CannotRun,
        "the program's file cannot be read",
        "check its permissions";
    UNKNOWN_TARGET: "E0603", "unknown-target", Failed,
        "there is no such machine or system to check for",
        "machines: virt, raspi4, firecracker, or a device tree by --dtb; systems: linux, freebsd and others by Go's names";
    BAD_DEVICE_TREE: "E0604", "bad-device-tree", Failed,
        "the device tree cannot be read",
        "`qemu-system-aarch64 -M virt,dumpdtb=FILE` and the boot loader of a board write good ones";
    NO_DEBUGGER: "E0605", "no-debugger", Failed,
        "no place for a debugger to come to could be made",
        "name another port, 0 for any free one, or unix:PATH of a socket that does not exist";

    RECORDING_UNWRITABLE: "E0606", "recording-unwritable", Failed,
        "the recording cannot be made",
        "choose another place for it (--record FILE)";
    RECORDING_UNREADABLE: "E0607", "recording-unreadable", Failed,
        "the recording cannot be replayed",
        "only what `ashore run --record` wrote can be, by the same version of Ashore";
    NO_QEMU: "E0608", "no-qemu", Failed,
        "there is no emulator of arm64 machines here",
        "`ashore boot` starts QEMU 7.2 or later: Debian's package is qemu-system-arm";
    NO_KERNEL: "E0609", "no-kernel", Failed,
        "this Ashore was built without a kernel for `ashore boot`",
        "`cargo xtask kernel` makes it; build Ashore again then, or name the file (--kernel FILE)";
    BOOT_FILES: "E0610", "boot-files", Failed,
        "the files for the machine cannot be put together",
        "check that they exist and can be read; --file takes HOST:GUEST, GUEST being an absolute path";
    MACHINE_FAILED: "E0611", "machine-failed", Failed,
        "the machine ended, and its kernel did not say how",
        "QEMU's own words may tell why: it must be 7.2 or later, and get the memory that --memory names";
    MACHINE_STOPPED: "E0612", "machine-stopped", Failed,
        "the machine was stopped before its program ended",
        "give it more time (--timeout), or look at it with --gdb PORT";
    KERNEL_PANIC: "E0613", "kernel-panic", Failed,
        "Ashore's own kernel met something that cannot be",
        "this is a defect of Ashore: please report it with these lines and the program";
    MACHINE_REFUSED: "E0614", "machine-refused", Failed,
        "the machine cannot be made as it was asked for",
        "ask for another port, or for less memory";
    NO_SUCH_FUNCTION: "E0615", "no-such-function", Failed,
        "the file names no such function",
        "give its name as `nm FILE` or Go's own tables have it, or an address in it in hexadecimal (0x401000)";
    PERF_MAP: "E0616", "perf-map", Failed,
        "the file for perf cannot be made",
        "remove the file of that name, or run without --perf-map";

    // E070x: a machine's memory
    WRITABLE_OUTSIDE_RAM: "E0701", "writable-outside-ram", Finding,
        "memory the program writes to is not RAM: stores are lost or change the chip's state",
        "link the program so that all writable sections lie in RAM";
    OUTSIDE_MEMORY: "E0702", "outside-memory", Finding,
        "a segment lies where the machine has no memory",
        "link the program for this machine's RAM, or give the machine more (--memory)";
    CODE_IN_BUSY_FLASH: "E0703", "code-in-busy-flash", Warning,
        "code runs from a flash chip that stray stores can switch away from it",
        "move the writable sections to RAM; then the chip stays readable";
    COVERS_RESERVED: "E0704", "covers-reserved", Warning,
        "the program covers memory that is meant for something else",
        "link it past the reserved memory";
    LOAD_ADDRESS: "E0705", "load-address", Finding,
        "the program is linked for another address than the one it is loaded at",
        "link it for the load address, or make it position-independent";
    BSS_NOT_CLEARED: "E0706", "bss-not-cleared", Warning,
        "the program relies on zeroes that nobody writes",
        "clear the memory from the start to the end of the zero-fill sections first thing";

    // E071x: a machine's CPU at the entry
    EXCEPTION_LEVEL: "E0711", "exception-level", Warning,
        "the entry uses registers of EL1 without asking which exception level it is at",
        "read CurrentEL first, and drop from EL2";
    PSCI_CONDUIT: "E0712", "psci-conduit", Warning,
        "firmware is called another way than the machine offers",
        "use the conduit that the device tree's psci node names";
    FP_BEFORE_ENABLE: "E0713", "fp-before-enable", Finding,
        "a floating-point or vector instruction runs before CPACR_EL1 allows it: a silent exception",
        "set CPACR_EL1.FPEN (bits 20 and 21) and an isb first, or compile start-up code with -mgeneral-regs-only";
    VECTOR_TABLE: "E0714", "vector-table", Finding,
        "the table of exception vectors is not where the CPU will look, or too short",
        "align it to 2048 bytes (.balign 2048) and give it 16 entries of 128 bytes";
    NO_VECTOR_TABLE: "E0715", "no-vector-table", Warning,
        "VBAR_EL1 is never written: the first exception ends in silence",
        "write VBAR_EL1 before anything that can fault, if only with a table that says so";
    STACK_POINTER: "E0716", "stack-pointer", Warning,
        "the stack pointer is set to a bad address",
        "give the stack 16-byte alignment and an address in RAM";
    UNALIGNED_DATA: "E0717", "unaligned-data", Warning,
        "data is read at an address that its size does not divide while the MMU is off: a fault on real CPUs",
        "align the section (ALIGN(8), no SUBALIGN), or compile with -mstrict-align";
    RESET_VALUES: "E0718", "reset-values", Note,
        "the program relies on what a system register holds after reset, which is unknown on real CPUs",
        "write the register before relying on it";

    // E072x: code and symbols
    BRANCH_TARGET: "E0721", "branch-target", Finding,
        "a branch leads outside the program's code: its target was out of range when it was linked or patched",
        "put the two closer together, or branch through an island";
    AMBIGUOUS_NAME: "E0722", "ambiguous-name", Warning,
        "two functions have one name",
        "name the address when a tool asks for the function";
    GO_PROGRAM: "E0723", "go-on-bare-metal", Note,
        "this is a Go program whose runtime expects an operating system",
        "give it a start-up that answers the runtime's system calls, or an entry of its own that needs none";
    MISSING_DEVICE: "E0731", "missing-device", Note,
        "the program touches an address at which this machine has no device",
        "check the board the driver was written for";

    // E074x: programs of a system
    RAW_CALL: "E0741", "raw-call", Finding,
        "the program calls the kernel itself on a system that allows it only to the system library",
        "call the function of the system library instead";
    THREAD_REGISTER: "E0742", "thread-register", Finding,
        "the thread pointer is taken from or set in a way of another system",
        "use this system's thread register and call";
    MISSING_INTERPRETER: "E0743", "missing-interpreter", Finding,
        "the program that completes this one at start is not there",
        "install it in the root, or link statically";
    MISSING_LIBRARY: "E0744", "missing-library", Finding,
        "a library the program needs is not there",
        "install it in the root, or link statically";
    PAGE_CONGRUENCE: "E0745", "page-congruence", Finding,
        "segments do not fit the system's pages of 16 KiB",
        "link with pages of 16 KiB or more (-Wl,-z,max-page-size=16384)";
    LARGER_PAGES: "E0746", "larger-pages", Warning,
        "the program cannot start on kernels with pages of 16 KiB",
        "link with pages of 16 or 64 KiB (-Wl,-z,max-page-size=65536)";
    LOW_ADDRESS: "E0747", "low-address", Finding,
        "the program is linked below 64 KiB, where kernels let nobody map",
        "link it higher, or position-independent";
    WRITABLE_CODE: "E0748", "writable-code", Warning,
        "a segment can be both written and run",
        "separate code from data";
    EXECUTABLE_STACK: "E0749", "executable-stack", Warning,
        "the program asks for a stack that can be run",
        "add .note.GNU-stack to assembly sources, or link with -z noexecstack";
    TEXT_RELOCATIONS: "E0750", "text-relocations", Warning,
        "code is changed when the program starts",
        "compile everything position-independent (-fPIC)";
    MIXED_MARKS: "E0751", "mixed-marks", Warning,
        "the file says two things about its system",
        "link with the tools of one system";
    OTHER_SYSTEM: "E0752", "other-system", Finding,
        "the program is for another system",
        "build it for this one";

    // E08xx: changing programs
    PATCH_USAGE: "E0801", "patch-usage", Failed,
        "the edit is not understood",
        "`ashore patch --help` lists the edits";
    PATCH_NO_MATCH: "E0802", "patch-no-match", Failed,
        "there is nothing to change",
        "check the name: `nm FILE`, or `ashore inspect FILE`";
    PATCH_AMBIGUOUS: "E0803", "patch-ambiguous", Failed,
        "the name means more than one function",
        "choose by address (0x...), or by binding: --from or --to with weak, strong or local";
    PATCH_OVERLAP: "E0804", "patch-overlap", Failed,
        "two edits change the same bytes, or bytes that are not there",
        "drop one of the edits";
    PATCH_ORIGINAL: "E0805", "patch-original", Failed,
        "the bytes to change are not what the edit expects",
        "the edit was made for another build of the program";
    PATCH_REACH: "E0806", "patch-reach", Failed,
        "an instruction cannot reach the address it should name",
        "the other way may do: with --calls the entry stays, without it the references stay";
    PATCH_REFUSED: "E0807", "patch-refused", Failed,
        "the change cannot be made safely",
        "nothing was written";
    PATCH_UNSUPPORTED: "E0808", "patch-unsupported", Failed,
        "Ashore cannot change this kind of program yet",
        "ELF programs for x86-64, AArch64 and RISC-V 64 can be changed";
    PATCH_UNVERIFIED: "E0809", "patch-unverified", Failed,
        "the patched program is not what was planned",
        "nothing was written; please report this with the program";
    PATCH_NO_MANIFEST: "E0810", "patch-no-manifest", Failed,
        "the file carries no manifest of a patch",
        "only files that `ashore patch` wrote can be shown and undone";
    PATCH_DAMAGED: "E0811", "patch-damaged", Failed,
        "the patched file was changed by something else",
        "it cannot be undone exactly; build or copy the original again";
    PATCH_UNREACHED: "E0812", "patch-unreached", Warning,
        "something still leads to the old function",
        "";
    PATCH_SIGNATURE: "E0813", "patch-signature", Warning,
        "the patched program is not signed as the original was",
        "sign it again before macOS is to run it";
    PATCH_OBJECT: "E0814", "patch-object", Failed,
        "the object file cannot be linked into the program",
        "compile it with -c -O2 -fPIC for the program's CPU; join several by `ld -r`";
    PATCH_CONVENTION: "E0815", "patch-convention", Warning,
        "the added function is called in another way than its compiler thinks",
        "write it in assembly, or read its arguments from the caller's registers";
    // E09xx: why a program died
    DIED_WRONG_THREAD_CALL: "E0901", "wrong-thread-call", Cause,
        "the program set its thread pointer with another system's call",
        "set the thread pointer with this system's own call, or run the program as the system it was built for (--os)";
    DIED_WRONG_SYSTEM: "E0902", "wrong-system", Cause,
        "the program was built for another system than it ran as",
        "leave out --os, or name the system that the program was built for";
    DIED_FOREIGN_CALLS: "E0903", "foreign-calls", Cause,
        "the program's calls are another system's",
        "run it as the system whose calls it makes (--os)";
    STOPPED_STRICTLY: "E0904", "strict", Cause,
        "Ashore ended the program at a call that it does not answer",
        "leave out --strict: the call then fails with ENOSYS, which many programs can do without";
    DIED_OF_LAYOUT: "E0905", "record-layout", Cause,
        "the program reads a record of the system's at places where its fields are not",
        "declare the record as this system's headers do: its size and the places of its fields differ between systems";
    DIED_ON_PURPOSE: "E0911", "on-purpose", Cause,
        "the program crashed on purpose behind a failed call",
        "look at the call that failed, not at the crash";
    DIED_FOREIGN_FLAG: "E0912", "foreign-flag", Cause,
        "the program asked for memory with another system's flag",
        "use the system's own MAP_ANON: take it from its headers, not from Linux's";
    DIED_FOREIGN_WAIT: "E0913", "foreign-wait", Cause,
        "the program waits by a call that this system does not have",
        "use the system's own way to wait";
    DIED_SPINNING: "E0914", "livelock", Cause,
        "the program made the same failing call without end",
        "look at what the loop expects to change, and at the error that it should give up at";
    ENDED_AT_WAIT: "E0915", "would-block", Cause,
        "the program took 'try again' for a failure",
        "wait until there is something (poll, kevent) and make the call again; compare errors by name: their numbers differ between systems";
    DIED_MISSING_CALL: "E0916", "missing-call", Cause,
        "the program gave up at a call that nobody answers",
        "`ashore platforms` tells what is answered; a call that the system has and Ashore lacks is worth a report";
    ENDED_UNANSWERED: "E0917", "unanswered-request", Cause,
        "the program gave up at a request that was not answered",
        "a question that the real system answers is worth a report; the call's line names it";
    ENDED_BY_CLOCK: "E0918", "wrong-clock", Cause,
        "the program measured time by a clock that stands still while it waits",
        "use CLOCK_MONOTONIC, by the number that it has on this system";
    DIED_LOW_MAPPING: "E0919", "low-mapping", Cause,
        "the program used memory at a low address, where the host maps nothing",
        "link the program at a higher address, or let the system choose; on Linux the limit is vm.mmap_min_addr";
    DIED_THREAD_LOCAL: "E0920", "thread-pointer", Cause,
        "the program used thread-local memory without a thread pointer",
        "set the thread pointer first, with this system's own call; look at the start-up code of the thread";
    DIED_NULL: "E0921", "null-pointer", Cause,
        "the program used a null pointer",
        "look at where the pointer should have been set: a call that failed, a field that was never filled";
    DIED_UNMAPPED: "E0922", "unmapped", Cause,
        "the program used an address where nothing is",
        "look at where the address comes from: freed memory, an overwritten pointer, an index out of range";
    DIED_STACK_OVERFLOW: "E0923", "stack-overflow", Cause,
        "the program ran out of stack",
        "end the recursion, make local arrays smaller, or raise the limit (ulimit -s; a thread's stack where it is created)";
    DIED_GIVEN_BACK: "E0924", "given-back", Cause,
        "the program used memory that it had given back",
        "look at who still holds the address when the memory is given back";
    DIED_ERRNO_POINTER: "E0925", "errno-pointer", Cause,
        "the program used the result of a failed call as a pointer",
        "check the result of the call before it is used; find out why it failed";
    DIED_READ_ONLY: "E0926", "read-only-memory", Cause,
        "the program wrote to memory that is read-only",
        "copy constants before they are changed; make code writable (mprotect) before it is written";
    DIED_EXECUTING: "E0927", "not-executable", Cause,
        "the program went on in memory that may not be executed",
        "look at the pointer; if the memory is to hold code, map it with PROT_EXEC";
    DIED_OVERRUN: "E0928", "overrun", Cause,
        "the program ran over the end of its memory",
        "compare the length that the loop goes to with the length of the memory";
    DIED_BEYOND_FILE: "E0929", "beyond-file", Cause,
        "the program used a mapped file behind its end",
        "look at the file's size before it is mapped, and at who makes it shorter";
    DIED_MISALIGNED: "E0930", "misaligned", Cause,
        "an instruction needs an address of another alignment",
        "align the memory, or use an instruction for any address (movups on x86-64, one that is not atomic on arm64)";
    DIED_DIVIDING: "E0931", "division", Cause,
        "the program made a division that has no result",
        "check the divisor before the division";
    DIED_UNSUPPORTED: "E0932", "unsupported-instruction", Cause,
        "the program uses an instruction that this CPU does not have",
        "build it for older CPUs (GOAMD64=v1, GOARM64=v8.0, -march=x86-64, -march=armv8-a), or run it on one that has the feature";
    DIED_TRAPPED: "E0933", "trapped", Cause,
        "the program stopped on purpose with an undefined instruction",
        "look at that line: an assertion, a case that cannot be, a compiler's check of undefined behaviour";
    DIED_INVALID: "E0934", "no-instruction", Cause,
        "the program ran bytes that are no instruction",
        "look at how it came there: a wrong jump, damaged code, data among code";
    DIED_BREAKPOINT: "E0935", "breakpoint", Cause,
        "a breakpoint was left in the program",
        "take it out, or run the program with a debugger (`ashore run --gdb`)";
    DIED_PRIVILEGED: "E0936", "privileged", Cause,
        "the program used an instruction that only a kernel may",
        "programs ask the kernel by calls; code for bare machines does not run here";
    DIED_HEAP: "E0937", "heap-damaged", Cause,
        "malloc found its heap damaged",
        "the damage was done earlier: build with -fsanitize=address, and look at what is freed twice or written past its end";
    DIED_FLOATING: "E0938", "floating-point", Cause,
        "a floating-point operation raised an exception that the program had unmasked",
        "leave floating-point exceptions masked, or check the operands";
    DIED_FLAGS: "E0939", "cpu-flag", Cause,
        "a flag of the CPU that the program set makes its instructions fail",
        "clear the flag again where it was set (popf)";
    DIED_NOT_ADDRESS: "E0940", "not-an-address", Cause,
        "the program used something that is no address as a pointer",
        "look at what wrote over the pointer: an array beside it that is too small, a tag that was not taken off";
    DIED_SMASHED: "E0941", "stack-smashed", Cause,
        "the program wrote over its own return address",
        "compare the length of what is copied into arrays on the stack with the length of the array";
    DIED_WILD_CALL: "E0942", "wild-call", Cause,
        "the program called through a pointer that is no function",
        "look at where the pointer was set, and what wrote over it";
    DIED_LOST_REGISTER: "E0943", "lost-register", Cause,
        "the program kept a pointer across a call in a register that the call changes",
        "name the registers that the call changes in the assembly around it (\"rcx\", \"r11\"; on the BSDs also \"rdx\" and r8 to r10)";
    DIED_SENT: "E0944", "signal-sent", Cause,
        "another process sent the signal that ended the program",
        "look at who sent it: a supervisor, a time limit, a person";
    DIED_RAISING: "E0945", "signal-raised", Cause,
        "the program sent itself the signal that ended it",
        "look at who called raise or kill";
    DIED_LIMIT: "E0946", "limit-signal", Cause,
        "the program reached a limit of its process",
        "raise the limit (ulimit)";
    DIED_IN_HANDLER: "E0947", "fault-in-handler", Cause,
        "the program faulted while the signal of the fault was blocked",
        "handlers of faults must not fault themselves: use no memory that may be damaged, and do not block SIGSEGV";
    DIED_AFTER_HANDLER: "E0948", "bad-signal-return", Cause,
        "a signal handler returned to nowhere",
        "look at what the handler does with its context, and at the frame's layout on this system";
    DIED_NO_SIGNAL_STACK: "E0949", "no-signal-stack", Cause,
        "the stack had no room for a signal handler",
        "give the thread an alternate stack (sigaltstack) and its handlers SA_ONSTACK, or a bigger stack";
    DIED_AFTER_FORK: "E0950", "fork-return", Cause,
        "the program returned from a fork to nowhere",
        "keep the return address of a fork where the call leaves it alone: not in rcx or r11, and on the BSDs not in rdx";
    DIED_ABORTING: "E0951", "aborted", Cause,
        "the program ended itself by abort",
        "read what it wrote last, and look at who called abort";
    DIED_GO_PANIC: "E0952", "go-panic", Cause,
        "the Go program panicked",
        "read the panic's message and the first line of its goroutine that is the program's own";
    DIED_GO_FAULT: "E0953", "go-runtime", Cause,
        "Go's runtime ended the program",
        "read what the runtime says; it cannot be recovered from";
    DIED_RUST_PANIC: "E0954", "rust-panic", Cause,
        "the Rust program panicked",
        "look at the place that the message names; RUST_BACKTRACE=1 shows who called it";
    DIED_ASSERTING: "E0955", "assertion", Cause,
        "an assertion of the program did not hold",
        "look at the condition that the message names, and at who should have made it true";
    DIED_OF_EXCEPTION: "E0956", "uncaught-exception", Cause,
        "nobody caught a C++ exception",
        "catch it, or look at who threw it: a breakpoint on __cxa_throw stops there";
    ENDED_UNRESOLVED: "E0957", "unresolved", Cause,
        "the dynamic linker did not find a library or a symbol",
        "put the library that the message names where the linker looks, or link statically";
    ENDED_MISUSED: "E0958", "usage", Cause,
        "the program did not understand its arguments",
        "check the arguments: most programs tell how they are used with --help or -h";
    ENDED_AS_CHILD: "E0959", "child-died", Cause,
        "a program that this one ran died of a signal",
        "run that program by itself under `ashore explain`";
    ENDED_BY_UNHANDLED: "E0960", "child-unhandled", Cause,
        "a child died of a signal that this program handles itself",
        "install the handler in the child too, before it is sent anything: a program that is run begins without handlers";
    DIED_PATCHED: "E0961", "patched-code", Cause,
        "the program crashed in code that `ashore patch` changed",
        "`ashore patch --show FILE` prints what was changed, `ashore patch --undo FILE` gives the original back";
    DIED_BEFORE_MAIN: "E0962", "before-main", Cause,
        "the program crashed before its main function ran",
        "only what start-up code uses can be wrong: the thread pointer, the stack with arguments and auxiliary vector, relocations, constructors";
    DIED_UNCHOSEN: "E0963", "unchosen-variant", Cause,
        "the program called a function whose variant nobody had chosen",
        "let the start-up code apply IRELATIVE relocations before anything is called, or link with a C library that does";
    DIED_ZERO_FILL: "E0964", "zero-fill", Cause,
        "the program wrote to memory that its file wants zero and read-only",
        "give the section the flags of data: \"aw\" in assembly, a writable segment in a linker's script";
    DIED_START_REGISTERS: "E0965", "start-registers", Cause,
        "the program looked for its arguments where another system puts them",
        "read the arguments where this system has them: Linux and NetBSD at the stack pointer, FreeBSD and DragonFly where rdi points";
    ENDED_NO_FILE: "E0971", "no-file", Cause,
        "the program gave up because a file does not exist",
        "make the file, or give the program the right path; with --root paths are below that folder";
    ENDED_FORBIDDEN: "E0972", "forbidden", Cause,
        "the program gave up because it may not do something",
        "check the permissions of what it names, and the user that runs it: Ashore gives a program no more rights than you have";
    ENDED_ADDRESS_USED: "E0973", "address-in-use", Cause,
        "the program gave up because its network address is in use",
        "end the program that has the address (`ss -ltnp` shows it), or choose another port";
    ENDED_UNREACHED: "E0974", "unreachable", Cause,
        "the program gave up because it could not reach another",
        "start the server, or give the program the right address";
    ENDED_LOOKUP: "E0975", "no-such-host", Cause,
        "the program gave up because a host's name was not found",
        "check the name, and /etc/resolv.conf (with --root: the one below that folder)";
    ENDED_LIMITED: "E0976", "limit", Cause,
        "the program gave up because a limit is reached",
        "raise the limit (ulimit -n for files, -u for threads and processes), or look at who keeps so many";
    ENDED_DISK_FULL: "E0977", "disk-full", Cause,
        "the program gave up because there is no room to write",
        "make room on that file system, raise the quota, or let the program write elsewhere";
    ENDED_NO_MEMORY: "E0978", "no-memory", Cause,
        "the program gave up because it got no memory",
        "raise the limit (ulimit -v, a container's), or look at why it wants so much";
    ENDED_WRONG_KIND: "E0979", "wrong-kind", Cause,
        "the program gave up because a file is not of the kind it needs",
        "give it a path of the right kind";
    ENDED_NO_PROGRAM: "E0981", "no-such-program", Cause,
        "the program gave up because it could not run another",
        "give it the right path, or put the program in PATH; programs of the guest's system are run by Ashore, those of Linux by Linux";
    ENDED_PIPE: "E0982", "broken-pipe", Cause,
        "the program gave up because nobody reads what it writes",
        "look at why the reader ended first";
    ENDED_ZERO_SIZE: "E0983", "no-lack", Cause,
        "the program says that memory ran out, and the system refused it none",
        "look at allocations of 0 bytes, whose null is no lack, and at limits of the program's own";
    DIED_OF_SIGNAL: "E0998", "signal", Cause,
        "a signal ended the program",
        "`ashore explain PROGRAM` shows all that is known; `ashore run --gdb` lets you look yourself";
    ENDED_FAILING: "E0999", "failed", Cause,
        "the program ended by itself and says that it failed",
        "`ashore trace PROGRAM` shows every call that it made";
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{collections::BTreeSet, string::ToString};

    #[test]
    fn codes_and_slugs_are_unique_and_ordered() {
        let slugs: BTreeSet<_> = ALL.iter().map(|row| row.slug).collect();
        assert_eq!(slugs.len(), ALL.len());
        assert!(ALL.is_sorted_by(|a, b| a.code < b.code));
    }

    #[test]
    fn rows_are_well_formed() {
        for row in ALL {
            assert!(row.code.len() == 5 && row.code.starts_with('E'), "{}", row.code);
            assert!(row.code.chars().skip(1).all(|c| c.is_ascii_digit()), "{}", row.code);
            assert!(row.slug.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", row.slug);
            assert!(!row.text.is_empty() && !row.text.ends_with('.'), "{}", row.code);
            assert!(!row.remedy.ends_with('.'), "{}", row.code);
        }
    }

    #[test]
    fn a_report_reads_as_one_message() {
        let report = TRUNCATED.at(crate::Place::offset(0x40), "program header 3 needs 56 bytes, 20 are left");
        assert_eq!(
            report.in_file("tool").to_string(),
            "error E0102 (truncated): the file ends before a structure it announces\n  \
             at tool, offset 0x40: program header 3 needs 56 bytes, 20 are left\n  \
             help: the file is incomplete or damaged: copy or build it again"
        );
    }
}
