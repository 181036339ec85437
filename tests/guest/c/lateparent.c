// systems: linux
// cpus: arm64
// Exits with status 3 while other threads wait for any child and a handler tells of each. There is none.
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void told(int signal) {
    (void)signal;
    write(1, "told of a child\n", 16);
}

static void *parent(void *argument) {
    for (;;)
        if (waitpid(-1, 0, WNOHANG) >= 0) write(1, "a child\n", 8);
    return argument;
}

int main(void) {
    struct timespec wait = {0, 5000000};
    pthread_t thread;
    signal(SIGCHLD, told);
    pthread_create(&thread, 0, parent, 0);
    pthread_create(&thread, 0, parent, 0);
    nanosleep(&wait, 0);
    _exit(3);
}
