// Takes the error of a mapping of 0 bytes for a lack of memory.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0983
// cause: it asked for 0 bytes
// cause: EINVAL
// status: 1
// with: explain
#include "program.h"
noinline static char *take(u64 size) {
#ifdef __linux__
    char *at = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? 0 : at;
#else
    struct answer answer = call(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    return answer.carry ? 0 : (char *)answer.value;
#endif
}
int main(int argc, char **argv) {
    if (take(hidden(8192)) && take(hidden(0))) return 0;
    static const char text[] = "cannot allocate memory\n";
#ifdef __linux__
    write(2, text, sizeof text - 1);
#else
    call(SYS_write, 2, text, sizeof text - 1);
#endif
    return 1;
}
