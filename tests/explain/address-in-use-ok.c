// Listens at two addresses.
// cpus: arm64
// silent
#include "program.h"
#include <arpa/inet.h>
static int listen_at(int port, struct sockaddr_in *at) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t len = sizeof *at;
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)at, len) || listen(fd, 1)) return perror("listen"), -1;
    return getsockname(fd, (struct sockaddr *)at, &len), fd;
}
int main(int argc, char **argv) {
    struct sockaddr_in at;
    if (listen_at(0, &at) < 0) return 9;
    return listen_at(0, &at) < 0;
}
