// Start-up code that sets the thread pointer as DragonFly does.
// systems: dragonfly
// only: amd64, DragonFly has no arm64
// silent
#include "program.h"
int main(int argc, char **argv) {
    struct { void *base; int size; } area = {&area, sizeof area};
    if (call(472, 0, &area, sizeof area).carry) __asm__ volatile("movl $0xf1, 0xf1");
    return 0;
}
