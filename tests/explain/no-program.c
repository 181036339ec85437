// Runs a program that is not there, as a shell does.
// cpus: arm64
// code: E0981
// cause: it could not run /nowhere/tool: there is no such program (ENOENT)
// status: 127
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    execl("/nowhere/tool", "tool", (char *)0);
    return perror("tool"), 127;
}
