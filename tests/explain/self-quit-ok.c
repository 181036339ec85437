// Raises SIGFPE itself. Not here.
// silent
#include "program.h"
int main(int argc, char **argv) {
    raise(0);
    return 0;
}
