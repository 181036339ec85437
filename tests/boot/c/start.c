// How a program begins: arguments, environment, auxiliary vector, registers, and that call numbers are Linux's.
#define _GNU_SOURCE
#include "check.h"
#include <elf.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char **environ;
extern const Elf64_Ehdr __ehdr_start;
void _start(void);

static char **arguments;
static int count;
static uint64_t *vector;
static int entries;

static uint64_t entry(uint64_t key, int *times) {
    uint64_t value = 0;
    *times = 0;
    for (int i = 0; i < entries; i++)
        if (vector[2 * i] == key) {
            value = vector[2 * i + 1];
            ++*times;
        }
    return value;
}

static uint64_t once(uint64_t key) {
    int times;
    uint64_t value = entry(key, &times);
    CHECK(times == 1);
    return value;
}

static void stack(void) {
    uint64_t *words = (uint64_t *)arguments - 1;
    CHECK((uintptr_t)words % 16 == 0);
    CHECK(words[0] == (uint64_t)count);
    CHECK(arguments[count] == NULL);
    CHECK(environ == arguments + count + 1);
    char **end = environ;
    while (*end)
        end++;
    vector = (uint64_t *)(end + 1);
    while (vector[2 * entries])
        entries++;
    CHECK(entries >= 12 && entries < 40);
    // The texts lie above the vector, one after the other.
    char *last = (char *)(vector + 2 * entries + 2);
    for (int i = 0; i < count; i++) {
        CHECK(arguments[i] >= last);
        last = arguments[i] + strlen(arguments[i]) + 1;
    }
    for (char **one = environ; *one; one++) {
        CHECK(*one >= last);
        last = *one + strlen(*one) + 1;
    }
}

static void image(void) {
    const Elf64_Phdr *headers = (const Elf64_Phdr *)once(AT_PHDR);
    CHECK(once(AT_PHENT) == sizeof(Elf64_Phdr));
    CHECK(once(AT_PHNUM) == __ehdr_start.e_phnum);
    CHECK((const char *)headers == (const char *)&__ehdr_start + __ehdr_start.e_phoff);
    CHECK(once(AT_ENTRY) == (uint64_t)&_start);
    CHECK(once(AT_BASE) == 0);
    CHECK(once(AT_FLAGS) == 0);
    const char *name = (const char *)once(AT_EXECFN);
    CHECK(name && strstr(name, "start"));
}

static void machine(void) {
    CHECK(once(AT_PAGESZ) == 4096);
    CHECK(once(AT_CLKTCK) == 100);
    uint64_t wanted = 1 | 2; // FP, ASIMD
    CHECK((once(AT_HWCAP) & wanted) == wanted);
    CHECK(!strcmp((const char *)once(AT_PLATFORM), "aarch64"));
    int times;
    uint64_t vdso = entry(AT_SYSINFO_EHDR, &times);
    CHECK(times == 0 || !memcmp((const void *)vdso, ELFMAG, SELFMAG));
    struct utsname name;
    CHECK(!uname(&name) && !strcmp(name.sysname, "Linux") && !strcmp(name.machine, "aarch64"));
    int major = atoi(name.release);
    CHECK(major >= 5 && major < 10);
}

static void person(void) {
    CHECK(once(AT_UID) == getuid() && once(AT_EUID) == geteuid());
    CHECK(once(AT_GID) == getgid() && once(AT_EGID) == getegid());
    CHECK(once(AT_SECURE) == 0);
    const unsigned char *random = (const unsigned char *)once(AT_RANDOM);
    int different = 0;
    for (int i = 1; i < 16; i++)
        different += random[i] != random[0];
    CHECK(different > 4);
}

static long bare(long number, long a, long b, long c) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}

static void numbers(void) {
    char folder[256];
    CHECK(bare(172, 0, 0, 0) == getpid());
    CHECK(bare(178, 0, 0, 0) == getpid()); // gettid of the first thread
    CHECK(bare(173, 0, 0, 0) == getppid());
    CHECK(bare(64, 1, (long)"written\n", 8) == 8);
    CHECK(bare(17, (long)folder, sizeof folder, 0) == (long)strlen(folder) + 1);
    CHECK(bare(57, 999, 0, 0) == -EBADF);
    CHECK(bare(64, 1, 8, 8) == -EFAULT);
    CHECK(bare(600, 0, 0, 0) == -ENOSYS);
    CHECK(bare(100000, 0, 0, 0) == -ENOSYS);
    CHECK(bare(-1, 0, 0, 0) == -ENOSYS);
    CHECK(bare(214, 0, 0, 0) > 0); // brk
}

