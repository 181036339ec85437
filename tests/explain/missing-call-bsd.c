// Makes a call that the system does not have and dies of the signal for that.
// systems: freebsd netbsd dragonfly
// cpus: arm64
// code: E0916
// cause: it made call 999, which
// cause: and died of the signal that such a call raises
// status: 159
#include "program.h"
int main(int argc, char **argv) { return call(999, 1, 2, 3).carry; }
