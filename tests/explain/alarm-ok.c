// A timer sends it a signal that it has a handler for.
// silent
#include "program.h"
#include <time.h>
static void ring(int signal) {}
int main(int argc, char **argv) {
    signal(SIGQUIT, ring);
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &(struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGQUIT}, &timer)) return 9;
    timer_settime(timer, 0, &(struct itimerspec){.it_value.tv_nsec = 1000000}, 0);
    pause();
    return 0;
}
