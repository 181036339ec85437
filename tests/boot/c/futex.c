// The futex call by itself: what it returns, who is woken, and what is left when somebody dies.
#define _GNU_SOURCE
#include "check.h"
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long futex(uint32_t *word, int op, uint32_t value, const void *time, uint32_t *other, uint32_t more) {
    long result = syscall(SYS_futex, word, op, value, time, other, more);
    return result < 0 ? -errno : result;
}

static uint32_t word, second;
static int woken;

static struct timespec after(clockid_t clock, long nanoseconds) {
    struct timespec now;
    clock_gettime(clock, &now);
    now.tv_nsec += nanoseconds;
    now.tv_sec += now.tv_nsec / 1000000000;
    now.tv_nsec %= 1000000000;
    return now;
}

static void refusals(void) {
    struct timespec none = {0, 0}, little = {0, 10000000}, bad = {0, 1000000000};
    word = 1;
    CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0) == -EAGAIN);
    CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 1, &none, NULL, 0) == -ETIMEDOUT);
    CHECK(futex(&word, FUTEX_WAIT, 1, &little, NULL, 0) == -ETIMEDOUT);
    CHECK(futex(&word, FUTEX_WAIT, 1, &bad, NULL, 0) == -EINVAL);
    struct timespec until = after(CLOCK_MONOTONIC, 10000000);
    CHECK(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 1, &until, NULL, FUTEX_BITSET_MATCH_ANY) == -ETIMEDOUT);
    until = after(CLOCK_REALTIME, 10000000);
    CHECK(futex(&word, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 1, &until, NULL, 1) == -ETIMEDOUT);
    CHECK(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 1, NULL, NULL, 0) == -EINVAL);
    CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 0);
    CHECK(futex((uint32_t *)((char *)&word + 1), FUTEX_WAKE, 1, NULL, NULL, 0) == -EINVAL);
    CHECK(futex((uint32_t *)4096, FUTEX_WAIT, 0, NULL, NULL, 0) == -EFAULT);
    CHECK(futex(&word, 99, 0, NULL, NULL, 0) == -ENOSYS);
}

struct sleeper {
    uint32_t *on;
    int op;
    uint32_t bits;
    long result;
};

static int asleep;

static void *sleep_on(void *of) {
    struct sleeper *own = of;
    __atomic_add_fetch(&asleep, 1, __ATOMIC_SEQ_CST);
    own->result = futex(own->on, own->op, 0, NULL, NULL, own->bits);
    __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    return NULL;
}

// Long enough for every sleeper to be asleep, on any machine that runs this.
static void settle(int sleepers) {
    struct timespec moment = {0, 50000000};
    while (__atomic_load_n(&asleep, __ATOMIC_SEQ_CST) < sleepers)
        sched_yield();
    nanosleep(&moment, NULL);
}

static void wakes(void) {
    pthread_t all[5];
    struct sleeper sleepers[5];
    word = 0, asleep = woken = 0;
    for (int i = 0; i < 5; i++) {
        sleepers[i] = (struct sleeper){&word, FUTEX_WAIT_PRIVATE, 0, -1};
        pthread_create(&all[i], NULL, sleep_on, &sleepers[i]);
    }
    settle(5);
    CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0) == 2);
    while (__atomic_load_n(&woken, __ATOMIC_SEQ_CST) < 2)
        sched_yield();
    CHECK(futex(&word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) == 3);
    for (int i = 0; i < 5; i++) {
        pthread_join(all[i], NULL);
        CHECK(sleepers[i].result == 0);
    }
}

static void bits(void) {
    pthread_t all[2];
    struct sleeper sleepers[2];
    word = 0, asleep = woken = 0;
    for (int i = 0; i < 2; i++) {
        sleepers[i] = (struct sleeper){&word, FUTEX_WAIT_BITSET_PRIVATE, 1u << i, -1};
        pthread_create(&all[i], NULL, sleep_on, &sleepers[i]);
    }
    settle(2);
    CHECK(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 4) == 0);
    CHECK(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 2) == 1);
    pthread_join(all[1], NULL);
    CHECK(futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, ~0u) == 1);
    pthread_join(all[0], NULL);
}

static void requeues(void) {
    pthread_t all[4];
    struct sleeper sleepers[4];
    word = second = 0, asleep = woken = 0;
    for (int i = 0; i < 4; i++) {
        sleepers[i] = (struct sleeper){&word, FUTEX_WAIT_PRIVATE, 0, -1};
        pthread_create(&all[i], NULL, sleep_on, &sleepers[i]);
    }
    settle(4);
    CHECK(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2L, &second, 7) == -EAGAIN);
    CHECK(futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)2L, &second, 0) == 3);
    CHECK(futex(&second, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) == 2);
    CHECK(futex(&word, FUTEX_REQUEUE_PRIVATE, 0, (void *)5L, &second, 0) == 1);
    CHECK(futex(&second, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0) == 1);
    for (int i = 0; i < 4; i++)
        pthread_join(all[i], NULL);
    // FUTEX_WAKE_OP: add one to the second word, wake who waits on it if it was zero.
    second = 0;
    uint32_t add = FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_EQ, 0);
    CHECK(futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1L, &second, add) == 0 && second == 1);
}

static void between_processes(void) {
    uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 1000; i++) {
            while (__atomic_load_n(shared, __ATOMIC_SEQ_CST) != 1)
                futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0);
            __atomic_store_n(shared, 0, __ATOMIC_SEQ_CST);
            futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0);
        }
        _exit(0);
    }
    for (int i = 0; i < 1000; i++) {
        __atomic_store_n(shared, 1, __ATOMIC_SEQ_CST);
        futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0);
        while (__atomic_load_n(shared, __ATOMIC_SEQ_CST) != 0)
            futex(shared, FUTEX_WAIT, 1, NULL, NULL, 0);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void death(void) {
    // A robust mutex of a process that dies with it.
    pthread_mutex_t *mutex = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
    CHECK(!pthread_mutex_init(mutex, &kind));
    pid_t child = fork();
    if (child == 0) {
        pthread_mutex_lock(mutex);
        _exit(0);
    }
    CHECK(waitpid(child, NULL, 0) == child);
    CHECK(pthread_mutex_lock(mutex) == EOWNERDEAD);
    CHECK(!pthread_mutex_consistent(mutex) && !pthread_mutex_unlock(mutex));
    CHECK(!pthread_mutex_lock(mutex) && !pthread_mutex_unlock(mutex));
}

static void with_signals(void) {
    // A wait that is woken a moment later by a child.
    uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();
    if (child == 0) {
        struct timespec moment = {0, 30000000};
        nanosleep(&moment, NULL);
        _exit(futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0) == 1 ? 0 : 1);
    }
    CHECK(futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0) == 0);
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

int main(void) {
    PART(refusals);
    PART(wakes);
    PART(bits);
    PART(requeues);
    PART(between_processes);
    PART(death);
    PART(with_signals);
    return failed_checks != 0;
}
