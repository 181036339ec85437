// Divides.
// systems: linux dragonfly freebsd netbsd
// silent
#include "program.h"
noinline static long share(long all, long by) { return all / by; }
int main(int argc, char **argv) { return share(hidden(10L), hidden(11L)); }
