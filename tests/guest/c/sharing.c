// systems: dragonfly freebsd netbsd
// cpus: arm64
// The child of a vfork runs on its parent's memory.
#include "raw.h"

static volatile int shared;

int start(int argc, char **argv, char **envp) {
    struct answer answer = call(SYS_vfork);
    if (answer.value == 0) {
        shared = 5;
        quit(0);
    }
    check("memory is shared", shared == 5, shared);
    return 0;
}
