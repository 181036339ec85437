// Connects where somebody listens.
// cpus: arm64
// silent
// with: explain
#include "program.h"
#include <arpa/inet.h>
int main(int argc, char **argv) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int there = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(there, (struct sockaddr *)&at, len) || getsockname(there, (struct sockaddr *)&at, &len) || listen(there, 1)) return 9;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return connect(fd, (struct sockaddr *)&at, len) != 0;
}
