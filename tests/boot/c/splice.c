// Bytes through pipes without the program's memory: splice, tee, vmsplice.
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PATH "/tmp/spliced"

static int one[2], other[2], file;
static char buffer[1 << 18];

// What a pipe holds, as text.
static const char *drained(int fd) {
    static char text[256];
    ssize_t length = read(fd, text, sizeof text - 1);
    text[length < 0 ? 0 : length] = 0;
    return text;
}

static void begin(void) {
    CHECK(!pipe2(one, O_NONBLOCK) && !pipe2(other, O_NONBLOCK));
    file = open(PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(write(file, "0123456789", 10) == 10 && lseek(file, 0, SEEK_SET) == 0);
}

static void end(void) {
    close(one[0]), close(one[1]), close(other[0]), close(other[1]), close(file);
    unlink(PATH);
}

static void what_is_refused(void) {
    begin();
    off_t place = 0;
    CHECK(splice(one[0], NULL, other[1], NULL, 0, 99) == 0);
    CHECK(splice(file, NULL, one[1], NULL, 5, 99) == -1 && errno == EINVAL);
    CHECK(splice(99, NULL, one[1], NULL, 5, 0) == -1 && errno == EBADF);
    CHECK(splice(one[1], NULL, other[1], NULL, 5, 0) == -1 && errno == EBADF);
    CHECK(splice(one[0], NULL, one[1], NULL, 5, 0) == -1 && errno == EINVAL);
    CHECK(splice(file, NULL, file, NULL, 5, 0) == -1 && errno == EINVAL);
    CHECK(splice(one[0], &place, other[1], NULL, 5, 0) == -1 && errno == ESPIPE);
    CHECK(splice(file, NULL, one[1], &place, 5, 0) == -1 && errno == ESPIPE);
    CHECK(splice(file, (off_t *)8, one[1], NULL, 5, 0) == -1 && errno == EFAULT);
    CHECK(splice(one[0], NULL, other[1], NULL, 5, 0) == -1 && errno == EAGAIN);
    int directory = open("/tmp", O_RDONLY), counter = eventfd(1, 0);
    CHECK(splice(directory, NULL, one[1], NULL, 5, 0) == -1 && errno == EINVAL);
    CHECK(splice(counter, NULL, one[1], NULL, 8, 0) == -1 && errno == EINVAL);
    CHECK(tee(one[0], file, 5, 0) == -1 && errno == EINVAL);
    CHECK(tee(one[0], one[1], 5, 0) == -1 && errno == EINVAL);
    CHECK(tee(one[0], other[1], 5, 99) == -1 && errno == EINVAL);
    CHECK(tee(one[0], other[1], 0, 0) == 0);
    CHECK(tee(one[0], other[1], 5, 0) == -1 && errno == EAGAIN);
    struct iovec piece = {"x", 1};
    CHECK(vmsplice(file, &piece, 1, 0) == -1 && errno == EBADF);
    CHECK(vmsplice(one[1], &piece, 1, 99) == -1 && errno == EINVAL);
    CHECK(vmsplice(one[1], &piece, 0, 0) == 0);
    CHECK(vmsplice(one[1], (void *)8, 1, 0) == -1 && errno == EFAULT);
    close(directory);
    close(counter);
    int append = open(PATH, O_WRONLY | O_APPEND);
    CHECK(write(one[1], "x", 1) == 1);
    CHECK(splice(one[0], NULL, append, &place, 1, 0) == -1 && errno == EINVAL);
    close(append);
    end();
}

static void from_a_file(void) {
    begin();
    CHECK(splice(file, NULL, one[1], NULL, 4, 0) == 4 && !strcmp(drained(one[0]), "0123"));
    CHECK(splice(file, NULL, one[1], NULL, 100, 0) == 6 && !strcmp(drained(one[0]), "456789"));
    CHECK(splice(file, NULL, one[1], NULL, 100, 0) == 0);
    off_t place = 2;
    CHECK(splice(file, &place, one[1], NULL, 3, SPLICE_F_MOVE | SPLICE_F_MORE) == 3 && place == 5);
    CHECK(!strcmp(drained(one[0]), "234") && lseek(file, 0, SEEK_CUR) == 10);
    CHECK(!ftruncate(file, 300000));
    place = 0;
    CHECK(splice(file, &place, one[1], NULL, 300000, 0) == 65536 && place == 65536);
    CHECK(splice(file, &place, one[1], NULL, 300000, 0) == -1 && errno == EAGAIN);
    CHECK(read(one[0], buffer, sizeof buffer) == 65536 && buffer[9] == '9' && buffer[10] == 0);
    int zero = open("/dev/zero", O_RDONLY);
    CHECK(zero < 0 || (splice(zero, NULL, one[1], NULL, 5000, 0) == -1 && errno == EINVAL));
    close(zero);
    end();
}

static void to_a_file(void) {
    begin();
    CHECK(write(one[1], "abcdef", 6) == 6);
    CHECK(splice(one[0], NULL, file, NULL, 2, 0) == 2 && lseek(file, 0, SEEK_CUR) == 2);
    off_t place = 5;
    CHECK(splice(one[0], NULL, file, &place, 100, 0) == 4 && place == 9 && lseek(file, 0, SEEK_CUR) == 2);
    CHECK(pread(file, buffer, 20, 0) == 10 && !memcmp(buffer, "ab234cdef9", 10));
    int null = open("/dev/null", O_WRONLY);
    CHECK(write(one[1], "abcdef", 6) == 6 && splice(one[0], NULL, null, NULL, 100, 0) == 6);
    close(null);
    close(one[1]);
    CHECK(splice(one[0], NULL, file, NULL, 100, 0) == 0);
    one[1] = -1;
    end();
}

static void between_pipes(void) {
    begin();
    CHECK(write(one[1], "abcdef", 6) == 6);
    CHECK(tee(one[0], other[1], 4, 0) == 4 && !strcmp(drained(other[0]), "abcd"));
    CHECK(tee(one[0], other[1], 100, 0) == 6 && tee(one[0], other[1], 1, 0) == 1);
    CHECK(!strcmp(drained(other[0]), "abcdefa"));
    CHECK(splice(one[0], NULL, other[1], NULL, 3, 0) == 3 && !strcmp(drained(other[0]), "abc"));
    CHECK(splice(one[0], NULL, other[1], NULL, 100, 0) == 3 && !strcmp(drained(other[0]), "def"));
    CHECK(write(other[1], buffer, 65536) == 65536 && write(one[1], "x", 1) == 1);
    CHECK(splice(one[0], NULL, other[1], NULL, 1, 0) == -1 && errno == EAGAIN);
    CHECK(tee(one[0], other[1], 1, 0) == -1 && errno == EAGAIN);
    close(other[0]);
    signal(SIGPIPE, SIG_IGN);
    CHECK(splice(one[0], NULL, other[1], NULL, 1, 0) == -1 && errno == EPIPE);
    CHECK(tee(one[0], other[1], 1, 0) == -1 && errno == EPIPE);
    CHECK(!strcmp(drained(one[0]), "x"));
    other[0] = -1;
    close(one[1]);
    one[1] = -1;
    end();
}

static void memory(void) {
    begin();
    struct iovec pieces[] = {{"some ", 5}, {"", 0}, {"words", 5}}, room[] = {{buffer, 3}, {buffer + 10, 100}};
    CHECK(vmsplice(one[1], pieces, 3, 0) == 10 && !strcmp(drained(one[0]), "some words"));
    CHECK(vmsplice(one[1], pieces, 3, SPLICE_F_GIFT) == 10);
    CHECK(vmsplice(one[0], room, 2, 0) == 10 && !memcmp(buffer, "som", 3) && !memcmp(buffer + 10, "e words", 7));
    CHECK(vmsplice(one[0], room, 2, SPLICE_F_NONBLOCK) == -1 && errno == EAGAIN);
    end();
}

static void sockets(void) {
    begin();
    int pair[2];
    CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    CHECK(write(one[1], "through", 7) == 7);
    CHECK(splice(one[0], NULL, pair[0], NULL, 100, 0) == 7);
    CHECK(splice(pair[1], NULL, other[1], NULL, 4, 0) == 4 && !strcmp(drained(other[0]), "thro"));
    CHECK(splice(pair[1], NULL, other[1], NULL, 100, 0) == 3 && !strcmp(drained(other[0]), "ugh"));
    CHECK(splice(pair[1], NULL, other[1], NULL, 100, SPLICE_F_NONBLOCK) == -1 && errno == EAGAIN);
    close(pair[0]);
    CHECK(splice(pair[1], NULL, other[1], NULL, 100, 0) == 0);
    close(pair[1]);
    end();
}

static void *pump(void *unused) {
    long moved = 0;
    ssize_t count;
    while ((count = splice(one[0], NULL, other[1], NULL, 30000, 0)) > 0)
        moved += count;
    close(other[1]);
    (void)unused;
    return (void *)moved;
}

// Two pipes and a thread between them that waits for bytes and for room.
static void waiting(void) {
    CHECK(!pipe(one) && !pipe(other));
    pthread_t thread;
    pthread_create(&thread, NULL, pump, NULL);
    pid_t child = fork();
    if (child == 0) {
        close(one[0]), close(other[0]), close(other[1]);
        for (int i = 0; i < 500; i++) {
            memset(buffer, i, 7777);
            if (write(one[1], buffer, 7777) != 7777)
                _exit(1);
        }
        _exit(0);
    }
    close(one[1]);
    long total = 0, wrong = 0;
    ssize_t count;
    while ((count = read(other[0], buffer, 10000)) > 0) {
        for (ssize_t i = 0; i < count; i++, total++)
            wrong += buffer[i] != (char)(total / 7777);
    }
    void *moved;
    pthread_join(thread, &moved);
    CHECK((long)moved == 7777 * 500 && total == 7777 * 500 && wrong == 0);
    close(one[0]), close(other[0]);
}

int main(void) {
    mkdir("/tmp", 01777);
    PART(what_is_refused);
    PART(from_a_file);
    PART(to_a_file);
    PART(between_pipes);
    PART(memory);
    PART(sockets);
    PART(waiting);
    return failed_checks != 0;
}
