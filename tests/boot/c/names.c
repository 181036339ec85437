// Finds names without a network: this machine's own, localhost of both families, and one that nobody knows, soon.
#include "check.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int has(const char *name, int family, const char *wanted) {
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *list = 0;
    char text[64] = "";
    int error = getaddrinfo(name, "80", &hints, &list), found = 0;
    if (error) return 0;
    for (struct addrinfo *at = list; at; at = at->ai_next) {
        getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, 0, 0, NI_NUMERICHOST);
        found |= strcmp(text, wanted) == 0;
    }
    freeaddrinfo(list);
    return found;
}

static void localhost(void) {
    CHECK(has("localhost", AF_INET, "127.0.0.1"));
    CHECK(has("localhost", AF_INET6, "::1"));
    CHECK(has("localhost", AF_UNSPEC, "127.0.0.1"));
}

static void own_name(void) {
    char name[65] = "";
    CHECK(gethostname(name, sizeof name) == 0 && name[0]);
    CHECK(has(name, AF_INET, "127.0.0.1"));
    char line[80] = "";
    FILE *file = fopen("/etc/hostname", "r");
    CHECK(file && fgets(line, sizeof line, file) && strncmp(line, name, strlen(name)) == 0);
}

static void unknown(void) {
    struct timespec before, after;
    struct addrinfo *list = 0;
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK(getaddrinfo("nobody.invalid", 0, 0, &list) != 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK(after.tv_sec - before.tv_sec < 15);
}

int main(void) {
    PART(localhost);
    PART(own_name);
    PART(unknown);
    return failed_checks != 0;
}
