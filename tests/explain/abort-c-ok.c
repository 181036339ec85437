// Calls abort, and has a handler for that.
// cpus: arm64
// silent
#include "program.h"
static void end(int signal) { _exit(0); }
int main(int argc, char **argv) {
    signal(SIGABRT, end);
    abort();
}
