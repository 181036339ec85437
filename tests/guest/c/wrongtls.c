// systems: dragonfly
// Sets the thread pointer with FreeBSD's call, which DragonFly does not have, and crashes on
// purpose when that fails, as the start-up code of a language runtime does.
#include "raw.h"

int start(int argc, char **argv, char **envp) {
    u64 base = (u64)&base;
    struct answer answer = call(SYS_sysarch, 129, &base);
    line("errno", answer.value);
    line("carry", answer.carry);
    if (answer.carry) __asm__ volatile("movl $0xf1, 0xf1");
    say("not reached\n");
    return 0;
}
