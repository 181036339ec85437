// Wants more memory than it may have, and is content with less.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// with: explain
// silent
#include "program.h"
int main(int argc, char **argv) {
#ifdef __linux__
    if (mmap(0, 1UL << 46, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED) return 9;
    return mmap(0, 1UL << 26, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
#else
    if (!call(SYS_mmap, 0, 1UL << 46, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0).carry) return 9;
    return call(SYS_mmap, 0, 1UL << 26, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0).carry;
#endif
}
