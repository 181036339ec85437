// Reads from an empty pipe that does not block, and knows the system's number for that.
// systems: freebsd netbsd
// cpus: arm64
// silent
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    int ends[2];
    char byte;
    if (call(SYS_pipe2, ends, 4).carry) return 9;
    struct answer answer = call(SYS_read, ends[0], &byte, 1);
    return answer.carry && answer.value != 35;
}
