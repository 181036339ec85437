// Quotes a dynamic linker, and is well.
// cpus: arm64
// silent
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    fputs("Error relocating /app/server: frobnicate: symbol not found\n", stderr);
    return 0;
}
