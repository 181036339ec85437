// Processes in C: fork, vfork, posix_spawn, exec, wait, clone.
// cpus: arm64
#define _GNU_SOURCE
#include "fact.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static int body(void *argument) { return *(int *)argument; }
static int ended(pid_t pid) {
    int status;
    if (waitpid(pid, &status, 0) != pid) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int main(int argc, char **argv) {
    if (argc > 1) return atoi(argv[1]);
    pid_t pid = fork();
    if (pid == 0) {
        pid_t deeper = fork();
        if (deeper == 0) _exit(3);
        _exit(ended(deeper) + 1);
    }
    line("fork", ended(pid));
    pid = fork();
    if (pid == 0) raise(SIGKILL);
    line("killed", ended(pid));
    pid = vfork();
    if (pid == 0) {
        execl("/proc/self/exe", "processes", "11", (char *)0);
        _exit(127);
    }
    line("vfork and exec", ended(pid));
    char *arguments[] = {argv[0], "12", 0};
    check("spawn", posix_spawn(&pid, argv[0], 0, 0, arguments, environ) == 0);
    line("itself", ended(pid));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "out", O_WRONLY | O_CREAT, 0600);
    char *tool[] = {"sh", "-c", "echo from a tool; exit 6", 0};
    check("spawn", posix_spawnp(&pid, "sh", &actions, 0, tool, environ) == 0);
    line("tool", ended(pid));
    char text[100] = "";
    int fd = open("out", O_RDONLY);
    check("redirected", read(fd, text, 99) == 12 && !strcmp(text, "from a tool\n"));
    line("nothing to run", posix_spawn(&pid, "/nonexistent", 0, 0, arguments, environ));
    line("system", WEXITSTATUS(system("exit 4")));
    FILE *pipe = popen("echo piped", "r");
    check("popen", fgets(text, 99, pipe) && !strcmp(text, "piped\n") && pclose(pipe) == 0);
    static char stack[65536] __attribute__((aligned(16)));
    int argument = 9;
    pid = clone(body, stack + sizeof stack, CLONE_VM | SIGCHLD, &argument);
    line("clone", ended(pid));
#ifdef SYS_fork
    pid = syscall(SYS_fork);
#else
    pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
    if (pid == 0) _exit(2);
    line("raw fork", ended(pid));
    check("nobody", wait(0) == -1 && errno == ECHILD);
    siginfo_t info;
    pid = fork();
    if (pid == 0) _exit(8);
    check("waitid", waitid(P_PID, pid, &info, WEXITED) == 0 && info.si_status == 8 && info.si_code == CLD_EXITED && info.si_pid == pid);
    int ends[2];
    check("pipe", pipe2(ends, O_CLOEXEC) == 0);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        check("child writes", write(ends[1], "abc", 3) == 3);
        _exit(0);
    }
    line("status", ended(pid));
    close(ends[1]);
    line("bytes", read(ends[0], text, 10));
    line("end", read(ends[0], text, 10));
    char *exec[] = {"sh", "-c", "exit 77", 0};
    execv("/bin/sh", exec);
    return 1;
}
