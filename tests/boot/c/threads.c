// Threads as the C library makes them.
#define _GNU_SOURCE
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long counter;

static void *count(void *times) {
    for (long i = 0; i < (long)times; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
    }
    return (void *)syscall(SYS_gettid);
}

static void counting(void) {
    pthread_t all[8];
    void *ids[8];
    for (int i = 0; i < 8; i++)
        CHECK(!pthread_create(&all[i], NULL, count, (void *)20000L));
    for (int i = 0; i < 8; i++)
        CHECK(!pthread_join(all[i], &ids[i]));
    CHECK(counter == 160000);
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < i; j++)
            CHECK(ids[i] != ids[j]);
}

static void *one_more(void *value) {
    return (char *)value + 1;
}

static void many(void) {
    for (int i = 0; i < 500; i++) {
        pthread_t thread;
        void *result;
        CHECK(!pthread_create(&thread, NULL, one_more, (void *)(intptr_t)i));
        CHECK(!pthread_join(thread, &result) && result == (void *)(intptr_t)(i + 1));
    }
    static pthread_t crowd[200];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 32768);
    for (int i = 0; i < 200; i++)
        CHECK(!pthread_create(&crowd[i], &small, one_more, NULL));
    for (int i = 0; i < 200; i++)
        CHECK(!pthread_join(crowd[i], NULL));
}

static int turn;

static void *take_turns(void *own) {
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % 3 != (int)(intptr_t)own)
            pthread_cond_wait(&changed, &mutex);
        turn++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void conditions(void) {
    pthread_t all[3];
    for (int i = 0; i < 3; i++)
        CHECK(!pthread_create(&all[i], NULL, take_turns, (void *)(intptr_t)i));
    for (int i = 0; i < 3; i++)
        pthread_join(all[i], NULL);
    CHECK(turn == 6000);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&mutex);
    CHECK(pthread_cond_timedwait(&changed, &mutex, &until) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
}

static pthread_barrier_t barrier;
static sem_t room;
static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static int first, readers, most_readers;

static void *meet(void *unused) {
    (void)unused;
    for (int i = 0; i < 200; i++)
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_add_fetch(&first, 1, __ATOMIC_SEQ_CST);
    sem_wait(&room);
    pthread_rwlock_rdlock(&lock);
    int now = __atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST);
    if (now > most_readers)
        most_readers = now;
    sched_yield();
    __atomic_sub_fetch(&readers, 1, __ATOMIC_SEQ_CST);
    pthread_rwlock_unlock(&lock);
    sem_post(&room);
    pthread_rwlock_wrlock(&lock);
    CHECK(readers == 0);
    pthread_rwlock_unlock(&lock);
    return NULL;
}

static void meetings(void) {
    pthread_t all[5];
    pthread_barrier_init(&barrier, NULL, 5);
    sem_init(&room, 0, 2);
    for (int i = 0; i < 5; i++)
        CHECK(!pthread_create(&all[i], NULL, meet, NULL));
    for (int i = 0; i < 5; i++)
        pthread_join(all[i], NULL);
    CHECK(first == 200 && most_readers <= 2);
}

static pthread_key_t key;
static int destroyed;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int begun;

static void destroy(void *value) {
    destroyed += *(int *)value;
}

static void begin(void) {
    begun++;
}

static void *keep(void *value) {
    pthread_once(&once, begin);
    pthread_setspecific(key, value);
    return NULL;
}

static void *wait_for_ever(void *unused) {
    for (;;)
        pause();
    return unused;
}

static void ends(void) {
    int one = 1;
    pthread_t thread, other;
    void *result;
    pthread_key_create(&key, destroy);
    CHECK(!pthread_create(&thread, NULL, keep, &one));
    CHECK(!pthread_create(&other, NULL, keep, &one));
    pthread_join(thread, NULL);
    pthread_join(other, NULL);
    CHECK(destroyed == 2 && begun == 1);
    CHECK(!pthread_create(&thread, NULL, wait_for_ever, NULL));
    CHECK(!pthread_cancel(thread) && !pthread_join(thread, &result) && result == PTHREAD_CANCELED);
}

static void *leave_last(void *unused) {
    struct timespec moment = {0, 30000000};
    nanosleep(&moment, NULL);
    part("last");
    exit(failed_checks != 0);
    return unused;
}

int main(void) {
    PART(counting);
    PART(many);
    PART(conditions);
    PART(meetings);
    PART(ends);
    // The first thread may go before the process does.
    pthread_t thread;
    CHECK(!pthread_create(&thread, NULL, leave_last, NULL));
    pthread_exit(NULL);
}
