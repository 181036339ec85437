// systems: dragonfly
// Sets the thread pointer the way DragonFly wants it: the twin of wrongtls.
#include "raw.h"

int start(int argc, char **argv, char **envp) {
    static u64 block[4] = {41, 42, 43, 44};
    struct { u64 base; int size; } area = {(u64)(block + 1), 16}, back = {0, 0};
    struct answer answer = call(472, 0, &area, sizeof area);
    check("set", !answer.carry, answer.value);
    u64 value, before;
    __asm__ volatile("mov %%fs:0, %0\n\tmov %%fs:-8, %1" : "=r"(value), "=r"(before));
    line("at the pointer", value);
    line("before it", before);
    answer = call(473, 0, &back, sizeof back);
    check("told back", !answer.carry && back.base == area.base, answer.value);
    answer = call(472, 9, &area, sizeof area);
    line("no such register", answer.carry ? answer.value : 0);
    return 0;
}
