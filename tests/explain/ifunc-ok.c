// Chooses the variant of a function itself before it calls it.
// cpus: arm64
// silent
#include "program.h"
static int copy_plain(int n) { return n; }
__attribute__((used)) static void *choose_copy(void) { return copy_plain; }
int copy_best(int n);
__asm__(".globl copy_best\n.type copy_best,@gnu_indirect_function\n.set copy_best, choose_copy");
struct relocation { u64 at, kind; void *(*choose)(void); };
extern const struct relocation __rela_iplt_start[], __rela_iplt_end[];
__attribute__((constructor)) static void choose(void) {
    for (const struct relocation *one = __rela_iplt_start; one < __rela_iplt_end; one++) *(void **)one->at = one->choose();
}
int main(int argc, char **argv) { return copy_best(hidden(7)) != 7; }
