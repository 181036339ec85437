// Two functions call each other, with an end.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
noinline static int is_odd(long n);
noinline static int is_even(long n) {
    volatile long here[4] = {n};
    return n == 0 || is_odd(n - 1) + (here[0] & 0);
}
noinline static int is_odd(long n) {
    volatile long here[4] = {n};
    return n != 0 && is_even(n - 1) + (here[0] & 0);
}
int main(int argc, char **argv) {
    return is_even(hidden(7L));
}
