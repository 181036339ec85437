// Does not go on without an answer to a question that no system knows.
// systems: dragonfly freebsd netbsd
// cpus: arm64
// code: E0917
// cause: it gave up because its question sysctl 1.7777 was not answered
// status: 1
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    int name[2] = {1, 7777}, value;
    u64 size = sizeof value;
    return call(202, name, 2, &value, &size, 0, 0).carry;
}
