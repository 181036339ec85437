// systems: dragonfly freebsd netbsd
// cpus: arm64
// A number the system does not have raises SIGSYS.
#include "raw.h"

int start(int argc, char **argv, char **envp) {
    say("about to call 777\n");
    struct answer answer = call(777, 1, 2, 3);
    line("went on", answer.value);
    return 0;
}
