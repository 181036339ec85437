// What every program here does: checks in named parts, one line of output for each part, exit status 1 when a check failed.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed_checks, failed_before;

#define CHECK(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            __atomic_add_fetch(&failed_checks, 1, __ATOMIC_SEQ_CST);                           \
            printf("FAILED line %d: %s (errno %d)\n", __LINE__, #condition, errno);            \
            fflush(stdout);                                                                    \
        }                                                                                      \
    } while (0)

static void part(const char *name) {
    printf("%s: %s\n", name, failed_checks == failed_before ? "ok" : "FAILED");
    fflush(stdout);
    failed_before = failed_checks;
}

#define PART(name)  \
    do {            \
        name();     \
        part(#name); \
    } while (0)
