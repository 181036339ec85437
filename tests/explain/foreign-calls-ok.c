// A program for Linux that says nowhere what it is for, run as one.
// systems: linux
// os: linux
// options: -nostdlib -ffreestanding -O0 -s -fno-unwind-tables
// silent
__attribute__((noinline)) static long sys(long n, long a, long b, long c) {
    long r;
    __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return r;
}
static const char text[] = "hello\n";
void _start(void) {
    long id;
    __asm__ volatile("andq $-16, %rsp");
    sys(218, (long)&id, 0, 0);
    sys(228, 1, (long)&id, 0);
    sys(318, (long)&id, 8, 0);
    sys(1, 1, (long)text, sizeof text - 1);
    sys(231, 0, 0, 0);
    for (;;) __builtin_trap();
}
