// An array on a thread's stack that is greater than the stack.
// cpus: arm64
// code: E0923
// cause: the stack of thread
// cause: sum
// status: 139
#include "program.h"
noinline static long sum(long from) {
    volatile char room[64L << 20];
    room[from] = 1;
    return room[from] - 1;
}
static void *thread(void *argument) { return (void *)(sum(hidden(5L)) & hidden(0L)); }
int main(int argc, char **argv) {
    pthread_t id;
    pthread_create(&id, 0, thread, 0);
    pthread_join(id, 0);
    return 0;
}
