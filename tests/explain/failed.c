// Fails for a reason of its own.
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    return fputs("failed: 17 is no prime number, or is it?\n", stderr), 3;
}
