// Divides by zero.
// systems: linux dragonfly freebsd netbsd
// only: amd64, arm64 divides by zero without a word: the result is 0
// code: E0931
// cause: share
// cause: divided by zero
#include "program.h"
noinline static long share(long all, long by) { return all / by; }
int main(int argc, char **argv) { return share(hidden(10L), hidden(0L)); }
