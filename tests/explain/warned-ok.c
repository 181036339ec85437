// Warns of a missing file, goes on, and fails for another reason.
// cpus: arm64
// code: E0973
// cause: the address is in use (EADDRINUSE)
// status: 1
// with: explain
#include "program.h"
#include <arpa/inet.h>
int main(int argc, char **argv) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int first = socket(AF_INET, SOCK_STREAM, 0), second = socket(AF_INET, SOCK_STREAM, 0);
    if (open("/etc/ashore-corpus", O_RDONLY) < 0) perror("warning");
    if (bind(first, (struct sockaddr *)&at, len) || getsockname(first, (struct sockaddr *)&at, &len)) return 9;
    if (bind(second, (struct sockaddr *)&at, len)) return perror("bind"), 1;
    return 0;
}
