// Keeps its return address across a vfork where neither the call nor the child changes it.
// systems: linux dragonfly freebsd netbsd
// only: amd64, a register for return addresses survives every call on arm64
// silent
#include "program.h"
#ifdef __linux__
#define NUMBER "58"
#define QUIT "mov $60, %eax\n\t"
#else
#define NUMBER "66"
#define QUIT "mov $1, %eax\n\t"
#endif
// The child ends in the wrapper: on the BSDs rdx tells who is who.
int start_child(void);
__asm__(".lcomm kept, 8\n.globl start_child\n.type start_child,@function\nstart_child:\n\tpop kept(%rip)\n\tmov $" NUMBER
        ", %eax\n\tsyscall\n\ttest %eax, %eax\n\tjz 1f\n\tcmp $1, %edx\n\tje 1f\n\tpush kept(%rip)\n\tret\n1:\txor %edi, %edi\n\t" QUIT
        "syscall\n.size start_child, .-start_child");
int main(int argc, char **argv) {
    int status = 0, child = start_child();
#ifdef __linux__
    syscall(SYS_wait4, child, &status, 0, 0);
#else
    call(SYS_wait4, child, &status, 0, 0);
#endif
    return status;
}
