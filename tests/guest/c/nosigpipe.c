// systems: dragonfly freebsd netbsd
// cpus: arm64
// A write to a socket whose peer is gone kills, unless an option or a flag says no.
#include "raw.h"

enum { AF_UNIX = 1, SOCK_STREAM = 1, SOL_SOCKET = 0xffff, SO_NOSIGPIPE = 0x800, EPIPE = 32, SIGPIPE = 13 };
enum { SYS_sendto = 133, SYS_setsockopt = 105, SYS_socketpair = 135 };
#if FREEBSD
enum { MSG_NOSIGNAL = 0x20000 };
#else
enum { MSG_NOSIGNAL = 0x400 };
#endif

static int lonely(void) {
    int pair[2] = {-1, -1};
    struct answer answer = call(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
    if (answer.carry) check("socketpair", 0, answer.value);
    call(SYS_close, pair[1]);
    return pair[0];
}

int start(int argc, char **argv, char **envp) {
    struct answer answer = call(SYS_fork);
    if (answer.value == 0) {
        call(SYS_write, lonely(), "x", 1);
        quit(1);
    }
    int status = 0;
    call(SYS_wait4, answer.value, &status, 0, 0);
    check("killed by the signal", status == SIGPIPE, status);
    answer = call(SYS_sendto, lonely(), "x", 1, MSG_NOSIGNAL, 0, 0);
    check("not with the flag", answer.carry && answer.value == EPIPE, answer.value);
    int one = 1, socket = lonely();
    answer = call(SYS_setsockopt, socket, SOL_SOCKET, SO_NOSIGPIPE, &one, 4);
    check("the option", !answer.carry, answer.value);
    answer = call(SYS_write, socket, "x", 1);
    check("not with the option", answer.carry && answer.value == EPIPE, answer.value);
    return 0;
}
