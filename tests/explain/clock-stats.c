// Counts its computing by the clock for that while it waits for something else, which is late.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0999
// cause: wrote last: the answer takes too much time
// status: 1
// with: explain
// twin: clock-cpu
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
    i64 spent = 0, start = now();
    for (int tries = 0; tries < 3; tries++) {
        rest();
        spent = now() - start;
    }
    for (int tries = 0; tries < 5; tries++) {
#ifdef __linux__
        getppid();
        usleep(1000 + tries);
#else
        pause_ms(1 + tries);
        call(SYS_getpid);
#endif
    }
    tell("the answer takes too much time\n");
    return 1;
}
