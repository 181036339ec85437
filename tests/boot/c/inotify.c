// inotify: what changes of files tell, in what order, to whom, and how it is read.
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOP "/tmp/inotify"

static const struct {
    unsigned bit;
    const char *name;
} bits[] = {
    {IN_ACCESS, "access"},           {IN_MODIFY, "modify"},         {IN_ATTRIB, "attrib"},
    {IN_CLOSE_WRITE, "close_write"}, {IN_CLOSE_NOWRITE, "close"},   {IN_OPEN, "open"},
    {IN_MOVED_FROM, "moved_from"},   {IN_MOVED_TO, "moved_to"},     {IN_CREATE, "create"},
    {IN_DELETE, "delete"},           {IN_DELETE_SELF, "delete_self"}, {IN_MOVE_SELF, "move_self"},
    {IN_UNMOUNT, "unmount"},         {IN_Q_OVERFLOW, "overflow"},   {IN_IGNORED, "ignored"},
    {IN_ISDIR, "isdir"},
};

static unsigned last_cookie;

// Prints the events that wait: the watch, what happened, which rename of this list it belongs to, the name.
static void show(int fd, const char *what) {
    char buffer[8192] __attribute__((aligned(8)));
    unsigned cookies[8];
    int count = 0;
    printf(" %s:\n", what);
    ssize_t length;
    while ((length = read(fd, buffer, sizeof buffer)) > 0) {
        for (char *at = buffer; at < buffer + length;) {
            struct inotify_event *event = (void *)at;
            printf("  %d", event->wd);
            for (unsigned i = 0; i < sizeof bits / sizeof *bits; i++)
                if (event->mask & bits[i].bit)
                    printf(" %s", bits[i].name);
            if (event->cookie) {
                int nth = 0;
                while (nth < count && cookies[nth] != event->cookie)
                    nth++;
                if (nth == count && count < 8) {
                    CHECK(event->cookie != last_cookie);
                    cookies[count++] = last_cookie = event->cookie;
                }
                printf(" rename %d", nth);
            }
            if (event->len) {
                CHECK(event->len % sizeof *event == 0 && event->name[event->len - 1] == 0);
                printf(" '%s' in %u", event->name, event->len);
            }
            printf("\n");
            at += sizeof *event + event->len;
        }
    }
    CHECK(length == -1 && errno == EAGAIN);
    fflush(stdout);
}

