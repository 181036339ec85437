// Processes: pipes, trees of fork and exec, what is inherited and what is not.
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static const char *self;

static int exit_of(pid_t child) {
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void pipes(void) {
    int ends[2];
    char buffer[8192] = {0};
    CHECK(!pipe2(ends, O_NONBLOCK | O_CLOEXEC));
    CHECK(fcntl(ends[0], F_GETFD) == FD_CLOEXEC && (fcntl(ends[0], F_GETFL) & O_NONBLOCK));
    CHECK(read(ends[0], buffer, 1) == -1 && errno == EAGAIN);
    long total = 0, count;
    while ((count = write(ends[1], buffer, sizeof buffer)) > 0)
        total += count;
    CHECK(count == -1 && errno == EAGAIN && total == 65536);
    struct pollfd state[2] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}};
    CHECK(poll(state, 2, 0) == 1 && state[0].revents == POLLIN && state[1].revents == 0);
    CHECK(read(ends[0], buffer, 8192) == 8192);
    CHECK(poll(state, 2, 0) == 2 && state[1].revents == POLLOUT);
    close(ends[1]);
    while ((count = read(ends[0], buffer, sizeof buffer)) > 0)
        total -= count;
    CHECK(count == 0 && total == 8192);
    CHECK(poll(state, 1, 0) == 1 && (state[0].revents & POLLHUP));
    close(ends[0]);
    // More than a pipe holds, through one.
    CHECK(!pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        for (int i = 0; i < 100; i++) {
            memset(buffer, i, sizeof buffer);
            if (write(ends[1], buffer, sizeof buffer) != sizeof buffer)
                _exit(1);
        }
        _exit(0);
    }
    close(ends[1]);
    long sum = 0;
    total = 0;
    while ((count = read(ends[0], buffer, 1000)) > 0) {
        total += count;
        for (long i = 0; i < count; i++)
            sum += buffer[i];
    }
    CHECK(total == 819200 && sum == 8192L * 4950 && exit_of(child) == 0);
    close(ends[0]);
}

// Each process adds what its children say; a leaf says one.
static int tree(int depth, int width) {
    if (depth == 0)
        return 1;
    int ends[2], sum = 0;
    CHECK(!pipe(ends));
    pid_t children[8];
    for (int i = 0; i < width; i++) {
        children[i] = fork();
        CHECK(children[i] >= 0);
        if (children[i] == 0) {
            int value = tree(depth - 1, width);
            _exit(write(ends[1], &value, sizeof value) == sizeof value ? 0 : 1);
        }
    }
    close(ends[1]);
    int value;
    while (read(ends[0], &value, sizeof value) == sizeof value)
        sum += value;
    close(ends[0]);
    for (int i = 0; i < width; i++)
        CHECK(exit_of(children[i]) == 0);
    return sum;
}

static void forks(void) {
    CHECK(tree(4, 3) == 81);
    CHECK(tree(1, 8) == 8);
    CHECK(tree(7, 1) == 1);
}

static void copies(void) {
    static int data = 1;
    int local = 1;
    char *heap = malloc(1 << 20);
    memset(heap, 7, 1 << 20);
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        int is_good = data == 1 && local == 1 && heap[12345] == 7 && getppid() == parent && getpid() != parent;
        data = local = 2;
        memset(heap, 8, 1 << 20);
        *shared = 42;
        _exit(is_good ? 0 : 1);
    }
    CHECK(exit_of(child) == 0);
    CHECK(data == 1 && local == 1 && heap[12345] == 7 && *shared == 42);
    free(heap);
    munmap(shared, 4096);
}

static pid_t run(char **arguments, char **environment) {
    pid_t child = fork();
    if (child == 0) {
        execve(self, arguments, environment);
        _exit(127);
    }
    return child;
}

static void execs(void) {
    char *environment[] = {"ONE=1", "TWO=two words", NULL};
    CHECK(exit_of(run((char *[]){"trees", "status", "7", NULL}, environment)) == 7);
    CHECK(exit_of(run((char *[]){"trees", "nest", "5", NULL}, environment)) == 5);
    CHECK(exit_of(run((char *[]){"trees", "environment", NULL}, environment)) == 0);
    int kept = open("/dev/null", O_RDONLY), closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(kept >= 0 && closed >= 0);
    char one[16], two[16];
    snprintf(one, sizeof one, "%d", kept);
    snprintf(two, sizeof two, "%d", closed);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, (void (*)(int))abort);
    CHECK(exit_of(run((char *[]){"trees", "inherited", one, two, NULL}, environment)) == 0);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
    close(kept);
    close(closed);
    CHECK(execve("/nonexistent", (char *[]){"x", NULL}, environment) == -1 && errno == ENOENT);
    CHECK(execve("/dev", (char *[]){"x", NULL}, environment) == -1 && errno == EACCES);
    int text = open("/tmp/trees-text", O_WRONLY | O_CREAT | O_TRUNC, 0755);
    CHECK(write(text, "no program\n", 11) == 11);
    close(text);
    CHECK(execve("/tmp/trees-text", (char *[]){"x", NULL}, environment) == -1 && errno == ENOEXEC);
    chmod("/tmp/trees-text", 0644);
    CHECK(execve("/tmp/trees-text", (char *[]){"x", NULL}, environment) == -1 && errno == EACCES);
    unlink("/tmp/trees-text");
    // Long lists of arguments.
    static char big[3000][20];
    static char *list[3003] = {"trees", "count"};
    for (int i = 0; i < 3000; i++) {
        snprintf(big[i], sizeof big[i], "argument %d", i);
        list[i + 2] = big[i];
    }
    CHECK(exit_of(run(list, environment)) == 3002 % 251);
}

