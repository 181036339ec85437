// Takes the thread pointer for a place for the thread's number. Not here.
// silent
#include "program.h"
noinline static long count(void) {
    long value;
    __asm__ volatile("mov %%fs:16, %0" : "=r"(value));
    return value & 0;
}
int main(int argc, char **argv) {
    return count();
}
