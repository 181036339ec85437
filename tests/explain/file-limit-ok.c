// Writes a file beyond the limit it was given. Not here.
// cpus: arm64
// silent
#include "program.h"
#include <sys/resource.h>
int main(int argc, char **argv) {
    struct rlimit limit = {4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    int fd = open("limited", O_RDWR | O_CREAT | O_TRUNC, 0600);
    static char room[8192];
    write(fd, room, 4096);
    return 0;
}
