// Divides by 0.0 with that exception unmasked.
// systems: linux dragonfly freebsd netbsd
// only: amd64, no arm64 CPU that is shown here traps for numbers
// code: E0938
// cause: share
// cause: 0.0
// status: 136
#include "program.h"
noinline static double share(double all, double by) {
    u32 was, control = 0x1d80;
    __asm__ volatile("stmxcsr %0" : "=m"(was));
    __asm__ volatile("ldmxcsr %0" : : "m"(control));
    double each = all / by;
    __asm__ volatile("" : "+x"(each));
    __asm__ volatile("ldmxcsr %0" : : "m"(was));
    return each;
}
int main(int argc, char **argv) {
    volatile double zero = 0;
    return share(zero + 1, zero) < 0;
}
