// systems: netbsd
// cpus: arm64
// A thread starts without an alternate signal stack. (Releases before 7 gave it its creator's.)
#include "rawsignals.h"

static u8 other[65536] __attribute__((aligned(16))), stack[65536] __attribute__((aligned(16)));
static struct stack seen;
static volatile int is_done;

__attribute__((used, noreturn)) static void body(void) {
    call(SYS_sigaltstack, 0, &seen);
    is_done = 1;
    call(310);
    quit(30);
}
#if __aarch64__
__asm__("thread_start:\nb body\n");
#else
__asm__("thread_start:\nand $-16, %rsp\ncall body\n");
#endif
void thread_start(void);

int start(int argc, char **argv, char **envp) {
    struct stack own = {(u64)other, sizeof other, 0};
    call(SYS_sigaltstack, &own, 0);
    static struct context context;
    call(307, &context);
    context.flags = 4;
    PC(&context) = (u64)thread_start;
    SP(&context) = (u64)(stack + sizeof stack);
    u32 id = 0;
    struct answer answer = call(309, &context, 0x40, &id);
    check("created", !answer.carry, answer.value);
    for (int i = 0; i < 2000 && !is_done; i++) pause_ms(5);
    check("it ran", is_done, 0);
    check("not inherited", seen.flags & SS_DISABLE, seen.flags);
    return 0;
}
