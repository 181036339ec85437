// Recursion without end in a thread. Not here.
// cpus: arm64
// silent
#include "program.h"
noinline static long deeper(long depth) {
    volatile long here[8] = {depth};
    return depth > 100 ? 0 : deeper(depth + 1) + (here[0] & 0);
}
static void *thread(void *argument) { return (void *)deeper(0); }
int main(int argc, char **argv) {
    pthread_t id;
    pthread_create(&id, 0, thread, 0);
    pthread_join(id, 0);
    return 0;
}
