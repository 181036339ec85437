// Looks for its arguments where FreeBSD's kernel puts them.
// options: -nostdlib -nostartfiles -ffreestanding -O1
// os: linux
// code: E0965
// cause: _start
// cause: looked for the arguments where rdi points
// status: 139
__attribute__((noreturn)) void _start(long *stack) {
    long count = stack[0];
    __asm__ volatile("syscall" : : "a"(231L), "D"(count - 1) : "rcx", "r11", "memory");
    __builtin_unreachable();
}
