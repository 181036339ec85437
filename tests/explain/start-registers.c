// Looks for its arguments where FreeBSD's kernel puts them.
// cpus: arm64
// options: -nostdlib -nostartfiles -ffreestanding -O1
// os: linux
// code: E0965
// cause: _start
// cause/amd64: looked for the arguments where rdi points
// cause/arm64: looked for the arguments where x0 points
// status: 139
__attribute__((noreturn)) void _start(long *stack) {
    long count = stack[0];
#ifdef __aarch64__
    register long status __asm__("x0") = count - 1, number __asm__("x8") = 94;
    __asm__ volatile("svc #0" : : "r"(status), "r"(number) : "memory");
#else
    __asm__ volatile("syscall" : : "a"(231L), "D"(count - 1) : "rcx", "r11", "memory");
#endif
    __builtin_unreachable();
}
