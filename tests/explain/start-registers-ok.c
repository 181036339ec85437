// Looks for its arguments where this system puts them.
// options: -nostdlib -nostartfiles -ffreestanding -O1
// os: linux
// silent
__attribute__((noreturn, used)) static void begin(long *stack) {
    long count = stack[0];
    __asm__ volatile("syscall" : : "a"(231L), "D"(count - 1) : "rcx", "r11", "memory");
    __builtin_unreachable();
}
__asm__(".globl _start\n.type _start,@function\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin\n.size _start, .-_start");
