// Start-up code that was ported from FreeBSD: it sets the thread pointer by FreeBSD's call, and where that fails crashes on
// purpose, as Go's does.
// systems: dragonfly
// only: amd64, DragonFly has no arm64
// code: E0901
// cause: it set its thread pointer as FreeBSD does, by call 165 (sysarch, operation 129); DragonFly BSD refuses that with EOPNOTSUPP (45) and wants call 472 (set_tls_area)
// status: 139
#include "program.h"
int main(int argc, char **argv) {
    u64 base = (u64)&base;
    if (call(SYS_sysarch, 129, &base).carry) __asm__ volatile("movl $0xf1, 0xf1");
    return 0;
}
