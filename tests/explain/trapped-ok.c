// Reaches code that the compiler was told cannot be reached. Not here.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static int weekday(int day) {
    if (day > 6) __builtin_trap();
    return day;
}
int main(int argc, char **argv) {
    return weekday(hidden(6)) & 0;
}
