// Recursion without end in a thread.
// cpus: arm64
// code: E0923
// cause: the stack of thread
// cause: deeper
// status: 139
#include "program.h"
noinline static long deeper(long depth) {
    volatile long here[8] = {depth};
    return deeper(depth + 1) + here[0];
}
static void *thread(void *argument) { return (void *)deeper(0); }
int main(int argc, char **argv) {
    pthread_t id;
    pthread_create(&id, 0, thread, 0);
    pthread_join(id, 0);
    return 0;
}
