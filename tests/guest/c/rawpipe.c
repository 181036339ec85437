// systems: dragonfly freebsd netbsd
// cpus: arm64
// The two ways of making a pipe, and whether bytes flow both ways.
#include "raw.h"

static void flow(const char *name, int from, int to) {
    char byte = 0;
    call(SYS_write, from, "p", 1);
    struct answer answer = call(SYS_read, to, &byte, 1);
    check(name, !answer.carry && answer.value == 1 && byte == 'p', answer.value);
}

int start(int argc, char **argv, char **envp) {
    struct answer answer = call(SYS_pipe, 0);
    check("pipe answers in two registers", !answer.carry && answer.value == 3 && answer.second == 4, answer.second);
    flow("forward", 4, 3);
    int pair[2] = {-1, -1};
    answer = call(SYS_pipe2, pair, 0x4);
#if DRAGONFLY
    check("pipe2 answers in two registers", !answer.carry && answer.value == 5 && answer.second == 6, answer.second);
    check("and writes nothing", pair[0] == -1, pair[0]);
    pair[0] = answer.value, pair[1] = answer.second;
#else
    check("pipe2 writes two numbers", !answer.carry && answer.value == 0 && pair[0] == 5 && pair[1] == 6, pair[0]);
#endif
    flow("forward", pair[1], pair[0]);
    char byte;
    answer = call(SYS_read, pair[0], &byte, 1);
    check("it does not block", answer.carry && answer.value == EAGAIN, answer.value);
    call(SYS_close, 4);
    answer = call(SYS_read, 3, &byte, 1);
    check("end of file", !answer.carry && answer.value == 0, answer.value);
    return 0;
}
