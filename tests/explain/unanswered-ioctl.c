// Does not go on without an answer to a request that nobody knows.
// cpus: arm64
// code: E0917
// cause: it gave up because its request ioctl 0x5aa5 was not answered
// status: 1
// with: explain
#include "program.h"
#include <sys/ioctl.h>
int main(int argc, char **argv) { return ioctl(open("/dev/null", O_RDONLY), 0x5aa5, 0) < 0; }
