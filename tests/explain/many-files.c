// Never closes what it opens.
// cpus: arm64
// code: E0976
// cause: too many files are open (EMFILE)
// status: 1
// with: explain
#include "program.h"
#include <sys/resource.h>
int main(int argc, char **argv) {
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){32, 32});
    for (int n = 0; n < 100; n++)
        if (open("/dev/null", O_RDONLY) < 0) return perror("/dev/null"), 1;
    return 0;
}
