// Cannot read its settings, and says nothing.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0971
// cause: it could not open /etc/ashore-corpus/settings: there is no such file (ENOENT)
// status: 3
// with: explain
// twin: no-file-ok
#include "program.h"
#ifdef __linux__
#define open_file(path) open(path, O_RDONLY)
#else
#define open_file(path) (call(SYS_open, path, 0, 0).carry ? -1 : 0)
#endif
int main(int argc, char **argv) { return open_file("/etc/ashore-corpus/settings") < 0 ? 3 : 0; }
