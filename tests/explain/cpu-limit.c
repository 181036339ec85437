// Runs longer than the limit it was given.
// cpus: arm64
// code: E0946
// cause: SIGXCPU
// cause: CPU time
// status: 152
#include "program.h"
#include <sys/resource.h>
int main(int argc, char **argv) {
    struct rlimit limit = {1, 3};
    setrlimit(RLIMIT_CPU, &limit);
    for (;;) __asm__ volatile("");
}
