// systems: dragonfly freebsd netbsd
// cpus: arm64
// fork and vfork: the child knows itself by both results; statuses; what is shared and what is not.
#include "raw.h"

static int wait_for(i64 pid) {
    int status = -1;
    struct answer answer = call(SYS_wait4, pid, &status, 0, 0);
    check("waited", !answer.carry && (i64)answer.value == pid, answer.value);
    return status;
}

// An event queue is not inherited.
static int queue_in_child(void) {
    i64 queue = call(SYS_kqueue).value;
    struct answer answer = call(SYS_fork);
    if (answer.value == 0) {
        answer = call(SYS_fcntl, queue, 1, 0);
        quit(answer.carry && answer.value == EBADF ? 0 : 9);
    }
    line("queue in the child", wait_for(answer.value));
    answer = call(SYS_fcntl, queue, 1, 0);
    check("queue in the parent", !answer.carry, answer.value);
    return 0;
}

int start(int argc, char **argv, char **envp) {
    if (argc > 1 && is(argv[1], "queue")) return queue_in_child();
    i64 self = call(SYS_getpid).value;
    volatile int own = 1;
    struct answer answer = call(SYS_fork);
    if (answer.value == 0) {
        own = 2;
        if (answer.carry || answer.second != CHILD_SECOND) quit(10);
        if ((i64)call(SYS_getpid).value == self) quit(11);
        if ((i64)call(SYS_getppid).value != self) quit(12);
        quit(42);
    }
    check("parent", !answer.carry && answer.value > 1 && answer.second == 0, answer.second);
    line("status", wait_for(answer.value));
    line("memory is not shared", own);
    answer = call(SYS_fork);
    if (answer.value == 0) {
        call(SYS_kill, call(SYS_getpid).value, SIGUSR1);
        quit(1);
    }
    line("killed", wait_for(answer.value));
    volatile int *ran = (int *)map(0, 4096, PROT_READ | PROT_WRITE, MAP_ANON | MAP_SHARED, -1, 0).value;
    answer = call(SYS_vfork);
    if (answer.value == 0) {
        *ran = 5;
        quit(answer.second == CHILD_SECOND ? 7 : 8);
    }
    check("the child went first", *ran == 5, *ran);
    line("status", wait_for(answer.value));
    return 0;
}