static void make(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static int begin(void) {
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    CHECK(fd >= 0);
    return fd;
}

static void what_is_refused(void) {
    int fd = begin();
    CHECK(inotify_init1(1) == -1 && errno == EINVAL);
    CHECK(inotify_add_watch(fd, TOP, 0) == -1 && errno == EINVAL);
    CHECK(inotify_add_watch(fd, TOP, IN_MASK_ADD | IN_MASK_CREATE | IN_OPEN) == -1 && errno == EINVAL);
    CHECK(inotify_add_watch(fd, TOP "/none", IN_OPEN) == -1 && errno == ENOENT);
    CHECK(inotify_add_watch(fd, (char *)8, IN_OPEN) == -1 && errno == EFAULT);
    CHECK(inotify_add_watch(99, TOP, IN_OPEN) == -1 && errno == EBADF);
    CHECK(inotify_add_watch(1, TOP, IN_OPEN) == -1 && errno == EINVAL);
    make(TOP "/plain", "x");
    CHECK(inotify_add_watch(fd, TOP "/plain", IN_OPEN | IN_ONLYDIR) == -1 && errno == ENOTDIR);
    CHECK(inotify_rm_watch(fd, 1) == -1 && errno == EINVAL);
    CHECK(inotify_rm_watch(99, 1) == -1 && errno == EBADF);
    CHECK(inotify_rm_watch(1, 1) == -1 && errno == EINVAL);
    CHECK(write(fd, "x", 1) == -1 && errno == EBADF);
    CHECK(lseek(fd, 5, SEEK_SET) == 0);
    CHECK(inotify_add_watch(fd, TOP, IN_OPEN) == 1);
    CHECK(inotify_add_watch(fd, TOP, IN_CREATE) == 1);
    CHECK(inotify_add_watch(fd, TOP, IN_CREATE | IN_MASK_CREATE) == -1 && errno == EEXIST);
    CHECK(inotify_add_watch(fd, TOP "/plain", IN_OPEN) == 2);
    CHECK(inotify_rm_watch(fd, 1) == 0);
    CHECK(inotify_add_watch(fd, TOP, IN_OPEN) == 3);
    show(fd, "after a removal");
    unlink(TOP "/plain");
    close(fd);
    char path[64], target[64] = {0};
    fd = begin();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(readlink(path, target, sizeof target - 1) > 0 && !strcmp(target, "anon_inode:inotify"));
    close(fd);
}

static void files_in_a_directory(void) {
    int fd = begin();
    CHECK(inotify_add_watch(fd, TOP, IN_ALL_EVENTS) == 1);
    char byte;
    make(TOP "/file", "hello");
    show(fd, "made and written");
    make(TOP "/file", "again");
    show(fd, "cut and written");
    int file = open(TOP "/file", O_RDWR);
    CHECK(read(file, &byte, 1) == 1);
    CHECK(pread(file, &byte, 1, 0) == 1);
    CHECK(read(file, &byte, 0) == 0);
    show(fd, "opened and read");
    CHECK(write(file, "x", 1) == 1 && write(file, "x", 1) == 1 && pwrite(file, "x", 1, 0) == 1);
    show(fd, "written three times");
    CHECK(write(file, "x", 0) == 0);
    CHECK(!ftruncate(file, 2) && !ftruncate(file, 2) && !truncate(TOP "/file", 1));
    show(fd, "cut by two calls");
    CHECK(!fallocate(file, 0, 0, 100));
    show(fd, "made longer");
    CHECK(!fchmod(file, 0600) && !chmod(TOP "/file", 0640));
    show(fd, "permissions");
    CHECK(!chown(TOP "/file", 1, 1) && !fchown(file, 0, 0) && !chown(TOP "/file", -1, -1));
    show(fd, "owners");
    struct timespec times[2] = {{5, 0}, {6, 0}};
    CHECK(!utimensat(AT_FDCWD, TOP "/file", times, 0));
    show(fd, "both times");
    times[0].tv_nsec = UTIME_OMIT;
    CHECK(!futimens(file, times));
    show(fd, "one time");
    times[0].tv_nsec = 0, times[1].tv_nsec = UTIME_OMIT;
    CHECK(!futimens(file, times));
    show(fd, "the other time");
    CHECK(lseek(file, 0, SEEK_END) == 100);
    struct stat found;
    CHECK(!stat(TOP "/file", &found) && !access(TOP "/file", R_OK));
    show(fd, "looked at");
    int copy = dup(file);
    close(file);
    show(fd, "one of two descriptors closed");
    close(copy);
    show(fd, "the other closed");
    close(open(TOP "/file", O_PATH));
    show(fd, "a place opened");
    CHECK(!link(TOP "/file", TOP "/second"));
    show(fd, "another name");
    CHECK(!symlink("nowhere", TOP "/link"));
    CHECK(!mknod(TOP "/fifo", S_IFIFO | 0600, 0));
    show(fd, "a link and a pipe");
    CHECK(!unlink(TOP "/link") && !unlink(TOP "/fifo") && !unlink(TOP "/second"));
    show(fd, "three taken away");
    file = open(TOP "/file", O_RDWR);
    CHECK(!unlink(TOP "/file"));
    show(fd, "taken away while open");
    CHECK(write(file, "x", 1) == 1);
    close(file);
    show(fd, "closed after that");
    close(fd);
}

static void directories(void) {
    int fd = begin();
    CHECK(inotify_add_watch(fd, TOP, IN_ALL_EVENTS) == 1);
    CHECK(!mkdir(TOP "/sub", 0755));
    CHECK(inotify_add_watch(fd, TOP "/sub", IN_ALL_EVENTS) == 2);
    show(fd, "made");
    CHECK(!chmod(TOP "/sub", 0700));
    show(fd, "permissions");
    int dir = open(TOP "/sub", O_RDONLY | O_DIRECTORY);
    char names[512];
    CHECK(syscall(SYS_getdents64, dir, names, sizeof names) > 0);
    close(dir);
    show(fd, "listed");
    make(TOP "/sub/inner", "x");
    show(fd, "a file in it");
    CHECK(!rename(TOP "/sub/inner", TOP "/inner"));
    show(fd, "moved out");
    CHECK(!rename(TOP "/inner", TOP "/outer"));
    show(fd, "renamed");
    CHECK(!unlink(TOP "/outer"));
    show(fd, "taken away");
    CHECK(!rename(TOP "/sub", TOP "/other"));
    show(fd, "the directory renamed");
    CHECK(!rmdir(TOP "/other"));
    show(fd, "and taken away");
    CHECK(inotify_rm_watch(fd, 2) == -1 && errno == EINVAL);
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = TOP "/socket"};
    int made = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(!bind(made, (void *)&address, sizeof address));
    close(made);
    show(fd, "a socket's name");
    unlink(TOP "/socket");
    close(fd);
}

