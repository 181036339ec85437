// Raises SIGFPE itself.
// cpus: arm64
// code: E0945
// cause: SIGFPE
// cause: itself
// status: 136
#include "program.h"
int main(int argc, char **argv) {
    raise(SIGFPE);
    return 0;
}
