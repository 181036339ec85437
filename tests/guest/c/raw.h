// What a program for a BSD kernel needs when there is no C library: an entry point, the calls
// themselves, and words to print. Numbers come from each system's sys/syscall.h.
#pragma once
#pragma clang diagnostic ignored "-Wunused-function"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;

#if defined(__FreeBSD__)
#define FREEBSD 1
#define SYSTEM "FreeBSD"
#elif defined(__NetBSD__)
#define NETBSD 1
#define SYSTEM "NetBSD"
#else
#define DRAGONFLY 1
#define SYSTEM "DragonFly"
#endif

// The note by which a kernel knows its programs.
struct note { u32 owner_size, data_size, kind; char owner[sizeof SYSTEM + 3 & ~3UL]; u32 version; };
#if FREEBSD
#define NOTE_SECTION ".note.tag"
#define NOTE_VERSION 1400500
#elif NETBSD
#define NOTE_SECTION ".note.netbsd.ident"
#define NOTE_VERSION 1001000000
#else
#define NOTE_SECTION ".note.ABI-tag"
#define NOTE_VERSION 600400
#endif
__attribute__((section(NOTE_SECTION), used, aligned(4))) static const struct note abi_note = {
    sizeof SYSTEM, 4, 1, SYSTEM, NOTE_VERSION};

// Numbers that are the same on the three systems.
enum {
    SYS_exit = 1, SYS_fork = 2, SYS_read = 3, SYS_write = 4, SYS_open = 5, SYS_close = 6, SYS_getpid = 20,
    SYS_getuid = 24, SYS_kill = 37, SYS_getppid = 39, SYS_dup = 41, SYS_pipe = 42, SYS_vfork = 66,
    SYS_munmap = 73, SYS_fcntl = 92, SYS_sysarch = 165,
};
#if FREEBSD
enum { SYS_wait4 = 7, SYS_sigaction = 416, SYS_sigprocmask = 340, SYS_sigaltstack = 53, SYS_mmap = 477, SYS_lseek = 478,
       SYS_kqueue = 362, SYS_pipe2 = 542, SYS_nanosleep = 240, SYS_clock_gettime = 232, CLOCK_MONOTONIC = 4 };
#elif NETBSD
enum { SYS_wait4 = 449, SYS_sigaction = 340, SYS_sigprocmask = 293, SYS_sigaltstack = 281, SYS_mmap = 197, SYS_lseek = 199,
       SYS_kqueue = 344, SYS_pipe2 = 453, SYS_nanosleep = 430, SYS_clock_gettime = 427, CLOCK_MONOTONIC = 3 };
#else
enum { SYS_wait4 = 7, SYS_sigaction = 342, SYS_sigprocmask = 340, SYS_sigaltstack = 53, SYS_mmap = 197, SYS_lseek = 199,
       SYS_kqueue = 362, SYS_pipe2 = 538, SYS_nanosleep = 240, SYS_clock_gettime = 232, CLOCK_MONOTONIC = 4 };
#endif

enum { EPERM = 1, EINTR = 4, EBADF = 9, ECHILD = 10, EFAULT = 14, EBUSY = 16, EINVAL = 22, EAGAIN = 35, ETIMEDOUT = 60, ENOSYS = 78 };
enum { SIGILL = 4, SIGSEGV = 11, SIGSYS = 12, SIGUSR1 = 30, SIGUSR2 = 31 };
enum { PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_ANON = 0x1000 };

// What a call answers: the two result registers and the carry flag.
struct answer { u64 value, second; u8 carry; };

#if __aarch64__
#include "raw_arm64.h"
#else
#include "raw_amd64.h"
#endif

__attribute__((weak)) void *memset(void *to, int byte, u64 size) {
    for (u64 i = 0; i < size; i++) ((volatile u8 *)to)[i] = byte;
    return to;
}
__attribute__((weak)) void *memcpy(void *to, const void *from, u64 size) {
    for (u64 i = 0; i < size; i++) ((volatile u8 *)to)[i] = ((const u8 *)from)[i];
    return to;
}

static int is(const char *left, const char *right) {
    while (*left && *left == *right) left++, right++;
    return *left == *right;
}
static u64 length(const char *text) {
    u64 n = 0;
    while (text[n]) n++;
    return n;
}
static void say(const char *text) { call(SYS_write, 1, text, length(text)); }
static void number(i64 value) {
    char text[24];
    char *at = text + sizeof text;
    u64 rest = value < 0 ? -value : value;
    *--at = 0;
    do *--at = '0' + rest % 10; while (rest /= 10);
    if (value < 0) *--at = '-';
    say(at);
}
static void line(const char *name, i64 value) { say(name), say(": "), number(value), say("\n"); }
__attribute__((noreturn)) static void quit(int status) {
    call(SYS_exit, status);
    for (;;) __builtin_trap();
}
// Prints a named fact; a wrong one ends the program with status 3.
static void check(const char *name, int ok, i64 value) {
    say(name);
    if (ok) { say(": ok\n"); return; }
    say(": WRONG "), number(value), say("\n");
    quit(3);
}
static void pause_ms(long ms) {
    i64 wait[2] = {ms / 1000, ms % 1000 * 1000000};
    call(SYS_nanosleep, wait, 0);
}
static u64 now_ms(void) {
    i64 now[2] = {0, 0};
    call(SYS_clock_gettime, CLOCK_MONOTONIC, now);
    return now[0] * 1000 + now[1] / 1000000;
}
static struct answer map(u64 address, u64 size, int protection, int flags, int fd, u64 offset) {
#if FREEBSD
    return call(SYS_mmap, address, size, protection, flags, fd, offset);
#else
    return call(SYS_mmap, address, size, protection, flags, fd, 0, offset);
#endif
}

int start(int argc, char **argv, char **envp);
__attribute__((used, noreturn)) static void begin(void) {
    u64 *stack = (u64 *)ENTRY_RECORD;
    int argc = *(int *)stack;
    char **argv = (char **)(stack + 1);
    quit(start(argc, argv, argv + argc + 1));
}
