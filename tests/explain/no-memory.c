// Wants more memory than it may have.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0978
// cause: it could not get 64 TiB of memory
// status: 1
// with: explain
#include "program.h"
#define SIZE (1UL << 46)
int main(int argc, char **argv) {
#ifdef __linux__
    return mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
#else
    return call(SYS_mmap, 0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0).carry;
#endif
}
