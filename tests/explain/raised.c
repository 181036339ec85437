// Sends itself a signal.
// cpus: arm64
// code: E0945
// cause: SIGBUS
// cause: itself
// status: 135
#include "program.h"
int main(int argc, char **argv) {
    kill(getpid(), SIGBUS);
    return 0;
}
