// systems: dragonfly freebsd netbsd
// cpus: arm64
// Two calls and nothing else.
#include "raw.h"

int start(int argc, char **argv, char **envp) {
    say("hello from " SYSTEM "\n");
    return argc > 1 ? 7 : 0;
}
