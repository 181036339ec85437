// systems: dragonfly freebsd netbsd
// cpus: arm64
// Guest and runtime share a process; nothing of the runtime is to be seen.
#include "raw.h"
#include "rawsignals.h"

int start(int argc, char **argv, char **envp) {
    struct answer answer = call(SYS_open, "/dev/null", 0, 0);
    check("the first descriptor is 3", !answer.carry && answer.value == 3, answer.value);
    for (int fd = 3; fd < 1024; fd++) call(SYS_close, fd);
    say("still able to speak\n");
    struct mask mask = {{1, 1, 1, 1}};
    call(SYS_sigprocmask, SIG_BLOCK, 0, &mask);
    check("no signal is blocked", (mask.bits[0] | mask.bits[1] | mask.bits[2] | mask.bits[3]) == 0, mask.bits[0]);
    int handled = 0;
    for (int signal = 1; signal < 32; signal++) {
        struct action old = {1};
#if NETBSD
        answer = call(SYS_sigaction, signal, 0, &old, 0, 0);
#else
        answer = call(SYS_sigaction, signal, 0, &old);
#endif
        handled += !answer.carry && old.handler > 1;
    }
    line("signals with handlers", handled);
    // Blocking everything blocks nothing the runtime needs.
    struct mask all = {{~0u, ~0u, ~0u, ~0u}};
    call(SYS_sigprocmask, SIG_SETMASK, &all, 0);
    for (int i = 0; i < 100; i++) call(SYS_getpid);
    call(SYS_sigprocmask, SIG_BLOCK, 0, &mask);
    check("the mask is kept", (mask.bits[0] & ~(1u << 8 | 1u << 16)) == (~0u & ~(1u << 8 | 1u << 16)), mask.bits[0]);
    check("two signals cannot be blocked", !(mask.bits[0] & (1u << 8 | 1u << 16)), mask.bits[0]);
    // Maps everywhere: a runtime in the way would be overwritten or would refuse.
    int maps = 0;
    for (u64 at = 0x100000000; at < 0x4000000000; at += 0x4000000000 / 256)
        maps += !map(at, 4096, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE | 0x10, -1, 0).carry;
    line("fixed maps", maps);
    return 0;
}
