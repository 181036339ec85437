// Calls bytes on its stack.
// systems: linux dragonfly freebsd netbsd
// code: E0927
// cause: main stack
// status: 139
#include "program.h"
int main(int argc, char **argv) {
    volatile u8 bytes[] = {0x31, 0xc0, 0xc3};
    return ((int (*)(void))hidden((void *)bytes))();
}
