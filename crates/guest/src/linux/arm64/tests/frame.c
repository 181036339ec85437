// Prints how Linux lays out a signal frame on AArch64: by the C library's headers, which are the kernel's here, and as a
// handler finds it.
//
//     zig cc -target aarch64-linux-musl frame.c -o frame && qemu-aarch64 -cpu cortex-a72 ./frame > frame.txt

#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <ucontext.h>

struct frame {
    siginfo_t info;
    ucontext_t uc;
};

#define F(field) printf(#field " %zu\n", offsetof(struct frame, field));

// x0, x1, x2, x29, x30, sp, and the frame record, as they were when the handler was entered.
unsigned long seen[8];
void enter(int signal, siginfo_t *info, void *context);
__asm__("enter:\n"
        "    adrp x9, seen\n"
        "    add x9, x9, :lo12:seen\n"
        "    stp x0, x1, [x9]\n"
        "    stp x2, x29, [x9, #16]\n"
        "    mov x10, sp\n"
        "    stp x30, x10, [x9, #32]\n"
        "    ldp x10, x11, [x29]\n"
        "    stp x10, x11, [x9, #48]\n"
        "    b look\n");

static void records(const unsigned char *at) {
    for (;;) {
        unsigned head[2];
        memcpy(head, at, sizeof head);
        printf("record %#x %u\n", head[0], head[1]);
        if (head[0] == 0) return;
        at += head[1];
    }
}

void look(int signal, siginfo_t *info, void *context) {
    ucontext_t *uc = context;
    printf("info - sp %ld\n", (long)(seen[1] - seen[5]));
    printf("context - sp %ld\n", (long)(seen[2] - seen[5]));
    printf("x29 - sp %ld\n", (long)(seen[3] - seen[5]));
    printf("sp %% 16 %lu\n", seen[5] % 16);
    printf("x0 is the signal %d\n", seen[0] == (unsigned long)signal);
    printf("the record holds x29 and x30 %d %d\n", seen[6] == uc->uc_mcontext.regs[29], seen[7] == uc->uc_mcontext.regs[30]);
    printf("flags %lu link %p\n", uc->uc_flags, (void *)uc->uc_link);
    records((const unsigned char *)uc + offsetof(ucontext_t, uc_mcontext.__reserved));
}

int main(void) {
    F(uc.uc_flags) F(uc.uc_link) F(uc.uc_stack) F(uc.uc_sigmask) F(uc.uc_mcontext.fault_address) F(uc.uc_mcontext.regs)
    F(uc.uc_mcontext.sp) F(uc.uc_mcontext.pc) F(uc.uc_mcontext.pstate) F(uc.uc_mcontext.__reserved)
    printf("frame %zu\n", sizeof(struct frame));
    struct sigaction action = {.sa_sigaction = enter, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    return 0;
}
