// Closes what it opens.
// cpus: arm64
// silent
#include "program.h"
#include <sys/resource.h>
int main(int argc, char **argv) {
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){32, 32});
    for (int n = 0; n < 100; n++) {
        int fd = open("/dev/null", O_RDONLY);
        if (fd < 0) return perror("/dev/null"), 1;
        close(fd);
    }
    return 0;
}
