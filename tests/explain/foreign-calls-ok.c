// A program for Linux that says nowhere what it is for, run as one.
// systems: linux
// cpus: arm64
// os: linux
// options: -nostdlib -ffreestanding -O0 -s -fno-unwind-tables
// silent
#ifdef __aarch64__
enum { SET_TID_ADDRESS = 96, CLOCK_GETTIME = 113, GETRANDOM = 278, WRITE = 64, EXIT_GROUP = 94 };
__attribute__((noinline)) static long sys(long n, long a, long b, long c) {
    register long r __asm__("x0") = a, second __asm__("x1") = b, third __asm__("x2") = c, number __asm__("x8") = n;
    __asm__ volatile("svc #0" : "+r"(r) : "r"(second), "r"(third), "r"(number) : "memory");
    return r;
}
#else
enum { SET_TID_ADDRESS = 218, CLOCK_GETTIME = 228, GETRANDOM = 318, WRITE = 1, EXIT_GROUP = 231 };
__attribute__((noinline)) static long sys(long n, long a, long b, long c) {
    long r;
    __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return r;
}
#endif
static const char text[] = "hello\n";
void _start(void) {
    long id;
#ifdef __x86_64__
    __asm__ volatile("andq $-16, %rsp");
#endif
    sys(SET_TID_ADDRESS, (long)&id, 0, 0);
    sys(CLOCK_GETTIME, 1, (long)&id, 0);
    sys(GETRANDOM, (long)&id, 8, 0);
    sys(WRITE, 1, (long)text, sizeof text - 1);
    sys(EXIT_GROUP, 0, 0, 0);
    for (;;) __builtin_trap();
}
