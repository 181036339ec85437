// Measures a time-out with a clock that goes on while it sleeps.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
#ifdef __linux__
enum { NOW = CLOCK_MONOTONIC };
static i64 now(void) {
    struct timespec time;
    clock_gettime(NOW, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
static void rest(void) { usleep(20000); }
#else
enum { NOW = CLOCK_MONOTONIC };
static i64 now(void) {
    i64 time[2];
    call(SYS_clock_gettime, NOW, time);
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
    for (int tries = 0; tries < 20; tries++) {
        rest();
        if (now() - start >= 200) return 0;
    }
    tell("the clock does not go on\n");
    return 1;
}
