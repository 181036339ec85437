// A condition that holds.
// cpus: arm64
// silent
#include "program.h"
#undef NDEBUG
#include <assert.h>
int main(int argc, char **argv) {
    int count = hidden(1);
    assert(count > 0);
    return 0;
}
