// Makes every call of the kernel for the program that wanted it, and says so before the last one.

// Where registers lie in the frame: the number, six arguments; and the numbers of the calls that are made or noticed here.
#if defined(__x86_64__)
enum { NUMBER = 0, A0 = 5, A1 = 4, A2 = 3, A3 = 10, A4 = 8, A5 = 9, RESULT = 0, WRITE = 1, EXIT_GROUP = 231 };
static long kernel(long n, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(n)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return n;
}
#elif defined(__aarch64__)
enum { NUMBER = 8, A0 = 0, A1 = 1, A2 = 2, A3 = 3, A4 = 4, A5 = 5, RESULT = 0, WRITE = 64, EXIT_GROUP = 94 };
static long kernel(long n, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
#else
enum { NUMBER = 17, A0 = 10, A1 = 11, A2 = 12, A3 = 13, A4 = 14, A5 = 15, RESULT = 10, WRITE = 64, EXIT_GROUP = 94 };
static long kernel(long n, long a, long b, long c, long d, long e, long f) {
    register long a7 __asm__("a7") = n, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c;
    register long a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
    return a0;
}
#endif

static long calls;

void handler(long *saved) {
    static const char text[] = "handled\n";
    calls++;
    if (saved[NUMBER] == EXIT_GROUP && calls > 1)
        kernel(WRITE, 1, (long)text, sizeof text - 1, 0, 0, 0);
    saved[RESULT] = kernel(saved[NUMBER], saved[A0], saved[A1], saved[A2], saved[A3], saved[A4], saved[A5]);
}
