// Takes the null of an allocation of 0 bytes for a lack of memory.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0983
// cause: it says that memory ran out, but the system refused it none
// status: 1
// with: explain
#include "program.h"
static char room[1 << 16], *next = room;
noinline static void *take(u64 size) {
    if (size == 0 || size > room + sizeof room - next) return 0;
    return next += size, next - size;
}
noinline static int load(u64 rows) {
    if (take(rows * 24)) return 0;
    static const char text[] = "table: out of memory\n";
#ifdef __linux__
    write(2, text, sizeof text - 1);
#else
    call(SYS_write, 2, text, sizeof text - 1);
#endif
    return 1;
}
int main(int argc, char **argv) { return load(hidden(3)) | load(hidden(0)); }
