// Sends itself a signal. Not here.
// cpus: arm64
// silent
#include "program.h"
int main(int argc, char **argv) {
    kill(getpid(), 0);
    return 0;
}
