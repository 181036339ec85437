// Calls abort.
// cpus: arm64
// code: E0951
// cause: abort
// status: 134
#include "program.h"
int main(int argc, char **argv) {
    abort();
}
