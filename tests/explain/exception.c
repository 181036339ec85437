// Ends as std::terminate does.
// cpus: arm64
// code: E0956
// cause: nobody caught an exception: std::runtime_error: no such door
// status: 134
#include "program.h"
int main(int argc, char **argv) {
    fputs("terminate called after throwing an instance of 'std::runtime_error'\n  what():  no such door\n", stderr);
    abort();
}
