// Makes calls that are answered, where no other may be made.
// systems: freebsd netbsd dragonfly
// cpus: arm64
// strict
// silent
#include "program.h"
int main(int argc, char **argv) {
    return call(SYS_getpid).value == 0;
}
