// Calls bytes on its stack.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0927
// cause: main stack
// status: 139
#include "program.h"
int main(int argc, char **argv) {
    volatile u8 bytes[] = RETURN_0;
    return ((int (*)(void))hidden((void *)bytes))();
}
