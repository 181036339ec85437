// Fills past the end of a large block of malloc. Not here.
// only: amd64, what lies behind a mapping of a translated program may be Ashore's own memory
// silent
#include "program.h"
noinline static void fill(char *at, long count) {
    for (long i = 0; i < count; i++) ((volatile char *)at)[i] = 1;
}
int main(int argc, char **argv) {
    char *at = malloc(1 << 20);
    fill(hidden(at), (1 << 20));
    return 0;
}
