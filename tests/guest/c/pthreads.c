// Threads of the C library: their own variables, locks, conditions, barriers, cancelling.
// cpus: arm64
#include "fact.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 32 };
static __thread long own = 7;
static long sum;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int turn, initialised, destroyed, serial;
static sem_t semaphore;

static void initialise(void) { initialised++; }
static void destroy(void *value) { __atomic_add_fetch(&destroyed, 1, __ATOMIC_SEQ_CST); }

static void *work(void *argument) {
    long number = (long)argument;
    if (own != 7) return (void *)1;
    own = number;
    pthread_once(&once, initialise);
    pthread_setspecific(key, &own);
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&lock);
        sum++;
        pthread_mutex_unlock(&lock);
    }
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) __atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
    pthread_mutex_lock(&lock);
    while (turn != number) pthread_cond_wait(&changed, &lock);
    turn++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    sem_post(&semaphore);
    return (void *)(own == number ? 0L : 2L);
}
static void *forever(void *argument) {
    for (;;) pause();
    return 0;
}

int main(void) {
    pthread_t threads[MANY];
    pthread_barrier_init(&barrier, 0, MANY);
    pthread_key_create(&key, destroy);
    sem_init(&semaphore, 0, 0);
    for (long i = 0; i < MANY; i++) check("create", pthread_create(&threads[i], 0, work, (void *)i) == 0);
    long wrong = 0;
    for (int i = 0; i < MANY; i++) {
        void *result;
        pthread_join(threads[i], &result);
        wrong += (long)result;
    }
    line("wrong", wrong);
    line("sum", sum);
    line("turns", turn);
    line("initialised", initialised);
    line("destroyed", destroyed);
    line("serial", serial);
    line("own", own);
    int posted = 0;
    while (sem_trywait(&semaphore) == 0) posted++;
    line("posted", posted);
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_nsec += 20000000;
    if (limit.tv_nsec >= 1000000000) limit.tv_sec++, limit.tv_nsec -= 1000000000;
    pthread_mutex_lock(&lock);
    check("timed wait", pthread_cond_timedwait(&changed, &lock, &limit) == ETIMEDOUT);
    pthread_mutex_unlock(&lock);
    pthread_create(&threads[0], 0, forever, 0);
    usleep(10000);
    pthread_cancel(threads[0]);
    void *result;
    pthread_join(threads[0], &result);
    check("cancelled", result == PTHREAD_CANCELED);
    return 0;
}
