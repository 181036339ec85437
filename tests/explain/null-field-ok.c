// Reads a field of a record that is there.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
#include "program.h"
struct node { long a, b, c, depth; };
noinline static long depth_of(struct node *node) { return node->depth; }
int main(int argc, char **argv) {
    struct node node = {1, 2, 3, 0};
    return depth_of(hidden(&node));
}
