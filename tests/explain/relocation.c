// Ends as musl's dynamic linker does when a library is of the wrong version.
// cpus: arm64
// code: E0957
// cause: the dynamic linker gave up: relocating /app/server: frobnicate: symbol not found
// status: 127
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    fputs("Error relocating /app/server: frobnicate: symbol not found\n", stderr);
    return 127;
}
