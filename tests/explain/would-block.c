// Reads from an empty pipe that does not block, and compares the error with Linux's number.
// systems: freebsd netbsd
// cpus: arm64
// code: E0915
// cause: it took EAGAIN (35) for a failure: read(
// status: 1
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    int ends[2];
    char byte;
    if (call(SYS_pipe2, ends, 4).carry) return 9;
    struct answer answer = call(SYS_read, ends[0], &byte, 1);
    return answer.carry && answer.value != 11;
}
