// Calls bytes in its data.
// systems: linux dragonfly freebsd netbsd
// code: E0927
// cause: code
// cause: bytes
// status: 139
#include "program.h"
static u8 bytes[] = {0x31, 0xc0, 0xc3};
int main(int argc, char **argv) {
    return ((int (*)(void))hidden((void *)bytes))();
}
