// What programs from elsewhere asked for and did not get at first.
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// redis-server looks whether a page that it wrote is dirty after a fork.
static long dirty(char *at) {
    char line[512], wanted[32];
    long kib = -1;
    int is_here = 0;
    snprintf(wanted, sizeof wanted, "%lx-", (long)at);
    FILE *file = fopen("/proc/self/smaps", "r");
    while (kib < 0 && fgets(line, sizeof line, file)) {
        if (!strncmp(line, wanted, strlen(wanted)))
            is_here = 1;
        else if (is_here)
            sscanf(line, "Shared_Dirty: %ld", &kib);
    }
    fclose(file);
    return kib;
}

static void sizes_of_memory(void) {
    char *at = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(!mprotect(at + 4096, 4096, PROT_READ | PROT_WRITE));
    at[4096] = 1;
    CHECK(dirty(at + 4096) == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(dirty(at + 4096) != 4);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

// Go's os package makes folders below names with a slash, and copies within a file.
static void names_with_a_slash(void) {
    CHECK(!mkdir("/tmp/names", 0777) && !chdir("/tmp/names"));
    CHECK(!symlink("target", "link"));
    CHECK(mkdir("link/", 0777) == -1 && errno == EEXIST);
    CHECK(access("target", F_OK) == -1 && errno == ENOENT);
    CHECK(!mkdir("target/", 0777));
    CHECK(rmdir("link/") == -1 && errno == ENOTDIR);
    CHECK(rename("link/", "other") == -1 && errno == ENOTDIR);
    CHECK(unlink("link/") == -1 && errno == ENOTDIR);
    CHECK(!unlink("link") && !rmdir("target"));
}

static void copies_within_a_file(void) {
    int fd = open("/tmp/names/file", O_CREAT | O_RDWR, 0666);
    CHECK(write(fd, "0123456789", 10) == 10);
    off_t from = 0, to = 5;
    CHECK(copy_file_range(fd, &from, fd, &to, 6, 0) == -1 && errno == EINVAL);
    CHECK(copy_file_range(fd, &from, fd, &to, 5, 0) == 5 && from == 5 && to == 10);
    char text[10];
    CHECK(pread(fd, text, 10, 0) == 10 && !memcmp(text, "0123401234", 10));
    close(fd);
    CHECK(!unlink("/tmp/names/file") && !chdir("/") && !rmdir("/tmp/names"));
}

// Go's net package copies between sockets through a pipe.
static void splices(void) {
    int ends[2], source[2], sink[2];
    char text[100], large[9000];
    CHECK(!pipe2(ends, O_NONBLOCK) && !socketpair(AF_UNIX, SOCK_STREAM, 0, source) && !socketpair(AF_UNIX, SOCK_STREAM, 0, sink));
    CHECK(splice(ends[0], NULL, sink[0], NULL, 100, SPLICE_F_NONBLOCK) == -1 && errno == EAGAIN);
    CHECK(write(source[0], "through a pipe", 14) == 14);
    CHECK(splice(source[1], NULL, ends[1], NULL, 100, SPLICE_F_NONBLOCK) == 14);
    CHECK(splice(ends[0], NULL, sink[0], NULL, 7, 0) == 7);
    CHECK(splice(ends[0], NULL, sink[0], NULL, 100, 0) == 7);
    CHECK(read(sink[1], text, sizeof text) == 14 && !memcmp(text, "through a pipe", 14));
    close(source[0]);
    CHECK(splice(source[1], NULL, ends[1], NULL, 100, 0) == 0);
    CHECK(splice(sink[0], NULL, source[1], NULL, 100, 0) == -1 && errno == EINVAL);
    // A socket that is full loses nothing.
    memset(large, 'x', sizeof large);
    fcntl(sink[0], F_SETFL, O_NONBLOCK);
    long in = 0, out = 0, moved;
    for (int round = 0; round < 400; round++) {
        if ((moved = write(ends[1], large, sizeof large)) > 0)
            in += moved;
        splice(ends[0], NULL, sink[0], NULL, 5000, SPLICE_F_NONBLOCK);
    }
    close(ends[1]);
    fcntl(sink[1], F_SETFL, O_NONBLOCK);
    for (;;) {
        while ((moved = read(sink[1], large, sizeof large)) > 0)
            out += moved;
        if (splice(ends[0], NULL, sink[0], NULL, 5000, SPLICE_F_NONBLOCK) <= 0)
            break;
    }
    CHECK(in > 65536 && in == out);
}

// Go's syscall package sets on every thread what it reads on every thread.
static void kept_by_prctl(void) {
    CHECK(prctl(PR_GET_KEEPCAPS) == 0 && !prctl(PR_SET_KEEPCAPS, 1) && prctl(PR_GET_KEEPCAPS) == 1);
    CHECK(prctl(PR_SET_KEEPCAPS, 2) == -1 && errno == EINVAL);
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0) == -1 && errno == EINVAL);
    CHECK(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

// An HTTP client reads the answer of a server that hangs up on a long request.
static void what_came_before_the_end(void) {
    int ends[2], fd;
    char text[16];
    CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    CHECK(write(ends[0], "request", 7) == 7 && write(ends[1], "answer", 6) == 6);
    close(ends[1]);
    CHECK(read(ends[0], text, sizeof text) == 6);
    CHECK(read(ends[0], text, sizeof text) == -1 && errno == ECONNRESET);
    CHECK(read(ends[0], text, sizeof text) == 0);
    // What comes along is told to be closed by programs that run later.
    CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof fd)];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), &ends[0], sizeof fd);
    struct iovec part = {text, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    CHECK(sendmsg(ends[0], &message, 0) == 1);
    message.msg_controllen = sizeof control;
    CHECK(recvmsg(ends[1], &message, MSG_CMSG_CLOEXEC) == 1 && message.msg_flags == MSG_CMSG_CLOEXEC);
    memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
    CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
}

int main(void) {
    PART(sizes_of_memory);
    PART(names_with_a_slash);
    PART(copies_within_a_file);
    PART(splices);
    PART(kept_by_prctl);
    PART(what_came_before_the_end);
    return failed_checks != 0;
}
