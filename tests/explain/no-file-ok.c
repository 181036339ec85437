// Does without its settings.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
// with: explain
#include "program.h"
int main(int argc, char **argv) {
#ifdef __linux__
    return open("/etc/ashore-corpus/settings", O_RDONLY) >= 0;
#else
    return !call(SYS_open, "/etc/ashore-corpus/settings", 0).carry;
#endif
}