static void the_file_itself(void) {
    int fd = begin();
    make(TOP "/one", "1");
    make(TOP "/two", "2");
    CHECK(inotify_add_watch(fd, TOP "/one", IN_ALL_EVENTS) == 1);
    CHECK(inotify_add_watch(fd, TOP "/two", IN_ALL_EVENTS) == 2);
    CHECK(inotify_add_watch(fd, TOP, IN_ALL_EVENTS) == 3);
    int file = open(TOP "/one", O_RDWR);
    CHECK(write(file, "x", 1) == 1);
    show(fd, "opened and written");
    CHECK(!link(TOP "/one", TOP "/more"));
    show(fd, "another name");
    CHECK(!unlink(TOP "/more"));
    show(fd, "one name less");
    CHECK(!rename(TOP "/one", TOP "/three"));
    show(fd, "renamed");
    CHECK(write(file, "x", 1) == 1);
    show(fd, "written after that");
    CHECK(!rename(TOP "/two", TOP "/three"));
    show(fd, "replaced while open");
    close(file);
    show(fd, "and closed");
    CHECK(!unlink(TOP "/three"));
    show(fd, "taken away");
    make(TOP "/left", "l");
    CHECK(!mkdir(TOP "/right", 0755));
    show(fd, "two more");
    CHECK(!syscall(SYS_renameat2, AT_FDCWD, TOP "/left", AT_FDCWD, TOP "/right", 2));
    show(fd, "exchanged");
    CHECK(!rmdir(TOP "/left") && !unlink(TOP "/right"));
    close(fd);
}

static void flags_of_watches(void) {
    int fd = begin();
    make(TOP "/file", "x");
    CHECK(!symlink("file", TOP "/link"));
    CHECK(inotify_add_watch(fd, TOP "/link", IN_OPEN | IN_ONESHOT) == 1);
    close(open(TOP "/file", O_RDONLY));
    close(open(TOP "/file", O_RDONLY));
    show(fd, "once");
    CHECK(inotify_rm_watch(fd, 1) == -1 && errno == EINVAL);
    CHECK(inotify_add_watch(fd, TOP "/link", IN_ALL_EVENTS | IN_DONT_FOLLOW) == 2);
    close(open(TOP "/link", O_RDONLY));
    CHECK(!unlink(TOP "/link"));
    show(fd, "the link and not the file");
    CHECK(inotify_add_watch(fd, TOP "/file", IN_OPEN) == 3);
    CHECK(inotify_add_watch(fd, TOP "/file", IN_CLOSE | IN_MASK_ADD) == 3);
    close(open(TOP "/file", O_RDONLY));
    show(fd, "added to");
    CHECK(inotify_add_watch(fd, TOP "/file", IN_CLOSE) == 3);
    close(open(TOP "/file", O_RDONLY));
    show(fd, "replaced");
    CHECK(inotify_add_watch(fd, TOP, IN_ALL_EVENTS | IN_EXCL_UNLINK) == 4);
    int file = open(TOP "/file", O_RDWR);
    CHECK(!unlink(TOP "/file"));
    CHECK(write(file, "x", 1) == 1);
    close(file);
    show(fd, "not when it has no name");
    close(fd);
}

static void reading(void) {
    int fd = begin();
    char buffer[64];
    CHECK(inotify_add_watch(fd, TOP, IN_CREATE | IN_DELETE) == 1);
    CHECK(read(fd, buffer, sizeof buffer) == -1 && errno == EAGAIN);
    struct pollfd entry = {fd, POLLIN, 0};
    CHECK(poll(&entry, 1, 0) == 0);
    int epoll = epoll_create1(0);
    struct epoll_event event = {EPOLLIN, {.u32 = 7}}, got;
    CHECK(!epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    CHECK(epoll_wait(epoll, &got, 1, 0) == 0);
    make(TOP "/a-name-of-twenty-chars", "");
    make(TOP "/b", "");
    CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLIN);
    CHECK(epoll_wait(epoll, &got, 1, 0) == 1 && got.events == EPOLLIN && got.data.u32 == 7);
    int waiting;
    CHECK(!ioctl(fd, FIONREAD, &waiting) && waiting == 16 + 32 + 16 + 16);
    CHECK(read(fd, buffer, 0) == -1 && errno == EINVAL);
    CHECK(read(fd, buffer, 47) == -1 && errno == EINVAL);
    CHECK(read(fd, buffer, sizeof buffer) == 48);
    CHECK(!ioctl(fd, FIONREAD, &waiting) && waiting == 32);
    CHECK(read(fd, (char *)8, 64) == -1 && errno == EFAULT);
    CHECK(!unlink(TOP "/a-name-of-twenty-chars") && !unlink(TOP "/b"));
    show(fd, "the rest");
    CHECK(poll(&entry, 1, 0) == 0 && epoll_wait(epoll, &got, 1, 0) == 0);
    close(epoll);
    close(fd);
}

