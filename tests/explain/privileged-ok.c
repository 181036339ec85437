// Turns interrupts off. Not here.
// systems: linux dragonfly freebsd netbsd
// silent
#include "program.h"
noinline static void guard(void) { __asm__ volatile("cld"); }
int main(int argc, char **argv) {
    guard();
    return 0;
}
