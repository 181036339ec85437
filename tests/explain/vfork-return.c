// Keeps its return address, which the child of a vfork would overwrite, in a register that the call changes.
// systems: linux dragonfly freebsd netbsd
// only: amd64, a register for return addresses survives every call on arm64
// code: E0950
// cause: its return address
// status: 139
#include "program.h"
// musl's way on Linux, where rdx survives; the BSDs give a second result in it.
#ifdef __linux__
#define KEEP "%r11"
#define NUMBER "58"
#else
#define KEEP "%rdx"
#define NUMBER "66"
#endif
int start_child(void);
__asm__(".globl start_child\n.type start_child,@function\nstart_child:\n\tpop " KEEP "\n\tmov $" NUMBER ", %eax\n\tsyscall\n\tpush " KEEP "\n\tret\n.size start_child, .-start_child");
int main(int argc, char **argv) {
    int status = 0, child = start_child();
#ifdef __linux__
    if (!child) _exit(0);
    syscall(SYS_wait4, child, &status, 0, 0);
#else
    call(child ? SYS_getpid : SYS_exit, 0);
#endif
    return 0;
}
