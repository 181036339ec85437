// Does not know an option.
// cpus: arm64
// code: E0958
// cause: it did not understand its arguments: usage: unrecognized option: colour
// status: 2
// with: explain
// args: --colour
#include "program.h"
#include <getopt.h>
int main(int argc, char **argv) {
    struct option none[] = {{0}};
    argv[0] = "usage";
    return getopt_long(argc, argv, "v", none, 0) == '?' ? 2 : 0;
}
