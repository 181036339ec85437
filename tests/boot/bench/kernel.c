// What a kernel costs, call by call: nanoseconds, which are instructions where the machine counts one for the other.
// Each line is "bench NAME NANOSECONDS", the best of several rounds.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 5 };

// The counter and not the clock: it costs the same on every kernel.
static uint64_t ticks(void) {
    uint64_t now;
    __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(now));
    return now;
}

static double nanoseconds(uint64_t count) {
    uint64_t frequency;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
    return (double)count * 1e9 / (double)frequency;
}

static void row(const char *name, void (*body)(int), int times) {
    double best = 1e30;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = ticks();
        body(times);
        double took = nanoseconds(ticks() - start) / times;
        if (took < best)
            best = took;
    }
    printf("bench %s %.0f\n", name, best);
    fflush(stdout);
}

static void fail(const char *what) {
    printf("bench failed: %s\n", what);
    fflush(stdout);
    exit(1);
}

static int null, ends[2], forth[2], back[2], file;
static char block[65536];

static void do_getpid(int times) {
    while (times--)
        syscall(SYS_getpid);
}

static void do_clock_call(int times) {
    struct timespec now;
    while (times--)
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
}

static void do_clock(int times) {
    struct timespec now;
    while (times--)
        clock_gettime(CLOCK_MONOTONIC, &now);
}

static void do_null(int times) {
    while (times--)
        write(null, "x", 1);
}

static void do_pipe(int times) {
    char byte;
    while (times--) {
        write(ends[1], "x", 1);
        read(ends[0], &byte, 1);
    }
}

static void do_yield(int times) {
    while (times--)
        sched_yield();
}

static void do_pipe_pingpong(int times) {
    char byte;
    while (times--) {
        write(forth[1], "x", 1);
        read(back[0], &byte, 1);
    }
}

static void pipe_partner(void) {
    char byte;
    while (read(forth[0], &byte, 1) == 1)
        write(back[1], &byte, 1);
    _exit(0);
}

static uint32_t ball;

static void pass(uint32_t from, uint32_t to) {
    while (__atomic_load_n(&ball, __ATOMIC_ACQUIRE) != from)
        syscall(SYS_futex, &ball, FUTEX_WAIT_PRIVATE, to, NULL, NULL, 0);
    __atomic_store_n(&ball, to, __ATOMIC_RELEASE);
    syscall(SYS_futex, &ball, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *futex_partner(void *rounds) {
    for (long i = 0; i < (long)rounds; i++)
        pass(1, 0);
    return NULL;
}

static void do_futex_pingpong(int times) {
    while (times--)
        pass(0, 1);
}

static void *nothing(void *unused) {
    return unused;
}

static void do_thread(int times) {
    while (times--) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, nothing, NULL) || pthread_join(thread, NULL))
            fail("thread");
    }
}

static void do_fork(int times) {
    while (times--) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        if (waitpid(child, NULL, 0) != child)
            fail("fork");
    }
}

static char *self;

static void exec_child(pid_t child) {
    int status;
    if (child == 0) {
        execve(self, (char *[]){self, "child", NULL}, (char *[]){NULL});
        _exit(9);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        fail("exec");
}

static void do_vfork_exec(int times) {
    while (times--)
        exec_child(vfork());
}

static void do_fork_exec(int times) {
    while (times--)
        exec_child(fork());
}

static void do_fault(int times) {
    char *at = mmap(NULL, (size_t)times * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(at, (size_t)times * 4096, MADV_NOHUGEPAGE);
    for (int i = 0; i < times; i++)
        at[(size_t)i * 4096] = 1;
    munmap(at, (size_t)times * 4096);
}

static void do_mmap(int times) {
    while (times--)
        munmap(mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 65536);
}

static volatile int caught;

static void catch(int number) {
    caught = number;
}

static void do_signal(int times) {
    pid_t own = getpid();
    while (times--)
        kill(own, SIGUSR1);
}

static void do_open(int times) {
    while (times--)
        close(open("/tmp/bench", O_RDONLY));
}

static void do_stat(int times) {
    struct stat found;
    while (times--)
        stat("/tmp/bench", &found);
}

static void do_write(int times) {
    while (times--)
        pwrite(file, block, sizeof block, 0);
}

static void do_read(int times) {
    while (times--)
        pread(file, block, sizeof block, 0);
}

static void prepare(char *name) {
    self = name;
    mkdir("/tmp", 01777);
    mkdir("/dev", 0755);
    mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3));
    null = open("/dev/null", O_WRONLY);
    file = open("/tmp/bench", O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (null < 0 || file < 0 || pipe(ends) || pipe(forth) || pipe(back))
        fail("files");
    signal(SIGUSR1, catch);
    memset(block, 1, sizeof block);
}

int main(int count, char **words) {
    uint64_t begun = ticks();
    if (count > 1 && !strcmp(words[1], "child"))
        return 0;
    printf("bench start %.0f\n", nanoseconds(begun));
    fflush(stdout);
    prepare(words[0]);
    row("getpid", do_getpid, 20000);
    row("clock-call", do_clock_call, 10000);
    row("clock", do_clock, 10000);
    row("write-null", do_null, 10000);
    row("pipe", do_pipe, 3000);
    row("yield", do_yield, 5000);
    pid_t partner = fork();
    if (partner == 0) {
        close(forth[1]);
        pipe_partner();
    }
    row("pipe-pingpong", do_pipe_pingpong, 1000);
    close(forth[1]);
    waitpid(partner, NULL, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, futex_partner, (void *)(1000L * ROUNDS));
    row("futex-pingpong", do_futex_pingpong, 1000);
    pthread_join(thread, NULL);
    row("thread", do_thread, 100);
    row("fork", do_fork, 50);
    row("vfork-exec", do_vfork_exec, 30);
    row("fork-exec", do_fork_exec, 30);
    row("fault", do_fault, 1000);
    row("mmap", do_mmap, 1000);
    row("signal", do_signal, 2000);
    row("open", do_open, 2000);
    row("stat", do_stat, 2000);
    row("pwrite-64k", do_write, 200);
    row("pread-64k", do_read, 200);
    puts("bench done 0");
    fflush(stdout);
    // The first process of a machine must not end; the machine may.
    if (getpid() == 1)
        reboot(RB_POWER_OFF);
    return 0;
}
