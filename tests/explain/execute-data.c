// Calls bytes in its data.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0927
// cause: code
// cause: bytes
// status: 139
#include "program.h"
static u8 bytes[] = RETURN_0;
int main(int argc, char **argv) {
    return ((int (*)(void))hidden((void *)bytes))();
}
