// Ends as a Rust program that panics.
// cpus: arm64
// code: E0954
// cause: its thread main panicked: index out of bounds: the len is 3 but the index is 7, at src/main.rs:4:20
// status: 101
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    fputs("\nthread 'main' panicked at src/main.rs:4:20:\nindex out of bounds: the len is 3 but the index is 7\n", stderr);
    return 101;
}
