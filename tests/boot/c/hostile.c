// What programs do to a kernel that is in their way: each ends with an error or a signal of its own, and the next one runs.
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Waits for a child at most so long, then kills it; how it ended.
static int end_of(pid_t child, int seconds) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    struct timespec limit = {seconds, 0};
    int status = 0;
    while (waitpid(child, &status, WNOHANG | WUNTRACED) == 0)
        if (sigtimedwait(&set, NULL, &limit) < 0 && errno == EAGAIN)
            kill(child, SIGKILL);
    if (WIFSTOPPED(status)) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
    return status;
}

// Calls that end the machine or others, or begin new processes, and those whose argument is a process to signal.
static int is_left_out(long number) {
    static const short others[] = {58, 81, 89, 93, 94, 104, 105, 106, 117, 129, 130, 131, 138, 142, 220, 224, 225, 240, 273, 294, 306, 424, 435};
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] == number)
            return 1;
    return 0;
}

static char *edge;

static void wild_pointers(void) {
    // A page, and nothing behind it.
    edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(!mprotect(edge + 4096, 4096, PROT_NONE));
    uint64_t pointers[] = {0, 1, 4095, -1, -4096, 1ull << 63, 0xffff000000000000, (1ull << 48) - 1, 1ull << 48, (uint64_t)edge + 4096, (uint64_t)edge + 4095, (uint64_t)wild_pointers, 1ull << 47};
    for (long number = 0; number < 460; number++) {
        if (is_left_out(number))
            continue;
        pid_t child = fork();
        if (child == 0) {
            for (unsigned i = 0; i < sizeof pointers / sizeof *pointers; i++) {
                uint64_t at = pointers[i];
                // As every argument, and with small numbers around it.
                syscall(number, at, at, at, at, at, at);
                syscall(number, 0, at, 8, at, 8, at);
                syscall(number, at, 1, at, 1, at, 1);
                syscall(number, -100, at, at, 64, 0, 0);
            }
            _exit(0);
        }
        CHECK(child > 0);
        end_of(child, 1);
    }
}

static volatile int depth;

__attribute__((noinline)) static int recurse(volatile char *above) {
    volatile char room[4096];
    room[0] = above[0];
    if (depth++ < 0)
        return 0;
    return recurse(room) + room[0];
}

static void on_stack(int number) {
    static const char text[] = "the handler has a stack of its own\n";
    (void)!write(1, text, sizeof text - 1);
    _exit(number);
}

static void stack_exhaustion(void) {
    for (int has_own = 0; has_own < 2; has_own++) {
        pid_t child = fork();
        if (child == 0) {
            stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
            struct sigaction action = {.sa_handler = on_stack, .sa_flags = SA_ONSTACK};
            if (has_own)
                sigaltstack(&stack, NULL);
            sigaction(SIGSEGV, &action, NULL);
            char first = 0;
            _exit(recurse(&first));
        }
        int status = end_of(child, 60);
        CHECK(has_own ? WIFEXITED(status) && WEXITSTATUS(status) == SIGSEGV : WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
    }
}

static void fork_bomb(void) {
    pid_t child = fork();
    if (child == 0) {
        struct rlimit few = {200, 200};
        setpgid(0, 0);
        if (setrlimit(RLIMIT_NPROC, &few) || setuid(1000))
            _exit(1);
        // Every child has children until there can be no more.
        while (fork() >= 0)
            ;
        int is_refused = errno == EAGAIN || errno == ENOMEM;
        usleep(200000);
        _exit(is_refused ? 0 : 2);
    }
    int status = end_of(child, 60);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    kill(-child, SIGKILL);
    usleep(500000);
    child = fork();
    if (child == 0)
        _exit(7);
    CHECK(WEXITSTATUS(end_of(child, 60)) == 7);
}

static void file_exhaustion(void) {
    pid_t child = fork();
    if (child == 0) {
        struct rlimit few = {200, 200};
        int ends[2], last = 0, fd;
        CHECK(!setrlimit(RLIMIT_NOFILE, &few));
        while ((fd = open("/dev/null", O_RDONLY)) >= 0)
            last = fd;
        CHECK(errno == EMFILE && last == 199);
        CHECK(dup(0) == -1 && errno == EMFILE);
        CHECK(pipe(ends) == -1 && errno == EMFILE);
        CHECK(socket(AF_UNIX, SOCK_STREAM, 0) == -1 && errno == EMFILE);
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1 && errno == EMFILE);
        close(last);
        CHECK(pipe(ends) == -1 && errno == EMFILE);
        CHECK(dup(0) == last);
        _exit(failed_checks != 0);
    }
    CHECK(end_of(child, 60) == 0);
}

static void memory_exhaustion(void) {
    pid_t child = fork();
    if (child == 0) {
        struct rlimit little = {64 << 20, 64 << 20};
        CHECK(!setrlimit(RLIMIT_AS, &little));
        long got = 0;
        char *at;
        while ((at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED)
            at[got++] = 1;
        CHECK(errno == ENOMEM && got > 32 && got <= 64);
        void *volatile room = malloc(8 << 20);
        CHECK(!room);
        CHECK(sbrk(8 << 20) == (void *)-1 && errno == ENOMEM);
        _exit(failed_checks != 0);
    }
    CHECK(end_of(child, 60) == 0);
    // More than the machine has, written to: the program does not get away with it.
    child = fork();
    if (child == 0) {
        for (;;) {
            char *at = mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (at == MAP_FAILED)
                _exit(1);
            for (int i = 0; i < 16 << 20; i += 4096)
                at[i] = 1;
        }
    }
    int status = end_of(child, 250);
    CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 1);
    child = fork();
    if (child == 0)
        _exit(7);
    CHECK(WEXITSTATUS(end_of(child, 60)) == 7);
}

static uint32_t dice = 1;

static uint32_t roll(uint32_t sides) {
    dice = dice * 1664525 + 1013904223;
    return (dice >> 8) % sides;
}

static void bad_files(void) {
    static char file[4 << 20];
    int fd = open("/proc/self/exe", O_RDONLY);
    ssize_t len = read(fd, file, sizeof file);
    CHECK(len > 4096);
    close(fd);
    char good[1024];
    memcpy(good, file, sizeof good);
    for (int round = 0; round < 150; round++) {
        memcpy(file, good, sizeof good);
        for (int i = 0, count = 1 + roll(4); i < count; i++)
            file[roll(i % 2 ? 64 : 64 + 56 * 6)] = (char)roll(256);
        // Some are cut off.
        ssize_t kept = round % 5 ? len : roll(5000);
        fd = open("/tmp/bad", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
        CHECK(write(fd, file, kept) == kept);
        close(fd);
        pid_t child = fork();
        if (child == 0) {
            struct rlimit none = {0, 0};
            setrlimit(RLIMIT_CORE, &none);
            execl("/tmp/bad", "bad", "quietly", NULL);
            _exit(errno == 0);
        }
        end_of(child, 5);
    }
    unlink("/tmp/bad");
}

int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "quietly"))
        return 0;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    PART(wild_pointers);
    PART(stack_exhaustion);
    PART(fork_bomb);
    PART(file_exhaustion);
    PART(memory_exhaustion);
    PART(bad_files);
    return failed_checks != 0;
}
