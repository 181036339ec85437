// A thread panics, and the program fails for a reason of its own.
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    fputs("\nthread 'worker' panicked at src/main.rs:4:20:\nindex out of bounds: the len is 3 but the index is 7\n", stderr);
    return fputs("rust-panic-ok: 17 is no prime number, or is it?\n", stderr), 3;
}