static void spawns(void) {
    for (int i = 0; i < 20; i++) {
        pid_t child;
        char number[8];
        snprintf(number, sizeof number, "%d", i);
        CHECK(!posix_spawn(&child, self, NULL, NULL, (char *[]){"trees", "status", number, NULL}, environ));
        CHECK(exit_of(child) == i);
    }
    pid_t child;
    CHECK(posix_spawn(&child, "/nonexistent", NULL, NULL, (char *[]){"x", NULL}, environ) == ENOENT);
    // A command's output through a pipe.
    int ends[2];
    CHECK(!pipe(ends));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    CHECK(!posix_spawn(&child, self, &actions, NULL, (char *[]){"trees", "say", "something", NULL}, environ));
    close(ends[1]);
    char said[32] = {0};
    CHECK(read(ends[0], said, sizeof said) == 10 && !strcmp(said, "something\n"));
    CHECK(exit_of(child) == 0);
    close(ends[0]);
}

static void waits(void) {
    CHECK(wait(NULL) == -1 && errno == ECHILD);
    pid_t one = fork();
    if (one == 0)
        _exit(1);
    pid_t two = fork();
    if (two == 0)
        for (;;)
            pause();
    int status;
    CHECK(waitpid(two, &status, WNOHANG) == 0);
    siginfo_t info = {0};
    CHECK(!waitid(P_PID, one, &info, WEXITED | WNOWAIT) && info.si_pid == one && info.si_status == 1 && info.si_code == CLD_EXITED);
    CHECK(wait(&status) == one && WEXITSTATUS(status) == 1);
    kill(two, SIGKILL);
    struct rusage usage;
    CHECK(wait4(-1, &status, 0, &usage) == two && WTERMSIG(status) == SIGKILL);
    CHECK(waitpid(one, &status, 0) == -1 && errno == ECHILD);
    // Groups of processes.
    pid_t leader = fork();
    if (leader == 0) {
        setpgid(0, 0);
        for (;;)
            pause();
    }
    setpgid(leader, leader);
    pid_t member = fork();
    if (member == 0) {
        setpgid(0, leader);
        for (;;)
            pause();
    }
    setpgid(member, leader);
    CHECK(getpgid(leader) == leader && getpgid(member) == leader);
    CHECK(!kill(-leader, SIGTERM));
    CHECK(waitpid(-leader, &status, 0) > 0 && WTERMSIG(status) == SIGTERM);
    CHECK(waitpid(-leader, &status, 0) > 0 && WTERMSIG(status) == SIGTERM);
    CHECK(kill(-leader, 0) == -1 && errno == ESRCH);
    pid_t session = fork();
    if (session == 0)
        _exit(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid() ? 0 : 1);
    CHECK(exit_of(session) == 0);
}

// What a program of a tree does when it is called by another.
static int called(int count, char **words) {
    if (!strcmp(words[1], "status"))
        return atoi(words[2]);
    if (!strcmp(words[1], "say"))
        return puts(words[2]) < 0;
    if (!strcmp(words[1], "count"))
        return count % 251;
    if (!strcmp(words[1], "environment"))
        return !(environ[0] && environ[1] && !environ[2] && !strcmp(getenv("TWO"), "two words"));
    if (!strcmp(words[1], "inherited")) {
        struct sigaction ignored, handled;
        sigaction(SIGUSR1, NULL, &ignored);
        sigaction(SIGUSR2, NULL, &handled);
        return !(fcntl(atoi(words[2]), F_GETFD) == 0 && fcntl(atoi(words[3]), F_GETFD) == -1
            && ignored.sa_handler == SIG_IGN && handled.sa_handler == SIG_DFL);
    }
    int depth = atoi(words[2]);
    if (depth == 0)
        return 0;
    char next[8];
    snprintf(next, sizeof next, "%d", depth - 1);
    int below = exit_of(run((char *[]){"trees", "nest", next, NULL}, environ));
    return below == depth - 1 ? depth : 99;
}

int main(int count, char **words) {
    static char path[256];
    if (readlink("/proc/self/exe", path, sizeof path - 1) <= 0)
        strcpy(path, words[0]);
    self = path;
    if (count > 1)
        return called(count, words);
    PART(pipes);
    PART(forks);
    PART(copies);
    PART(execs);
    PART(spawns);
    PART(waits);
    return failed_checks != 0;
}
