// /proc of a process: what it was started with, what it has open, mapped and mounted, how it stands.
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[1 << 16];

// A file's bytes; how many.
static ssize_t slurp(const char *path) {
    int fd = open(path, O_RDONLY);
    ssize_t total = 0, count;
    memset(text, 0, sizeof text);
    while (fd >= 0 && total < (ssize_t)sizeof text - 1 && (count = read(fd, text + total, sizeof text - 1 - total)) > 0)
        total += count;
    if (fd >= 0)
        close(fd);
    return fd < 0 ? -1 : total;
}

// The number after a name at a line's start, -1 without one.
static long long value(const char *name, int base) {
    for (const char *at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (!strncmp(at, name, strlen(name)))
            return strtoll(at + strlen(name), NULL, base);
    return -1;
}

static int has(const char *what) {
    return strstr(text, what) != NULL;
}

static char *self;

static void arguments_and_environment(char **words) {
    CHECK(slurp("/proc/self/cmdline") == (ssize_t)strlen(self) + 1 + 3 + 2);
    CHECK(!strcmp(text, self) && !strcmp(text + strlen(self) + 1, "ab") && !strcmp(text + strlen(self) + 4, "c"));
    CHECK(slurp("/proc/self/environ") == 4 + 6 && !memcmp(text, "A=1\0BB=22\0", 10));
    // They are the program's memory.
    words[1][0] = 'X';
    CHECK(slurp("/proc/self/cmdline") > 0 && !strcmp(text + strlen(self) + 1, "Xb"));
    words[1][0] = 'a';
    struct stat found;
    CHECK(!stat("/proc/self/environ", &found) && (found.st_mode & 0777) == 0400);
    char path[64];
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    snprintf(path, sizeof path, "/proc/%d/environ", child);
    CHECK(slurp(path) == 10);
    CHECK(!seteuid(1000));
    CHECK(slurp(path) == -1 && errno == EACCES);
    CHECK(!seteuid(0));
    kill(child, SIGKILL);
    siginfo_t info;
    waitid(P_PID, child, &info, WEXITED | WNOWAIT);
    CHECK(slurp(path) == 0);
    snprintf(path, sizeof path, "/proc/%d/cmdline", child);
    CHECK(slurp(path) == 0);
    snprintf(path, sizeof path, "/proc/%d/stat", child);
    CHECK(slurp(path) > 0 && has(") Z "));
    waitpid(child, NULL, 0);
    CHECK(slurp(path) == -1 && errno == ENOENT);
}

static void reads_and_writes(void) {
    long long before[4], after[4];
    static const char *const names[] = {"rchar: ", "wchar: ", "syscr: ", "syscw: "};
    int fd = open("/tmp/io", O_RDWR | O_CREAT | O_TRUNC, 0600);
    static char bytes[5000];
    CHECK(slurp("/proc/self/io") > 0 && has("read_bytes: ") && has("cancelled_write_bytes: "));
    for (int i = 0; i < 4; i++)
        before[i] = value(names[i], 10);
    size_t length = strlen(text);
    for (int i = 0; i < 3; i++)
        CHECK(pwrite(fd, bytes, sizeof bytes, 0) == sizeof bytes);
    CHECK(pread(fd, bytes, 100, 0) == 100);
    pid_t child = fork();
    if (child == 0) {
        CHECK(write(fd, bytes, 10) == 10);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    slurp("/proc/self/io");
    for (int i = 0; i < 4; i++)
        after[i] = value(names[i], 10);
    // The read of the text before counts, with the one that found its end; of this one nothing does yet.
    CHECK(after[0] - before[0] == 100 + (long long)length);
    CHECK(after[1] - before[1] == 15000 + 10);
    CHECK(after[2] - before[2] == 3);
    CHECK(after[3] - before[3] == 4);
    close(fd);
    unlink("/tmp/io");
}

static void mounts(void) {
    mkdir("/tmp/mounted", 0755);
    CHECK(slurp("/proc/self/mounts") > 0 && has(" / ") && has(" /proc proc ") && !has("/tmp/mounted"));
    CHECK(slurp("/proc/self/mountinfo") > 0 && has(" / / "));
    CHECK(!mount("name", "/tmp/mounted", "tmpfs", 0, NULL));
    CHECK(slurp("/proc/self/mounts") > 0 && has("name /tmp/mounted tmpfs rw"));
    CHECK(slurp("/proc/mounts") > 0 && has("name /tmp/mounted tmpfs rw"));
    CHECK(slurp("/proc/self/mountinfo") > 0 && has(" / /tmp/mounted rw") && has(" - tmpfs name rw"));
    CHECK(mount("name", "/tmp/none", "tmpfs", 0, NULL) == -1 && errno == ENOENT);
    CHECK(mount("name", "/tmp/mounted", "nothing", 0, NULL) == -1 && errno == ENODEV);
    CHECK(!mkdir("/tmp/mounted/proc", 0755) && !mount("proc", "/tmp/mounted/proc", "proc", 0, NULL));
    CHECK(slurp("/tmp/mounted/proc/self/comm") > 0);
    CHECK(umount("/tmp/mounted") == -1 && errno == EBUSY);
    CHECK(!umount("/tmp/mounted/proc") && !umount("/tmp/mounted"));
    CHECK(umount("/tmp/mounted") == -1 && errno == EINVAL);
    CHECK(slurp("/proc/self/mounts") > 0 && !has("/tmp/mounted"));
    rmdir("/tmp/mounted");
}

static void limits(void) {
    struct rlimit limit = {123, 456};
    CHECK(!setrlimit(RLIMIT_CORE, &limit));
    CHECK(slurp("/proc/self/limits") > 0);
    CHECK(has("Limit                     Soft Limit           Hard Limit           Units     \n"));
    CHECK(has("Max core file size        123                  456                  bytes     \n"));
    CHECK(has("Max nice priority         0                    0                    \n"));
    CHECK(has("Max realtime timeout      unlimited            unlimited            us        \n"));
}

static int lines(void) {
    int count = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        count++;
    return count;
}

static void *idle(void *fd) {
    char byte;
    prctl(PR_SET_NAME, "other");
    (void)!read((int)(long)fd, &byte, 1);
    return NULL;
}

static void how_it_stands(void) {
    int ends[2];
    CHECK(!pipe(ends));
    pthread_t thread;
    pthread_create(&thread, NULL, idle, (void *)(long)ends[0]);
    usleep(30000);
    sigset_t set;
    sigemptyset(&set), sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGUSR1, SIG_IGN);
    raise(SIGUSR2);
    CHECK(slurp("/proc/self/status") > 0);
    CHECK(has("Name:\tproc\n") && has("State:\tR (running)\n") && value("Tgid:\t", 10) == getpid());
    CHECK(value("Pid:\t", 10) == getpid() && value("PPid:\t", 10) == getppid() && value("TracerPid:\t", 10) == 0);
    CHECK(has("Uid:\t0\t0\t0\t0\n") && has("Gid:\t0\t0\t0\t0\n") && has("Umask:\t0022\n"));
    CHECK(value("Threads:\t", 10) == 2 && value("FDSize:\t", 10) == 64);
    CHECK(value("SigBlk:\t", 16) == 1 << (SIGUSR2 - 1) && value("SigPnd:\t", 16) == 1 << (SIGUSR2 - 1));
    CHECK(value("ShdPnd:\t", 16) == 0 && value("SigIgn:\t", 16) == 1 << (SIGUSR1 - 1));
    CHECK(value("VmSize:\t", 10) >= value("VmRSS:\t", 10) && value("VmRSS:\t", 10) > 0);
    CHECK(value("VmPeak:\t", 10) >= value("VmSize:\t", 10) && value("VmHWM:\t", 10) >= value("VmRSS:\t", 10));
    CHECK(value("voluntary_ctxt_switches:\t", 10) > 0 && value("nonvoluntary_ctxt_switches:\t", 10) >= 0);
    long long size = value("VmSize:\t", 10);
    char *at = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(slurp("/proc/self/status") > 0 && value("VmSize:\t", 10) == size + (64 << 10));
    munmap(at, 64 << 20);
    CHECK(slurp("/proc/self/status") > 0 && value("VmSize:\t", 10) == size && value("VmPeak:\t", 10) >= size + (64 << 10));
    CHECK(slurp("/proc/self/stat") > 0 && lines() == 1);
    long long fields[60] = {0};
    int count = 2;
    char *rest = strrchr(text, ')') + 2;
    CHECK(atoi(text) == getpid() && !strncmp(strchr(text, '('), "(proc) R ", 9));
    for (char *word = strtok(rest, " \n"); word; word = strtok(NULL, " \n"))
        fields[++count] = strtoll(word, NULL, 10);
    CHECK(count == 52 && fields[4] == getppid() && fields[5] == getpgrp() && fields[6] == getsid(0));
    CHECK(fields[18] == 20 && fields[19] == 0 && fields[20] == 2 && fields[23] == size << 10);
    CHECK(fields[38] == SIGCHLD && fields[52] == 0);
    CHECK(fields[48] < fields[49] && fields[49] - fields[48] == (long long)strlen(self) + 6);
    CHECK(fields[50] < fields[51] && fields[51] - fields[50] == 10);
    CHECK(fields[28] > 0 && fields[47] <= (long long)(long)sbrk(0));
    CHECK(!setpriority(PRIO_PROCESS, 0, 3) && slurp("/proc/self/stat") > 0);
    CHECK(strstr(text, " 23 3 2 ") != NULL);
    char path[64];
    CHECK(slurp("/proc/self/comm") == 5 && !strcmp(text, "proc\n"));
    int other = 0;
    for (int tid = getpid() + 1; tid < getpid() + 50 && !other; tid++) {
        snprintf(path, sizeof path, "/proc/self/task/%d/comm", tid);
        other = slurp(path) > 0 ? tid : 0;
    }
    CHECK(!strcmp(text, "other\n"));
    snprintf(path, sizeof path, "/proc/self/task/%d/status", other);
    CHECK(slurp(path) > 0 && value("Pid:\t", 10) == other && has("State:\tS (sleeping)\n"));
    int fd = open("/proc/self/comm", O_WRONLY);
    CHECK(write(fd, "a name that is too long", 23) == 23);
    close(fd);
    CHECK(slurp("/proc/self/comm") == 16 && !strcmp(text, "a name that is \n"));
    close(ends[1]);
    pthread_join(thread, NULL);
    close(ends[0]);
    sigprocmask(SIG_UNBLOCK, &(sigset_t){0}, NULL);
}

static void what_is_mapped(void) {
    char line[128];
    syscall(SYS_brk, syscall(SYS_brk, 0) + 8192);
    int fd = open("/tmp/mapped", O_RDWR | O_CREAT, 0600);
    struct stat found;
    CHECK(!ftruncate(fd, 16384) && !fstat(fd, &found));
    char *at = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 4096);
    CHECK(slurp("/proc/self/maps") > 0 && has("[stack]\n") && has("[heap]\n") && has("[vdso]\n"));
    snprintf(line, sizeof line, "%lx-%lx r--s 00001000 ", (long)at, (long)at + 8192);
    CHECK(has(line));
    snprintf(line, sizeof line, " %lu ", (long)found.st_ino);
    CHECK(has(line) && has(" /tmp/mapped\n"));
    CHECK(!unlink("/tmp/mapped"));
    CHECK(slurp("/proc/self/maps") > 0 && has(" /tmp/mapped (deleted)\n"));
    munmap(at, 8192);
    CHECK(slurp("/proc/self/maps") > 0 && !has("/tmp/mapped"));
    close(fd);
}

