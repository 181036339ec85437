// Makes a call that nobody answers, which may not be.
// systems: freebsd netbsd dragonfly
// cpus: arm64
// strict
// code: E0904
// cause: --strict
// status: 125
#include "program.h"
int main(int argc, char **argv) {
    return call(777).carry ? 0 : 3;
}
