// The children of vfork and of clone with CLONE_VM run on their parent's memory.
// cpus: arm64
#define _GNU_SOURCE
#include "fact.h"
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int shared;
static int body(void *argument) {
    shared = 21;
    return 0;
}

int main(void) {
    pid_t pid = vfork();
    if (pid == 0) {
        shared = 5;
        _exit(0);
    }
    line("shared with vfork", shared);
    waitpid(pid, 0, 0);
    static char stack[65536] __attribute__((aligned(16)));
    pid = clone(body, stack + sizeof stack, CLONE_VM | SIGCHLD, 0);
    waitpid(pid, 0, 0);
    line("shared with clone", shared);
    return 0;
}
