// systems: dragonfly freebsd netbsd
// cpus: arm64
// Threads made by the kernel's own call: stacks, arguments, thread pointers, numbers, ends.
#include "rawsignals.h"

static u8 stack[65536] __attribute__((aligned(16)));
static u64 block[8] = {1, 2, 3, 4, 5, 6, 7, 8};
static volatile u64 seen_argument, seen_tls, seen_id, is_done;
static volatile u64 parent_id, child_id;

static u64 tls_word(void) {
    u64 value;
#if __aarch64__
    __asm__ volatile("mrs %0, tpidr_el0\n\tldr %0, [%0]" : "=r"(value));
#else
    __asm__ volatile("mov %%fs:0, %0" : "=r"(value));
#endif
    return value;
}

#if FREEBSD
static u64 self(void) { i64 id = 0; call(432, &id); return id; }
#elif NETBSD
static u64 self(void) { return call(311).value; }
#else
static u64 self(void) { return call(496).value; }
#endif

static void set_tls(u64 *base) {
#if FREEBSD && __aarch64__
    __asm__ volatile("msr tpidr_el0, %0" : : "r"(base));
#elif FREEBSD
    u64 value = (u64)base;
    call(SYS_sysarch, 129, &value);
#elif NETBSD
    call(317, base);
#else
    struct { u64 base; int size; } area = {(u64)base, -1};
    call(472, 0, &area, sizeof area);
#endif
}

__attribute__((used, noreturn)) static void body(u64 argument) {
    seen_argument = argument;
#if DRAGONFLY
    set_tls(block + 4);
#endif
    seen_tls = tls_word();
    seen_id = self();
    is_done = 1;
#if FREEBSD
    call(431, 0);
#elif NETBSD
    call(310);
#else
    call(494, 0x10000, 0, 0);
#endif
    quit(30);
}
// The kernel jumps here as if it had been called.
#if __aarch64__
__asm__("thread_start:\nb body\n");
#else
__asm__("thread_start:\nand $-16, %rsp\ncall body\n");
#endif
void thread_start(void);

static struct answer create(void) {
#if FREEBSD
    struct { u64 start, argument, stack, stack_size, tls, tls_size; volatile u64 *child, *parent; int flags; u64 rtp, spare[3]; }
        record = {(u64)thread_start, 77, (u64)stack, sizeof stack, (u64)(block + 4), 32, &child_id, &parent_id};
    return call(455, &record, 104);
#elif NETBSD
    static struct context context;
    call(307, &context);
    context.flags = 4 | 0x80000;
    FIRST(&context) = 77;
    PC(&context) = (u64)thread_start;
    SP(&context) = (u64)(stack + sizeof stack);
    context.tls = (u64)(block + 4);
    u32 id = 0;
    struct answer answer = call(309, &context, 0x40, &id);
    child_id = parent_id = id;
    return answer;
#else
    static u32 first, second;
    struct { u64 start, argument, stack; u32 *parent, *child; } record = {(u64)thread_start, 77, (u64)(stack + sizeof stack), &first, &second};
    struct answer answer = call(495, &record);
    parent_id = first, child_id = second;
    return answer;
#endif
}

int start(int argc, char **argv, char **envp) {
    set_tls(block);
    check("thread pointer", tls_word() == 1, tls_word());
    u64 own = self();
#if FREEBSD
    check("thread numbers are large", own >= 100001, own);
#else
    check("thread numbers are small", own >= 1 && own < 10000, own);
#endif
    struct answer answer = create();
    check("created", !answer.carry, answer.value);
    for (int i = 0; i < 2000 && !is_done; i++) pause_ms(5);
    check("it ran", is_done, 0);
    line("argument", seen_argument);
    line("its thread pointer", seen_tls);
    check("ours is untouched", tls_word() == 1, tls_word());
    check("another number", seen_id != own && seen_id == parent_id && seen_id == child_id, seen_id);
    pause_ms(20);
    // Its stack is free now: another thread takes it.
    is_done = 0;
    answer = create();
    for (int i = 0; i < 2000 && !is_done; i++) pause_ms(5);
    check("again", is_done && !answer.carry, answer.value);
    return 0;
}
