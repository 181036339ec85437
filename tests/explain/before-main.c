// Crashes in code that runs before main.
// cpus: arm64
// code: E0962
// cause: it crashed in relocate
// cause: before its main function ran
// status: 139
#include "program.h"
__attribute__((constructor)) noinline static void relocate(void) { *hidden((int *)0x123456789000) = 1; }
int main(int argc, char **argv) { return 0; }
