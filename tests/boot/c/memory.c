// Memory: mappings, protection, growth, copies, files in memory, and what is refused.
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile int code;

static void leave(int number, siginfo_t *info, void *context) {
    (void)context;
    code = info->si_code;
    siglongjmp(back, number);
}

// The signal that touching a byte gives, 0 when it is allowed.
static int touch(volatile char *at, int is_write) {
    int number = sigsetjmp(back, 1);
    if (number)
        return number;
    if (is_write)
        *at = 1;
    else
        (void)*at;
    return 0;
}

static char *some(size_t length, int protection) {
    char *at = mmap(NULL, length, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

static void mappings(void) {
    char *at = some(1 << 20, PROT_READ | PROT_WRITE);
    for (int i = 0; i < 1 << 20; i += 512)
        CHECK(at[i] == 0);
    memset(at, 1, 1 << 20);
    CHECK(!munmap(at + 8192, 4096));
    CHECK(touch(at + 8192, 0) == SIGSEGV && code == SEGV_MAPERR);
    CHECK(at[8191] == 1 && at[12288] == 1);
    CHECK(!munmap(at, 1 << 20));
    CHECK(touch(at, 0) == SIGSEGV);
    CHECK(!munmap(at, 1 << 20));
    char *fixed = mmap(at, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    CHECK(fixed == at && at[0] == 0);
    at[0] = 9;
    CHECK(mmap(at, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST);
    CHECK(mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at && at[0] == 0);
    munmap(at, 8192);
    CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap((void *)1, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(munmap((void *)1, 4096) == -1 && errno == EINVAL);
    CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED && errno == EBADF);
}

static void protection(void) {
    char *at = some(4 * 4096, PROT_READ | PROT_WRITE);
    memset(at, 5, 4 * 4096);
    CHECK(!mprotect(at + 4096, 4096, PROT_NONE));
    CHECK(touch(at + 4096, 0) == SIGSEGV && code == SEGV_ACCERR && touch(at + 4095, 1) == 0 && touch(at + 8192, 1) == 0);
    CHECK(!mprotect(at + 4096, 8192, PROT_READ));
    CHECK(at[4096] == 5 && touch(at + 4096, 1) == SIGSEGV && code == SEGV_ACCERR);
    CHECK(!mprotect(at, 4 * 4096, PROT_READ | PROT_WRITE) && touch(at + 4096, 1) == 0);
    munmap(at + 4096, 4096);
    CHECK(mprotect(at, 3 * 4096, PROT_READ) == -1 && errno == ENOMEM);
    munmap(at, 4 * 4096);
    // Code that is written, then run: return 42.
    uint32_t *program = (uint32_t *)some(4096, PROT_READ | PROT_WRITE);
    program[0] = 0x52800540;
    program[1] = 0xd65f03c0;
    CHECK(!mprotect(program, 4096, PROT_READ | PROT_EXEC));
    __builtin___clear_cache((char *)program, (char *)(program + 2));
    CHECK(((int (*)(void))program)() == 42);
    CHECK(!mprotect(program, 4096, PROT_READ | PROT_WRITE));
    program[0] = 0x52800560;
    CHECK(!mprotect(program, 4096, PROT_READ | PROT_EXEC));
    __builtin___clear_cache((char *)program, (char *)(program + 2));
    CHECK(((int (*)(void))program)() == 43);
    CHECK(!mprotect(program, 4096, PROT_READ));
    int number = sigsetjmp(back, 1);
    if (!number)
        ((int (*)(void))program)();
    CHECK(number == SIGSEGV && code == SEGV_ACCERR);
}

static void reservations(void) {
    // What is reserved and not used costs nothing: 64 GiB, and one page in the middle of it.
    size_t large = 64ul << 30;
    char *at = mmap(NULL, large, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(at != MAP_FAILED);
    CHECK(touch(at, 0) == SIGSEGV && code == SEGV_ACCERR);
    CHECK(!mprotect(at + large / 2, 4096, PROT_READ | PROT_WRITE) && touch(at + large / 2, 1) == 0);
    CHECK(!munmap(at, large));
    char *high = mmap((void *)0x2bb614000000, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(high == (char *)0x2bb614000000 && touch(high, 1) == 0);
    munmap(high, 1 << 20);
}

static void advice(void) {
    char *at = some(16384, PROT_READ | PROT_WRITE);
    memset(at, 3, 16384);
    CHECK(!madvise(at + 4096, 4096, MADV_DONTNEED) && at[4096] == 0 && at[4095] == 3 && at[8192] == 3);
    CHECK(!madvise(at, 16384, MADV_WILLNEED));
    CHECK(madvise(at + 1, 4096, MADV_DONTNEED) == -1 && errno == EINVAL);
    munmap(at, 16384);
}

static void moves(void) {
    char *at = some(8192, PROT_READ | PROT_WRITE);
    strcpy(at, "begin");
    strcpy(at + 8000, "end");
    char *large = mremap(at, 8192, 1 << 20, MREMAP_MAYMOVE);
    CHECK(large != MAP_FAILED && !strcmp(large, "begin") && !strcmp(large + 8000, "end") && large[500000] == 0);
    char *small = mremap(large, 1 << 20, 4096, 0);
    CHECK(small == large && !strcmp(small, "begin") && touch(small + 4096, 0) == SIGSEGV);
    munmap(small, 4096);
}

static void heap(void) {
    char *before = sbrk(0);
    CHECK(before != (void *)-1);
    char *blocks[200];
    for (int i = 0; i < 200; i++) {
        blocks[i] = malloc(1000 + 977 * i);
        CHECK(blocks[i]);
        memset(blocks[i], i, 1000 + 977 * i);
    }
    for (int i = 0; i < 200; i++)
        CHECK(blocks[i][999 + 977 * i] == (char)i);
    for (int i = 0; i < 200; i++)
        free(blocks[i]);
}

static void files(void) {
    int file = open("/tmp/memory-file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(file >= 0 && !ftruncate(file, 3 * 4096));
    char *shared = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char *own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 4096);
    CHECK(shared != MAP_FAILED && own != MAP_FAILED);
    strcpy(shared + 4096, "through the map");
    char text[32] = {0};
    CHECK(pread(file, text, 15, 4096) == 15 && !strcmp(text, "through the map"));
    CHECK(pwrite(file, "written", 7, 8192) == 7 && !strcmp(shared + 8192, "written"));
    CHECK(!strcmp(own, "through the map"));
    strcpy(own, "mine");
    CHECK(!strcmp(shared + 4096, "through the map"));
    pid_t child = fork();
    if (child == 0) {
        strcpy(shared, "by the child");
        _exit(strcmp(own, "mine") != 0);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0 && !strcmp(shared, "by the child"));
    CHECK(!msync(shared, 4096, MS_SYNC));
    munmap(shared, 3 * 4096);
    munmap(own, 4096);
    CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 100) == MAP_FAILED && errno == EINVAL);
    close(file);
    file = open("/tmp/memory-file", O_RDONLY);
    CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) == MAP_FAILED && errno == EACCES);
    close(file);
    unlink("/tmp/memory-file");
}

static void copies(void) {
    // Pages that processes share until somebody writes, many times over.
    int pages = 200;
    char *at = some(pages * 4096, PROT_READ | PROT_WRITE);
    for (int i = 0; i < pages; i++)
        at[i * 4096] = (char)i;
    for (int round = 0; round < 10; round++) {
        pid_t child = fork();
        if (child == 0) {
            for (int i = 0; i < pages; i++)
                if (at[i * 4096] != (char)(i + round))
                    _exit(1);
            memset(at, 0x77, pages * 4096);
            _exit(0);
        }
        for (int i = 0; i < pages; i++)
            at[i * 4096]++;
        // The child may look before or after: it sees what was there when it was made.
        int status = -1;
        CHECK(waitpid(child, &status, 0) == child && status == 0);
    }
    munmap(at, pages * 4096);
}

int main(void) {
    struct sigaction action = {.sa_sigaction = leave, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    PART(mappings);
    PART(protection);
    PART(reservations);
    PART(advice);
    PART(moves);
    PART(heap);
    PART(files);
    PART(copies);
    return failed_checks != 0;
}
