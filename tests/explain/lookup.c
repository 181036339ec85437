// Asks for a host whose name is too long to exist.
// cpus: arm64
// code: E0975
// cause: it could not find the address of a host
// status: 1
// with: explain
#include "program.h"
#include <netdb.h>
#include <sys/socket.h>
int main(int argc, char **argv) {
    struct addrinfo *found;
    char name[300] = {0};
    memset(name, 'a', sizeof name - 1);
    int why = getaddrinfo(name, "80", &(struct addrinfo){.ai_socktype = SOCK_STREAM}, &found);
    if (why) return fprintf(stderr, "lookup: %s\n", gai_strerror(why)), 1;
    return 0;
}
