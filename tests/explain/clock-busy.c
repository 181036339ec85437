// Gives itself an amount of computing, measures it by the clock that counts that, and uses it up between two rests.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0999
// twin: clock-cpu
// cause: wrote last: it takes too long
// status: 1
// with: explain
#include "program.h"
#ifdef __linux__
enum { CLOCK = CLOCK_PROCESS_CPUTIME_ID };
static i64 now(void) {
    struct timespec time;
    clock_gettime(CLOCK, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
static void rest(void) { usleep(20000); }
#else
enum { CLOCK = 1 };
static i64 now(void) {
    i64 time[2];
    call(SYS_clock_gettime, CLOCK, time);
    return time[0] * 1000 + time[1] / 1000000;
}
static void rest(void) {
    i64 time[2] = {0, 20000000};
    call(SYS_nanosleep, time, 0);
}
#endif
static void tell(const char *text) {
#ifdef __linux__
    write(2, text, strlen(text));
#else
    call(SYS_write, 2, text, length(text));
#endif
}
int main(int argc, char **argv) {
    i64 start = now();
    rest();
    while (now() - start < 100)
        for (volatile int n = 0; n < 100000; n++) {}
    tell("it takes too long\n");
    return 1;
}
