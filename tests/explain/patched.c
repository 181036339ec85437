// A changed program: its function runs into what was put there.
// systems: linux dragonfly freebsd netbsd
// patch: bytes changed=9090:0f0b
// code: E0961
// cause: it crashed in code that `ashore patch` changed
// status: 132
#include "program.h"
__asm__(".globl changed\n.type changed, @function\nchanged:\n nop\n nop\n xor %eax, %eax\n ret\n.size changed, . - changed\n");
int changed(void);
int main(int argc, char **argv) {
    return changed();
}
