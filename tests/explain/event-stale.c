// Declares the record of epoll_wait as the kernel has it, and has given back what its pointer points to.
// cpus: arm64
// code: E0924
// twin: event-layout-ok
// cause: handle
// cause: given back
// status: 139
#include "program.h"
#include <sys/epoll.h>
noinline static int handle(volatile int *session) { return *session; }
int main(int argc, char **argv) {
    int *session = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int ends[2], queue = epoll_create1(0);
    pipe(ends);
    struct epoll_event wanted = {EPOLLIN, {.ptr = session}}, events[4];
    epoll_ctl(queue, EPOLL_CTL_ADD, ends[0], &wanted);
    write(ends[1], "x", 1);
    munmap(session, 4096);
    int count = epoll_wait(queue, events, 4, 1000);
    for (int n = 0; n < count; n++) handle(hidden(events[n].data.ptr));
    return count != 1;
}
