// Connects where nobody listens any more.
// cpus: arm64
// code: E0974
// cause: it could not reach the address that it wants: nobody listens there (ECONNREFUSED)
// status: 1
// with: explain
#include "program.h"
#include <arpa/inet.h>
int main(int argc, char **argv) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int gone = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(gone, (struct sockaddr *)&at, len) || getsockname(gone, (struct sockaddr *)&at, &len)) return 9;
    close(gone);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&at, len)) return perror("connect"), 1;
    return 0;
}
