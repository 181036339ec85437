// The same crash in main is no start-up's.
// cpus: arm64
// code: E0922
// status: 139
#include "program.h"
noinline static void relocate(void) { *hidden((int *)0x123456789000) = 1; }
int main(int argc, char **argv) { return relocate(), 0; }
