// Asks for a host whose name is an address.
// cpus: arm64
// silent
// with: explain
#include "program.h"
#include <netdb.h>
#include <sys/socket.h>
int main(int argc, char **argv) {
    struct addrinfo *found;
    int why = getaddrinfo("127.0.0.1", "80", &(struct addrinfo){.ai_socktype = SOCK_STREAM}, &found);
    if (why) return fprintf(stderr, "lookup: %s\n", gai_strerror(why)), 1;
    return 0;
}
