// Declares the record of kevent as FreeBSD has it.
// systems: netbsd
// cpus: arm64
// code: E0905
// cause: handle
// cause: at byte 24 of a record
// cause: NetBSD has kevent.udata at byte 32
// status: 139
#include "program.h"
struct event { u64 ident; short filter; u16 flags; u32 more; i64 data; void *mine; u64 rest[4]; };
struct change { u64 ident; u32 filter, flags, more, pad; i64 data; void *mine; };
noinline static int handle(volatile int *session) { return session[4]; }
int main(int argc, char **argv) {
    static int session[8];
    struct answer ends = call(SYS_pipe), queue = call(SYS_kqueue);
    struct change wanted = {ends.value, 0, 1, 0, 0, 0, session};
    call(SYS_write, ends.second, "x", 1);
    struct event event;
    if (call(435, queue.value, &wanted, 1, &event, 1, 0).value != 1) return 1;
    return handle(hidden(event.mine));
}
