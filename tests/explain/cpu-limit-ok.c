// Runs longer than the limit it was given. Not here.
// cpus: arm64
// silent
#include "program.h"
#include <sys/resource.h>
int main(int argc, char **argv) {
    struct rlimit limit = {1, 3};
    setrlimit(RLIMIT_CPU, &limit);
    return 0;
}
