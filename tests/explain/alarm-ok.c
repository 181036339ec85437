// An alarm rings, and it has a handler for that.
// cpus: arm64
// silent
// with: explain
#include "program.h"
#include <sys/time.h>
static void ring(int signal) {}
int main(int argc, char **argv) {
    signal(SIGALRM, ring);
    // Again and again: one that rings before the pause would leave it waiting.
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 1000, .it_interval.tv_usec = 10000}, 0);
    pause();
    return 0;
}
