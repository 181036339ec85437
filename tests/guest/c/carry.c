// systems: dragonfly freebsd netbsd
// cpus: arm64
// Errors are a carry flag and a positive number; success clears the flag; one result leaves the second register alone or clears it.
#include "raw.h"

int start(int argc, char **argv, char **envp) {
    struct answer answer = call(SYS_write, 99, "x", 1);
    line("bad descriptor", answer.value);
    check("carry is set", answer.carry, 0);
    answer = call(SYS_getpid, 0, 0, 0x1234);
    check("success clears carry", !answer.carry && answer.value > 1, answer.value);
#if NETBSD
    // The two identity calls of NetBSD answer twice.
    check("second result", answer.second == call(SYS_getppid).value, answer.second);
#else
    check("second result", answer.second == LEFT_ALONE(0x1234), answer.second);
#endif
    answer = call(SYS_dup, 1, 0, 0x5678);
    check("a new descriptor", !answer.carry && answer.value == 3, answer.value);
    check("one result", answer.second == LEFT_ALONE(0x5678), answer.second);
    answer = call(SYS_close, 3);
    check("zero is success", !answer.carry && answer.value == 0, answer.value);
    answer = call(SYS_close, 3);
    check("closed twice", answer.carry && answer.value == EBADF, answer.value);
    answer = call(SYS_write, 1, 8, 1);
    check("a bad address", answer.carry && answer.value == EFAULT, answer.value);
    answer = call(SYS_wait4, -1, 0, 0, 0);
    check("no child", answer.carry && answer.value == ECHILD, answer.value);
    int fd = call(SYS_open, "sparse", 0x602, 0600).value;
#if FREEBSD
    answer = call(SYS_lseek, fd, 5L << 32, 0);
#else
    answer = call(SYS_lseek, fd, 0, 5L << 32, 0);
#endif
    check("a far offset", !answer.carry && answer.value == 5L << 32, answer.value);
    // Indirect calls: the number is the first argument.
    answer = indirect(0, SYS_getpid);
    check("indirect", !answer.carry && answer.value == call(SYS_getpid).value, answer.value);
    answer = indirect(198, SYS_close, 99);
    check("indirect, wide", answer.carry && answer.value == EBADF, answer.value);
#if !FREEBSD
    answer = indirect(198, SYS_lseek, fd, 0, 6L << 32, 0);
    check("indirect with a pad", !answer.carry && answer.value == 6L << 32, answer.value);
#else
    answer = indirect(198, SYS_lseek, fd, 6L << 32, 0);
    check("indirect with a pad", !answer.carry && answer.value == 6L << 32, answer.value);
#endif
    return 0;
}
