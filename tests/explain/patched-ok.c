// A changed program: what was put there fits.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// patch: bytes changed=9090:6690
// silent
#include "program.h"
#ifdef __aarch64__
// A select, which stays one when its first bytes become 6690, and is none when they become 0f0b.
__asm__(".globl changed\n.type changed, @function\nchanged:\n .inst 0x1a809090\n mov w0, wzr\n ret\n.size changed, . - changed\n");
#else
__asm__(".globl changed\n.type changed, @function\nchanged:\n nop\n nop\n xor %eax, %eax\n ret\n.size changed, . - changed\n");
#endif
int changed(void);
int main(int argc, char **argv) {
    return changed();
}
