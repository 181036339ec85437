// The first thing a kernel runs: output, error output, an exit status.
#include <stdio.h>

int main(void) {
    puts("hello, world");
    fputs("and to those who look at errors\n", stderr);
    return 3;
}
