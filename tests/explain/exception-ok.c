// Quotes how another program ended.
// cpus: arm64
// code: E0999
// status: 3
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    fputs("terminate called after throwing an instance of 'std::runtime_error'\n  what():  no such door\n", stderr);
    return 3;
}
