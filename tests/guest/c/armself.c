// AArch64 only: what the system tells of the CPU is the same everywhere, and is so.
// cpus: arm64
#define _GNU_SOURCE
#include "fact.h"
#ifdef __aarch64__
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static sigjmp_buf back;
static void handler(int signal) { siglongjmp(back, signal); }

#define ALLOCATED(text) (sigsetjmp(back, 1) == 0 ? ({ __asm__ volatile(".arch armv8.4-a+crypto+sha3+aes\n" text ::: "v0", "v1", "v2", "x2", "x3", "memory"); 1; }) : 0)
#define ID(name) ({ uint64_t value; __asm__ volatile("mrs %0, " name : "=r"(value)); value; })

static uint64_t cell;
static char text[16384];

static long read_all(const char *path) {
    int fd = open(path, O_RDONLY);
    if (fd < 0) return -1;
    long len = 0, got;
    while ((got = read(fd, text + len, sizeof text - 1 - len)) > 0) len += got;
    text[len] = 0;
    close(fd);
    return len;
}

static int has_name(const char *name) {
    char *line = strstr(text, "\nFeatures\t: ");
    if (!line) return -1;
    char *end = strchr(line + 1, '\n'), word[40];
    sprintf(word, " %s", name);
    for (char *at = line; (at = strstr(at + 1, word)) && at < end;) {
        char after = at[strlen(word)];
        if (after == ' ' || after == '\n') return 1;
    }
    return 0;
}

static void feature(const char *name, int bit, int field, int allocated) {
    int told = getauxval(AT_HWCAP) >> bit & 1;
    printf("%s: told %d, named %d, identified %d, there %d\n", name, told, has_name(name), field, allocated);
}

int main(void) {
    signal(SIGILL, handler);
    check("auxv", read_all("/proc/self/auxv") > 0 && *(uint64_t *)text != 0);
    uint64_t *words = (uint64_t *)text;
    int same = 1, entries = 0;
    for (; words[0] != AT_NULL; words += 2, entries++) same &= getauxval(words[0]) == words[1];
    check("the same as on the stack", same && entries > 15);
    check("cannot be written", open("/proc/self/auxv", O_RDWR) < 0);
    check("cpuinfo", read_all("/proc/cpuinfo") > 0 && strstr(text, "processor\t: 0\n") == text);
    uint64_t isar0 = ID("ID_AA64ISAR0_EL1"), isar1 = ID("ID_AA64ISAR1_EL1");
    __asm__ volatile("mov x2, %0" ::"r"(&cell) : "x2");
    feature("aes", 3, (isar0 >> 4 & 15) >= 1, ALLOCATED("aese v0.16b, v1.16b"));
    feature("pmull", 4, (isar0 >> 4 & 15) >= 2, ALLOCATED("pmull v0.1q, v1.1d, v2.1d"));
    feature("sha1", 5, (isar0 >> 8 & 15) >= 1, ALLOCATED("sha1h s0, s1"));
    feature("sha2", 6, (isar0 >> 12 & 15) >= 1, ALLOCATED("sha256su0 v0.4s, v1.4s"));
    feature("crc32", 7, (isar0 >> 16 & 15) >= 1, ALLOCATED("crc32x w2, w2, x3"));
    feature("atomics", 8, (isar0 >> 20 & 15) >= 2, ALLOCATED("adrp x2, cell\n add x2, x2, :lo12:cell\n ldadd x3, x3, [x2]"));
    feature("jscvt", 13, (isar1 >> 12 & 15) >= 1, ALLOCATED("fjcvtzs w3, d0"));
    feature("lrcpc", 15, (isar1 >> 20 & 15) >= 1, ALLOCATED("adrp x2, cell\n add x2, x2, :lo12:cell\n ldapr x3, [x2]"));
    feature("sha3", 17, (isar0 >> 32 & 15) >= 1, ALLOCATED("eor3 v0.16b, v1.16b, v2.16b, v0.16b"));
    feature("asimddp", 20, (isar0 >> 44 & 15) >= 1, ALLOCATED("udot v0.4s, v1.16b, v2.16b"));
    feature("sha512", 21, (isar0 >> 12 & 15) >= 2, ALLOCATED("sha512su0 v0.2d, v1.2d"));
    feature("ilrcpc", 26, (isar1 >> 20 & 15) >= 2, ALLOCATED("adrp x2, cell\n add x2, x2, :lo12:cell\n ldapur x3, [x2]"));
    feature("fphp", 9, 0, ALLOCATED(".arch_extension fp16\n fadd h0, h1, h2"));
    return 0;
}
#else
int main(void) { return 0; }
#endif
