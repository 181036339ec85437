// A condition that does not hold.
// cpus: arm64
// code: E0955
// cause: an assertion did not hold: count > 0
// status: 134
#include "program.h"
#undef NDEBUG
#include <assert.h>
int main(int argc, char **argv) {
    int count = hidden(0);
    assert(count > 0);
    return 0;
}
