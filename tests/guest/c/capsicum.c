// systems: freebsd
// cpus: arm64
// A kernel without Capsicum says so; programs go on without it.
#include "raw.h"

int start(int argc, char **argv, char **envp) {
    u32 mode = 7;
    line("cap_enter", call(516).carry ? call(516).value : 0);
    line("cap_getmode", call(517, &mode).carry ? call(517, &mode).value : 0);
    line("mode", mode);
    return 0;
}
