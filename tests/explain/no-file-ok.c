// Does without its settings.
// silent
#include "program.h"
int main(int argc, char **argv) {
    FILE *file = fopen("/etc/ashore-corpus/settings", "r");
    return file ? 1 : 0;
}
