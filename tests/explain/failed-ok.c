// Says what a program says that fails, and is well.
// cpus: arm64
// silent
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    return fputs("failed: 17 is no prime number, or is it?\n", stderr), 0;
}
