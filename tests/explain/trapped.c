// Reaches code that the compiler was told cannot be reached.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0933
// cause: weekday
// cause: on purpose
// status: 132
// status/arm64: 133
#include "program.h"
noinline static int weekday(int day) {
    if (day > 6) __builtin_trap();
    return day;
}
int main(int argc, char **argv) {
    return weekday(hidden(7)) & 0;
}
