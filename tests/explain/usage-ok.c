// Knows its option.
// cpus: arm64
// silent
// with: explain
// args: --colour
#include "program.h"
#include <getopt.h>
int main(int argc, char **argv) {
    struct option known[] = {{"colour"}, {0}};
    return getopt_long(argc, argv, "v", known, 0) == '?' ? 2 : 0;
}
