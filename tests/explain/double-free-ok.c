// Frees a block twice. Not here.
// cpus: arm64
// silent
#include "program.h"
// As musl's: a header before each block, and its way to stop where that is not what it must be.
#ifdef __aarch64__
#define STOP() (*(volatile char *)0 = 0)
#else
#define STOP() __asm__ volatile("hlt")
#endif
struct block { u64 state; char room[64]; };
static struct block blocks[4];
static int next;
enum { TAKEN = 0x7461, FREE = 0x6672 };
noinline __attribute__((used)) void *malloc(size_t size) {
    struct block *block = &blocks[next++];
    block->state = TAKEN;
    return block->room;
}
noinline __attribute__((used)) void free(void *at) {
    volatile struct block *block = (struct block *)((char *)at - 8);
    if (block->state != TAKEN) STOP();
    block->state = FREE;
}
noinline static void drop(void *at) {
    free(at);
    __asm__ volatile("");
}
int main(int argc, char **argv) {
    void *one = malloc(40), *other = malloc(40);
    drop(hidden(one));
    drop(hidden(other));
    return other == 0;
}