static void *maker(void *unused) {
    usleep(20000);
    make(TOP "/late", "");
    return unused;
}

static void nothing(int number) {
    (void)number;
}

static void waiting(void) {
    int fd = inotify_init1(0);
    char buffer[256];
    CHECK(inotify_add_watch(fd, TOP, IN_CREATE) == 1);
    pthread_t thread;
    pthread_create(&thread, NULL, maker, NULL);
    CHECK(read(fd, buffer, sizeof buffer) == 32 && !strcmp(buffer + 16, "late"));
    pthread_join(thread, NULL);
    unlink(TOP "/late");
    struct sigaction action = {.sa_handler = nothing};
    sigaction(SIGALRM, &action, NULL);
    ualarm(20000, 0);
    CHECK(read(fd, buffer, sizeof buffer) == -1 && errno == EINTR);
    pid_t child = fork();
    if (child == 0) {
        make(TOP "/child", "");
        _exit(0);
    }
    CHECK(read(fd, buffer, sizeof buffer) == 32 && !strcmp(buffer + 16, "child"));
    waitpid(child, NULL, 0);
    unlink(TOP "/child");
    close(fd);
}

static void too_many(void) {
    int fd = begin();
    CHECK(inotify_add_watch(fd, TOP, IN_CREATE | IN_DELETE) == 1);
    for (int i = 0; i < 9000; i++) {
        mknod(TOP "/x", S_IFREG | 0600, 0);
        unlink(TOP "/x");
    }
    static char buffer[1 << 20] __attribute__((aligned(8)));
    ssize_t length = read(fd, buffer, sizeof buffer);
    int count = 0, wd = 0;
    unsigned mask = 0;
    for (char *at = buffer; at < buffer + length; count++) {
        struct inotify_event *event = (void *)at;
        wd = event->wd, mask = event->mask;
        at += sizeof *event + event->len;
    }
    CHECK(wd == -1 && mask == IN_Q_OVERFLOW);
    printf(" %d events of 18000, the last one says so\n", count);
    close(fd);
    int many[200], made = 0;
    while (made < 200 && (many[made] = inotify_init1(0)) >= 0)
        made++;
    CHECK(made < 200 && errno == EMFILE);
    printf(" %d instances\n", made);
    while (made > 0)
        close(many[--made]);
    fd = begin();
    CHECK(fd >= 0);
    close(fd);
}

static void two_who_watch(void) {
    int one = begin(), other = begin();
    CHECK(inotify_add_watch(one, TOP, IN_CREATE) == 1 && inotify_add_watch(other, TOP, IN_DELETE) == 1);
    make(TOP "/both", "");
    unlink(TOP "/both");
    show(one, "one");
    show(other, "the other");
    close(one);
    make(TOP "/both", "x");
    int from = open(TOP "/both", O_RDONLY), to = open(TOP "/copy", O_RDWR | O_CREAT, 0600);
    CHECK(inotify_add_watch(other, TOP, IN_ACCESS | IN_MODIFY) == 1);
    CHECK(sendfile(to, from, NULL, 10) == 1);
    // In which order and how often is the kernel's business.
    char buffer[512];
    ssize_t length = read(other, buffer, sizeof buffer);
    unsigned mask = 0;
    for (char *at = buffer; at < buffer + length;) {
        struct inotify_event *event = (void *)at;
        CHECK(!strcmp(event->name, event->mask & IN_ACCESS ? "both" : "copy"));
        mask |= event->mask;
        at += sizeof *event + event->len;
    }
    CHECK(mask == (IN_ACCESS | IN_MODIFY));
    char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
    at[0] = 'y';
    munmap(at, 4096);
    show(other, "through memory");
    close(from);
    close(to);
    unlink(TOP "/both");
    unlink(TOP "/copy");
    close(other);
}

int main(void) {
    mkdir("/tmp", 01777);
    mkdir(TOP, 0755);
    PART(what_is_refused);
    PART(files_in_a_directory);
    PART(directories);
    PART(the_file_itself);
    PART(flags_of_watches);
    PART(reading);
    PART(waiting);
    PART(too_many);
    PART(two_who_watch);
    CHECK(!rmdir(TOP));
    return failed_checks != 0;
}
