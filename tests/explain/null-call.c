// Calls a function that nobody set.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0921
// cause: called a function through a null pointer
// cause: run
// status: 139
#include "program.h"
struct actions { void (*open)(void), (*close)(void); };
static void nothing(void) {}
static struct actions actions = {nothing};
noinline static int run(struct actions *all) {
    all->close();
    __asm__ volatile("");
    return 0;
}
int main(int argc, char **argv) {
    return run(hidden(&actions));
}
