// Looks for its arguments where this system puts them.
// cpus: arm64
// options: -nostdlib -nostartfiles -ffreestanding -O1
// os: linux
// silent
__attribute__((noreturn, used)) static void begin(long *stack) {
    long count = stack[0];
#ifdef __aarch64__
    register long status __asm__("x0") = count - 1, number __asm__("x8") = 94;
    __asm__ volatile("svc #0" : : "r"(status), "r"(number) : "memory");
#else
    __asm__ volatile("syscall" : : "a"(231L), "D"(count - 1) : "rcx", "r11", "memory");
#endif
    __builtin_unreachable();
}
#ifdef __aarch64__
__asm__(".globl _start\n.type _start,@function\n_start:\n\tmov x0, sp\n\tb begin\n.size _start, .-_start");
#else
__asm__(".globl _start\n.type _start,@function\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin\n.size _start, .-_start");
#endif
