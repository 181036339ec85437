// Raises SIGFPE itself. Not here.
// cpus: arm64
// silent
#include "program.h"
int main(int argc, char **argv) {
    raise(0);
    return 0;
}
