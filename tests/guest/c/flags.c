// A call leaves every flag as it was: those of arithmetic in all combinations, direction, alignment, identification.
// With an argument, and where there are no others: those of arithmetic only.
// cpus: arm64
#include <stdio.h>

#if __aarch64__
static int wrong_of(unsigned long n) {
    register long number __asm__("x8") = 172;
    register long result __asm__("x0");
    unsigned long got;
    __asm__ volatile("msr nzcv, %[flags]\nsvc #0\nmrs %[got], nzcv\n"
                     : [got] "=&r"(got), "=&r"(result)
                     : [flags] "r"(n << 28), "r"(number)
                     : "cc", "memory");
    return got != n << 28;
}

int main(void) {
    int wrong = 0;
    for (unsigned long n = 0; n < 16; n++) wrong += wrong_of(n);
    printf("arithmetic: %d wrong\n", wrong);
    return 0;
}
#else
#define DIRECTION 0x400UL
#define ALIGNMENT 0x40000UL
#define IDENTIFICATION 0x200000UL

// The flags after getpid, which was entered with `flags`: once from a site with room for a jump, once from one
// without. Everything is aligned, and the flags are plain again.
#define AFTER(name, call) \
    static unsigned long name(unsigned long flags) { \
        unsigned long got; \
        long number = 39; \
        __asm__ volatile("push %[flags]\npopfq\n" call "pushfq\npop %[got]\npush $0x202\npopfq\n" \
                         : [got] "=&r"(got), "+a"(number) \
                         : [flags] "r"(flags) \
                         : "rcx", "r11", "cc", "memory"); \
        return got; \
    }
AFTER(roomy, "mov $39, %%eax\nsyscall\n")
AFTER(tight, "syscall\n")

static void all(const char *name, unsigned long others) {
    int wrong = 0;
    for (unsigned long n = 0; n < 64; n++) {
        unsigned long flags = 0x202 | others;
        int bits[] = {0, 2, 4, 6, 7, 11};
        for (int bit = 0; bit < 6; bit++) {
            flags |= (n >> bit & 1) << bits[bit];
        }
        wrong += (roomy(flags) != flags) + (tight(flags) != flags);
    }
    printf("%s: %d wrong\n", name, wrong);
}

int main(int argc, char **argv) {
    all("arithmetic", 0);
    if (argc > 1) return 0;
    all("direction", DIRECTION);
    all("alignment", ALIGNMENT);
    all("identification", IDENTIFICATION);
    all("together", DIRECTION | ALIGNMENT | IDENTIFICATION);
    return 0;
}
#endif
