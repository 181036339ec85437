// Dies of a bad store at a known place with known values in memory, while another thread waits at another known place.
// With "child": a child of it does, and it tells how that ended. With "wait": it says so and waits for ever.
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((used)) char known_text[] = "a core file shows this";
__attribute__((used)) long known_numbers[4] = {11, 22, 33, 0x5eed};
long known_zeros[4096];
_Thread_local long own_number = 5;
static sem_t is_there;

__attribute__((noinline, noreturn)) static void second_place(long number) {
    own_number = number;
    sem_post(&is_there);
    for (;;) pause();
}

static void *second(void *argument) { second_place((long)argument); }

__attribute__((noinline)) static void innermost(volatile long *at, long value) {
    __asm__ volatile("ldr q15, %0" : : "m"(known_text) : "v15");
    *at = value;
}

__attribute__((noinline)) static long middle(long depth, volatile long *at) {
    if (depth > 0) return middle(depth - 1, at) + 1;
    innermost(at, known_numbers[3]);
    return known_numbers[0];
}

__attribute__((noinline)) static long die(void) {
    pthread_t thread;
    sem_init(&is_there, 0, 0);
    pthread_create(&thread, 0, second, (void *)44);
    sem_wait(&is_there);
    known_zeros[1] = 7;
    own_number = 6;
    return middle(2, (volatile long *)0xf0);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        int status = 0;
        if (fork() == 0) return die() == 0;
        wait(&status);
        printf("signal %d, core %d\n", WTERMSIG(status), WCOREDUMP(status) != 0);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "wait") == 0) {
        known_zeros[1] = 7;
        puts("waiting");
        fflush(stdout);
        for (;;) pause();
    }
    return die() == 0;
}
