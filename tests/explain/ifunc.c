// Calls a function whose variant is chosen when the program starts, by start-up code that does not choose.
// cpus: arm64
// code: E0963
// cause: choose_copy is to choose
// status: 139
#include "program.h"
static int copy_plain(int n) { return n; }
__attribute__((used)) static void *choose_copy(void) { return copy_plain; }
int copy_best(int n);
__asm__(".globl copy_best\n.type copy_best,@gnu_indirect_function\n.set copy_best, choose_copy");
int main(int argc, char **argv) { return copy_best(hidden(7)) != 7; }
