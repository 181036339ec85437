// Descriptors in C: poll, epoll, timers and events as descriptors, sockets, files, directories, maps, futexes.
// cpus: arm64
#define _GNU_SOURCE
#include "fact.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void waiting(void) {
    int ends[2], queue = epoll_create1(EPOLL_CLOEXEC);
    check("pipe", pipe(ends) == 0);
    struct pollfd entry = {ends[0], POLLIN, 0};
    line("poll", poll(&entry, 1, 10));
    struct epoll_event event = {EPOLLIN, {.u64 = 0x123456789abcdefUL}}, got;
    check("register", epoll_ctl(queue, EPOLL_CTL_ADD, ends[0], &event) == 0);
    line("epoll", epoll_wait(queue, &got, 1, 10));
    check("write", write(ends[1], "x", 1) == 1);
    line("poll", poll(&entry, 1, 1000));
    check("epoll again", epoll_wait(queue, &got, 1, 1000) == 1 && got.data.u64 == 0x123456789abcdefUL);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    struct timeval limit = {1, 0};
    line("select", select(ends[0] + 1, &set, 0, 0, &limit));
    int events = eventfd(3, EFD_NONBLOCK);
    unsigned long value = 4;
    check("eventfd", write(events, &value, 8) == 8 && read(events, &value, 8) == 8 && value == 7);
    check("empty", read(events, &value, 8) == -1 && errno == EAGAIN);
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec when = {{0, 5000000}, {0, 5000000}};
    timerfd_settime(timer, 0, &when, 0);
    usleep(22000);
    check("timer", read(timer, &value, 8) == 8 && value >= 4);
    int watcher = inotify_init1(0);
    check("watch", inotify_add_watch(watcher, ".", IN_CREATE) > 0);
    close(open("made", O_CREAT | O_RDWR, 0600));
    char text[512];
    check("told", read(watcher, text, sizeof text) > 0 && !strcmp(((struct inotify_event *)text)->name, "made"));
}
static void sockets(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), size = sizeof(struct sockaddr_in);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    check("bind", bind(listener, (void *)&address, sizeof address) == 0 && listen(listener, 1) == 0);
    getsockname(listener, (void *)&address, (socklen_t *)&size);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    check("connect", connect(client, (void *)&address, sizeof address) == 0);
    int server = accept4(listener, 0, 0, SOCK_CLOEXEC);
    struct iovec parts[2] = {{"one ", 4}, {"two", 3}};
    line("writev", writev(client, parts, 2));
    char text[100] = "";
    line("recv", recv(server, text, 99, 0));
    check("text", !strcmp(text, "one two"));
    int pair[2];
    check("pair", socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS, header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &client, sizeof client);
    line("sendmsg", sendmsg(pair[0], &message, 0));
    struct iovec room = {text, sizeof text};
    message.msg_iov = &room;
    line("recvmsg", recvmsg(pair[1], &message, 0));
    int copy;
    memcpy(&copy, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof copy);
    check("a descriptor arrived", write(copy, "z", 1) == 1 && recv(server, text, 1, 0) == 1 && text[0] == 'z');
    shutdown(client, SHUT_WR);
    line("end", recv(server, text, 10, 0));
}
static void files(void) {
    int fd = open("file", O_RDWR | O_CREAT, 0640);
    check("write", pwrite(fd, "0123456789", 10, 100) == 10);
    struct stat stat;
    check("stat", fstat(fd, &stat) == 0 && stat.st_size == 110 && S_ISREG(stat.st_mode) && (stat.st_mode & 0777) == 0640);
    check("links", link("file", "hard") == 0 && symlink("file", "soft") == 0 && lstat("soft", &stat) == 0 && S_ISLNK(stat.st_mode));
    check("lock", flock(fd, LOCK_EX | LOCK_NB) == 0);
    struct statvfs system;
    check("file system", statvfs(".", &system) == 0 && system.f_bsize > 0);
    mkdir("dir", 0755);
    for (int i = 0; i < 50; i++) {
        char name[20];
        snprintf(name, sizeof name, "dir/%d", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    DIR *dir = opendir("dir");
    int count = 0;
    while (readdir(dir)) count++;
    line("entries", count);
    int target = open("copy", O_RDWR | O_CREAT, 0600);
    off_t from = 100;
    line("sendfile", sendfile(target, fd, &from, 10));
    char *map = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, target, 0);
    check("map", !memcmp(map, "0123456789", 10));
    map[0] = 'M';
    char byte;
    check("shared", msync(map, 4096, MS_SYNC) == 0 && pread(target, &byte, 1, 0) == 1 && byte == 'M');
    char *wide = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    wide[4096] = 5;
    wide = mremap(wide, 1 << 20, 2 << 20, MREMAP_MAYMOVE);
    check("moved", wide != MAP_FAILED && wide[4096] == 5);
    check("advised", madvise(wide, 8192, MADV_DONTNEED) == 0 && wide[4096] == 0);
    check("protected", mprotect(wide, 4096, PROT_NONE) == 0 && munmap(wide, 2 << 20) == 0);
    unsigned char random[16] = {0};
    check("random", getrandom(random, 16, 0) == 16);
}
static void futexes(void) {
    int word = 0;
    struct timespec limit = {0, 10000000};
    check("differs", syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 1, 0, 0, 0) == -1 && errno == EAGAIN);
    check("timeout", syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, 0, 0) == -1 && errno == ETIMEDOUT);
    line("nobody", syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0));
    int *shared = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t pid = fork();
    if (pid == 0) {
        usleep(20000);
        *shared = 1;
        syscall(SYS_futex, shared, FUTEX_WAKE, 1, 0, 0, 0);
        _exit(0);
    }
    while (*shared == 0) syscall(SYS_futex, shared, FUTEX_WAIT, 0, 0, 0, 0);
    check("woken by another process", *shared == 1);
    check("no such call", syscall(9999) == -1 && errno == ENOSYS);
}
int main(void) {
    waiting();
    sockets();
    files();
    futexes();
    return 0;
}
