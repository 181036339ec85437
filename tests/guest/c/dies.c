// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// Dies at a known place with known values in memory, while another thread is at another known place.
// With an argument: by SIGABRT (abort), or after it removed its own file (unlink).
#ifdef __linux__
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#define is(left, right) (strcmp(left, right) == 0)
static void pause_ms(long ms) {
    struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&wait, 0);
}
#else
#include "rawsignals.h"
enum { SIGABRT = 6 };
#endif

__attribute__((used)) char known_text[] = "a core file shows this";
__attribute__((used)) long known_numbers[4] = {11, 22, 33, 0x5eed};
long known_zeros[4096];
static volatile int is_second_there;

// Puts what lies there into a vector register.
#if __aarch64__
#define KNOWN_VECTOR(n, from) __asm__ volatile("ldr q" #n ", [%0]" : : "r"(from) : "memory", "v" #n)
#else
#define KNOWN_VECTOR(n, from) __asm__ volatile("movups %0, %%xmm" #n : : "m"(from) : "xmm" #n)
#endif

__attribute__((noinline, noreturn)) static void second_place(long number) {
    for (;;) {
        known_numbers[2] = number;
        KNOWN_VECTOR(14, known_numbers);
        is_second_there = 1;
        pause_ms(10);
    }
}

__attribute__((noinline)) static void innermost(volatile long *at, long value) {
    KNOWN_VECTOR(15, known_text);
    *at = value;
}

__attribute__((noinline)) static long middle(long depth, volatile long *at) {
    if (depth > 0) return middle(depth - 1, at) + 1;
    innermost(at, known_numbers[3]);
    return known_numbers[0];
}

#ifdef __linux__
static void *second(void *argument) { second_place((long)argument); }
static void begin_second(void) {
    pthread_t thread;
    pthread_create(&thread, 0, second, (void *)33);
}
#else
static u8 stack[65536] __attribute__((aligned(16)));
__attribute__((used, noreturn)) static void second(void) { second_place(33); }
// The kernel jumps here as if it had been called.
#if __aarch64__
__asm__("second_start:\nmov x29, #0\nmov x30, #0\nbl second\n");
#else
__asm__("second_start:\nand $-16, %rsp\nxor %ebp, %ebp\ncall second\n");
#endif
void second_start(void);

static void begin_second(void) {
#if FREEBSD
    static i64 ids[2];
    static u64 block[8];
    struct { u64 start, argument, stack, stack_size, tls, tls_size; i64 *child, *parent; int flags; u64 rtp, spare[3]; }
        record = {(u64)second_start, 0, (u64)stack, sizeof stack, (u64)block, 32, &ids[0], &ids[1]};
    call(455, &record, 104);
#elif NETBSD
    static struct context context;
    u32 id = 0;
    call(307, &context);
    context.flags = 4;
    PC(&context) = (u64)second_start;
    SP(&context) = (u64)(stack + sizeof stack);
    call(309, &context, 0x40, &id);
#else
    static u32 first, other;
    struct { u64 start, argument, stack; u32 *parent, *child; } record = {(u64)second_start, 0, (u64)(stack + sizeof stack), &first, &other};
    call(495, &record);
#endif
}
#endif

static int die(int argc, char **argv) {
    begin_second();
    while (!is_second_there) pause_ms(1);
    pause_ms(20);
    known_zeros[1] = 7;
    if (argc > 1 && is(argv[1], "unlink")) {
#ifdef __linux__
        unlink(argv[0]);
#else
        call(10, argv[0]);
#endif
    }
    if (argc > 1 && is(argv[1], "abort")) {
#ifdef __linux__
        kill(getpid(), SIGABRT);
#else
        call(SYS_kill, call(SYS_getpid).value, SIGABRT);
#endif
        pause_ms(1000);
    }
    return middle(2, (volatile long *)0xf0) == 0;
}

#ifdef __linux__
int main(int argc, char **argv) { return die(argc, argv); }
#else
int start(int argc, char **argv, char **envp) { return die(argc, argv); }
#endif
