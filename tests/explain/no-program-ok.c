// Looks for a program in two places that do not have it, does without, and fails for a reason of its own.
// cpus: arm64
// code: E0999
// cause: 17 is no prime number
// status: 3
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    execl("/nowhere/tool", "tool", (char *)0);
    execl("/elsewhere/tool", "tool", (char *)0);
    return fputs("no-program-ok: 17 is no prime number, or is it?\n", stderr), 3;
}
