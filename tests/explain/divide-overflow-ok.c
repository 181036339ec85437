// Divides the smallest number by -1. Not here.
// systems: linux dragonfly freebsd netbsd
// only: amd64, arm64 divides without a word
// silent
#include "program.h"
noinline static int share(int all, int by) { return all / by; }
int main(int argc, char **argv) {
    return share(hidden((int)0x80000000), hidden(1)) == 5;
}
