// Cannot read its settings, and says so.
// cpus: arm64
// code: E0971
// cause: it could not open /etc/ashore-corpus/settings: there is no such file (ENOENT)
// status: 1
// with: explain
#include "program.h"
int main(int argc, char **argv) {
    FILE *file = fopen("/etc/ashore-corpus/settings", "r");
    if (!file) return perror("/etc/ashore-corpus/settings"), 1;
    return 0;
}
