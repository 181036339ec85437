// An alarm rings, and it has no handler for that.
// cpus: arm64
// code: E0998
// cause: SIGALRM came, and it has no handler for it
// status: 142
// with: explain
#include "program.h"
#include <sys/time.h>
int main(int argc, char **argv) {
    setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 1000}, 0);
    pause();
    return 0;
}
