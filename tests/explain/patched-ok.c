// A changed program: what was put there fits.
// systems: linux dragonfly freebsd netbsd
// patch: bytes changed=9090:6690
// silent
#include "program.h"
__asm__(".globl changed\n.type changed, @function\nchanged:\n nop\n nop\n xor %eax, %eax\n ret\n.size changed, . - changed\n");
int changed(void);
int main(int argc, char **argv) {
    return changed();
}
