// Turns interrupts off.
// systems: linux dragonfly freebsd netbsd
// code: E0936
// cause: guard
// cause: cli
// status: 139
#include "program.h"
noinline static void guard(void) { __asm__ volatile("cli"); }
int main(int argc, char **argv) {
    guard();
    return 0;
}
