// Declares the record of epoll_wait as another CPU's kernel has it: only x86-64's is packed.
// cpus: arm64
// code: E0905
// cause: handle
// cause/amd64: at byte 8 of a record that epoll_pwait filled
// cause/arm64: at byte 4 of a record that epoll_pwait filled
// status: 139
#include "program.h"
#include <sys/epoll.h>
#ifdef __aarch64__
struct __attribute__((packed)) event { u32 events; void *data; };
#else
struct event { u32 events; void *data; };
#endif
noinline static int handle(volatile int *session) { return *session; }
int main(int argc, char **argv) {
    static int session[4];
    int ends[2], queue = epoll_create1(0);
    pipe(ends);
    struct epoll_event wanted = {EPOLLIN, {.ptr = session}};
    epoll_ctl(queue, EPOLL_CTL_ADD, ends[0], &wanted);
    write(ends[1], "x", 1);
    struct event events[4];
    memset(events, 0x5a, sizeof events);
    int count = epoll_wait(queue, (void *)events, 4, 1000);
    for (int n = 0; n < count; n++) handle(hidden(events[n].data));
    return count != 1;
}