// A call changes x0 and nothing else: integer registers, vector registers, flags, thread pointers.
static void registers(void) {
    static uint64_t before[29], after[29], vectors[4], flags[2];
    uint64_t *lists[4] = {before, after, vectors, flags};
    for (int i = 0; i < 29; i++)
        before[i] = 0x0101010101010101ull * (i + 1);
    before[8] = 124; // sched_yield
    register uint64_t **all __asm__("x0") = lists;
    __asm__ volatile(
        "stp x29, x30, [sp, #-16]!\n"
        "stp x19, x0, [sp, #-16]!\n"
        "ldr x30, [x0]\n"
        "movi v0.16b, #0x5a\n movi v8.16b, #0x5b\n movi v31.16b, #0x5c\n"
        "mov x1, #0xf0000000\n msr nzcv, x1\n"
        "ldp x1, x2, [x30, #8]\n ldp x3, x4, [x30, #24]\n ldp x5, x6, [x30, #40]\n ldp x7, x8, [x30, #56]\n"
        "ldp x9, x10, [x30, #72]\n ldp x11, x12, [x30, #88]\n ldp x13, x14, [x30, #104]\n ldp x15, x16, [x30, #120]\n"
        "ldp x17, x18, [x30, #136]\n ldp x19, x20, [x30, #152]\n ldp x21, x22, [x30, #168]\n ldp x23, x24, [x30, #184]\n"
        "ldp x25, x26, [x30, #200]\n ldp x27, x28, [x30, #216]\n"
        "svc #0\n"
        "ldr x30, [sp, #8]\n ldr x30, [x30, #8]\n"
        "str x0, [x30]\n"
        "stp x1, x2, [x30, #8]\n stp x3, x4, [x30, #24]\n stp x5, x6, [x30, #40]\n stp x7, x8, [x30, #56]\n"
        "stp x9, x10, [x30, #72]\n stp x11, x12, [x30, #88]\n stp x13, x14, [x30, #104]\n stp x15, x16, [x30, #120]\n"
        "stp x17, x18, [x30, #136]\n stp x19, x20, [x30, #152]\n stp x21, x22, [x30, #168]\n stp x23, x24, [x30, #184]\n"
        "stp x25, x26, [x30, #200]\n stp x27, x28, [x30, #216]\n"
        "mrs x1, nzcv\n"
        "ldp x19, x0, [sp], #16\n"
        "ldr x2, [x0, #16]\n"
        "str d0, [x2]\n str d8, [x2, #8]\n str d31, [x2, #16]\n"
        "ldr x2, [x0, #24]\n str x1, [x2]\n"
        "ldp x29, x30, [sp], #16\n"
        : "+r"(all)
        :
        : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
          "x18", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "v0", "v8", "v31", "cc", "memory");
    CHECK(after[0] == 0);
    for (int i = 1; i < 29; i++)
        if (after[i] != before[i])
            printf("FAILED x%d became %llx\n", i, (unsigned long long)after[i]), failed_checks++;
    CHECK(vectors[0] == 0x5a5a5a5a5a5a5a5aull && vectors[1] == 0x5b5b5b5b5b5b5b5bull && vectors[2] == 0x5c5c5c5c5c5c5c5cull);
    CHECK(flags[0] == 0xf0000000);
    uint64_t own, other;
    __asm__("mrs %0, tpidr_el0\n mrs %1, tpidrro_el0" : "=r"(own), "=r"(other));
    CHECK(own != 0 && other == 0);
}

int main(int argc, char **argv) {
    arguments = argv;
    count = argc;
    for (int i = 1; i < argc; i++)
        printf("argument %d: %s\n", i, argv[i]);
    for (char **one = environ; *one; one++)
        if (!strncmp(*one, "BOOT_", 5))
            printf("environment: %s\n", *one);
    fflush(stdout);
    PART(stack);
    PART(image);
    PART(machine);
    PART(person);
    PART(numbers);
    PART(registers);
    return failed_checks != 0;
}
