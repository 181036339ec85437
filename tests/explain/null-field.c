// Reads a field of a record that is not there.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0921
// cause: depth_of
// cause: read memory through a null pointer, 0x18 bytes behind it
// status: 139
#include "program.h"
struct node { long a, b, c, depth; };
noinline static long depth_of(struct node *node) { return node->depth; }
int main(int argc, char **argv) { return depth_of(hidden((struct node *)0)); }