static void what_is_open(void) {
    char path[64], target[64] = {0};
    int fd = open("/tmp/opened", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    CHECK(write(fd, "12345", 5) == 5);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(readlink(path, target, 63) == 11 && !strcmp(target, "/tmp/opened"));
    struct stat found;
    CHECK(!lstat(path, &found) && (found.st_mode & 0777) == 0700 && S_ISLNK(found.st_mode));
    CHECK(!rename("/tmp/opened", "/tmp/other"));
    memset(target, 0, sizeof target);
    CHECK(readlink(path, target, 63) == 10 && !strcmp(target, "/tmp/other"));
    CHECK(!unlink("/tmp/other"));
    memset(target, 0, sizeof target);
    CHECK(readlink(path, target, 63) > 0 && !strcmp(target, "/tmp/other (deleted)"));
    int again = open(path, O_RDONLY);
    CHECK(again >= 0 && read(again, text, 10) == 5);
    close(again);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
    CHECK(slurp(path) > 0 && value("pos:\t", 10) == 5 && value("flags:\t", 8) == (O_RDWR | O_APPEND | O_CLOEXEC | 0400000));
    close(fd);
    CHECK(slurp(path) == -1 && errno == ENOENT);
    fd = open("/dev/null", O_RDONLY);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(!lstat(path, &found) && (found.st_mode & 0777) == 0500);
    close(fd);
}

int main(int count, char **words) {
    mkdir("/tmp", 01777);
    umask(022);
    self = words[0];
    if (count == 1) {
        execve("/proc/self/exe", (char *[]){"proc", "ab", "c", NULL}, (char *[]){"A=1", "BB=22", NULL});
        return 1;
    }
    prctl(PR_SET_NAME, "proc");
    arguments_and_environment(words);
    part("arguments_and_environment");
    PART(reads_and_writes);
    PART(mounts);
    PART(limits);
    PART(how_it_stands);
    PART(what_is_mapped);
    PART(what_is_open);
    return failed_checks != 0;
}
