// What a C program with a static library needs first: arguments, environment, streams, exits.
// cpus: arm64
#include "fact.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static void last(void) { puts("at exit"); }

static jmp_buf place;
static void jump(int depth) {
    if (depth == 0) longjmp(place, 42);
    jump(depth - 1);
}

int main(int argc, char **argv) {
    puts("hello from C");
    atexit(last);
    line("argc", argc);
    if (argc > 1) printf("argv[1] %s\n", argv[1]);
    check("environment", getenv("CASE_X") && !strcmp(getenv("CASE_X"), "1"));
    line("page size", getauxval(AT_PAGESZ));
    check("random bytes", getauxval(AT_RANDOM) != 0);
    check("program name", strstr((char *)getauxval(AT_EXECFN), "musl") != 0);
    struct utsname name;
    check("uname", uname(&name) == 0 && !strcmp(name.sysname, "Linux"));
    volatile int before = 1;
    int back = setjmp(place);
    if (back == 0) {
        before = 2;
        jump(10);
    }
    line("longjmp", back);
    line("kept", before);
    char *large = malloc(100 << 20);
    memset(large, 7, 100 << 20);
    check("memory", large[50 << 20] == 7);
    large = realloc(large, 200 << 20);
    check("moved", large[99 << 20] == 7);
    free(large);
    errno = 0;
    check("no file", open("/nonexistent", O_RDONLY) == -1 && errno == ENOENT);
    FILE *file = fopen("file", "w+");
    fprintf(file, "%d %s\n", 12, "words");
    rewind(file);
    int number;
    char word[20];
    check("streams", fscanf(file, "%d %19s", &number, word) == 2 && number == 12 && !strcmp(word, "words"));
    struct timespec one, two;
    clock_gettime(CLOCK_MONOTONIC, &one);
    usleep(10000);
    clock_gettime(CLOCK_MONOTONIC, &two);
    check("time passes", (two.tv_sec - one.tv_sec) * 1000000000L + two.tv_nsec - one.tv_nsec >= 10000000);
    return 5;
}
