// Two functions call each other without end.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0923
// cause: the main stack
// cause: is_even
// cause: is_odd
// status: 139
#include "program.h"
noinline static int is_odd(long n);
noinline static int is_even(long n) {
    volatile long here[4] = {n};
    return is_odd(n - 1) + (here[0] & 0);
}
noinline static int is_odd(long n) {
    volatile long here[4] = {n};
    return is_even(n - 1) + (here[0] & 0);
}
int main(int argc, char **argv) {
    return is_even(hidden(7L));
}
