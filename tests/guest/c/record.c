// What a program gets from outside, in every way a program of one thread gets it: for recordings.
// cpus: arm64
//
// record all FILE    reads, asks and waits for everything, and prints it
// record end STATUS  ends by itself
// record die SIGNAL  ends by a signal
// record fault       ends by a fault
// record thread      makes a thread
// record fork        makes a child, and a second one that shares memory
// record exec PATH   becomes another program
// record read FILE N opens, reads and closes a file N times
// record count N     counts, without a call
// record copy        copies its input to its output

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t sum = 14695981039346656037ull;

static void add(const void *bytes, size_t len) {
    for (size_t n = 0; n < len; n++)
        sum = (sum ^ ((const unsigned char *)bytes)[n]) * 1099511628211ull;
}

static void tell(const char *what) {
    printf("%s: %016llx\n", what, (unsigned long long)sum);
}

static void files(const char *path) {
    char bytes[4096];
    struct stat stat_buf;
    int fd = open(path, O_RDONLY);
    ssize_t len = read(fd, bytes, sizeof bytes);
    if (fd < 0 || len < 0) {
        printf("%s: %s\n", path, strerror(errno));
        exit(1);
    }
    add(bytes, len);
    printf("%.*s", (int)len, bytes);
    fstat(fd, &stat_buf);
    add(&stat_buf.st_ino, sizeof stat_buf.st_ino);
    add(&stat_buf.st_mtim, sizeof stat_buf.st_mtim);
    struct iovec parts[2] = {{bytes, 3}, {bytes + 100, 5}};
    lseek(fd, 0, SEEK_SET);
    len = readv(fd, parts, 2);
    add(bytes, 3);
    add(bytes + 100, 5);
    char *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    add(map, stat_buf.st_size);
    munmap(map, 4096);
    off_t from = 1;
    fflush(stdout);
    sendfile(1, fd, &from, 4);
    write(1, "\n", 1);
    add(&from, sizeof from);
    close(fd);
    tell("files");
    DIR *dir = opendir("/proc/self");
    for (struct dirent *entry; (entry = readdir(dir));)
        add(entry->d_name, strlen(entry->d_name));
    closedir(dir);
    len = readlink("/proc/self/cwd", bytes, sizeof bytes);
    add(bytes, len);
    add(bytes, strlen(getcwd(bytes, sizeof bytes)));
    struct statfs fs;
    statfs("/", &fs);
    add(&fs.f_bfree, sizeof fs.f_bfree);
    tell("directories");
}

#if __aarch64__
#define MAP_32BIT 0

static uint64_t counter(void) {
    uint64_t now;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(now));
    return now;
}

static uint64_t counter_and_cpu(void) { return counter(); }
#else
static uint64_t counter(void) {
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static uint64_t counter_and_cpu(void) {
    uint32_t low, high, cpu;
    __asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(cpu));
    return (uint64_t)high << 32 | low;
}
#endif

static void times(void) {
    struct timespec now;
    struct timeval day;
    for (int clock = 0; clock < 8; clock++) {
        clock_gettime(clock, &now);
        add(&now, sizeof now);
    }
    gettimeofday(&day, NULL);
    add(&day, sizeof day);
    uint64_t counts[3] = {counter(), counter_and_cpu(), counter()};
    add(counts, sizeof counts);
    printf("the counter runs: %s\n", counts[0] < counts[2] ? "yes" : "no");
    time_t seconds = time(NULL);
    add(&seconds, sizeof seconds);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    add(&usage, sizeof usage);
    struct timespec little = {0, 1000000};
    nanosleep(&little, NULL);
    tell("times");
}

static void identity(void) {
    char bytes[64];
    struct utsname name;
    struct sysinfo info;
    struct rlimit limit;
    getrandom(bytes, sizeof bytes, 0);
    add(bytes, sizeof bytes);
    uname(&name);
    add(&name, sizeof name);
    sysinfo(&info);
    add(&info.freeram, sizeof info.freeram);
    getrlimit(RLIMIT_NOFILE, &limit);
    add(&limit, sizeof limit);
    pid_t ids[] = {getpid(), getppid(), getuid(), getgid(), getsid(0), getpgrp()};
    add(ids, sizeof ids);
    printf("pid %d\n", getpid());
    int here;
    void *heap = malloc(1 << 20);
    printf("stack %p heap %p code %p\n", (void *)&here, heap, (void *)identity);
    heap = realloc(heap, 64 << 20);
    printf("moved %p\n", heap);
    free(heap);
    tell("identity");
}

static void pipes(void) {
    int ends[2], taken = 0;
    char bytes[64];
    pipe(ends);
    write(ends[1], "through a pipe", 14);
    struct pollfd wanted = {ends[0], POLLIN, 0};
    poll(&wanted, 1, -1);
    ioctl(ends[0], FIONREAD, &taken);
    ssize_t len = read(ends[0], bytes, sizeof bytes);
    printf("%.*s %d %d\n", (int)len, bytes, wanted.revents, taken);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    struct timeval none = {0, 0};
    printf("select: %d\n", select(ends[0] + 1, &set, NULL, NULL, &none));
    int epoll = epoll_create1(0);
    struct epoll_event event = {EPOLLIN, {.u64 = 77}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event);
    write(ends[1], "x", 1);
    event.data.u64 = 0;
    epoll_wait(epoll, &event, 1, -1);
    printf("epoll: %d\n", (int)event.data.u64);
    close(epoll);
    close(ends[0]);
    close(ends[1]);
}

static void sockets(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, peer;
    socklen_t len = sizeof at;
    char bytes[64] = "";
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&at, sizeof at);
    listen(listener, 1);
    getsockname(listener, (struct sockaddr *)&at, &len);
    int one = socket(AF_INET, SOCK_STREAM, 0);
    connect(one, (struct sockaddr *)&at, len);
    len = sizeof peer;
    int other = accept(listener, (struct sockaddr *)&peer, &len);
    send(one, "through a socket", 16, 0);
    ssize_t got = recv(other, bytes, sizeof bytes, 0);
    printf("%.*s, port %d\n", (int)got, bytes, ntohs(at.sin_port));
    add(&peer, len);
    struct iovec part = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct iovec word = {"a message", 9};
    struct msghdr sent = {.msg_iov = &word, .msg_iovlen = 1};
    sendmsg(other, &sent, 0);
    got = recvmsg(one, &message, 0);
    printf("%.*s\n", (int)got, bytes);
    len = sizeof got;
    int size = 0;
    len = sizeof size;
    getsockopt(one, SOL_SOCKET, SO_SNDBUF, &size, &len);
    add(&size, len);
    close(one);
    close(other);
    close(listener);
    tell("sockets");
}

static volatile sig_atomic_t ticks, children;
static volatile pid_t sender;

static void on_tick(int signal) {
    ticks++;
}

static void on_info(int signal, siginfo_t *info, void *context) {
    sender = info->si_pid;
}

static void on_child(int signal) {
    children++;
}

static void signals(void) {
    struct sigaction action = {.sa_handler = on_tick};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}}, left;
    setitimer(ITIMER_REAL, &often, NULL);
    int calls = 0;
    while (ticks < 5) {
        getppid();
        calls++;
    }
    printf("calls until five ticks: %d\n", calls);
    struct timespec wait = {10, 0}, rest;
    int slept = nanosleep(&wait, &rest);
    printf("sleep: %d, rest %lld.%09ld\n", slept, (long long)rest.tv_sec, rest.tv_nsec);
    sigset_t none;
    sigemptyset(&none);
    sigsuspend(&none);
    setitimer(ITIMER_REAL, &never, &left);
    printf("left %ld\n", (long)left.it_value.tv_usec);
    struct sigaction told = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &told, NULL);
    kill(getpid(), SIGUSR1);
    printf("told by %d\n", sender);
    struct sigaction child = {.sa_handler = on_child, .sa_flags = SA_RESTART};
    sigaction(SIGCHLD, &child, NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(7);
    int status = 0;
    pid_t done = waitpid(pid, &status, 0);
    printf("child %d ended: %s, %d, signals %d\n", pid, done == pid ? "yes" : "no", WEXITSTATUS(status), children);
}

static volatile sig_atomic_t faults;
static char *page;

static void on_fault(int signal, siginfo_t *info, void *context) {
    faults++;
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
}

static void memory(void) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    page = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[1] = 1;
    printf("faults %d\n", faults);
    madvise(page, 4096, MADV_DONTNEED);
    printf("given back: %d\n", page[1]);
    page[2] = 2;
    madvise(page, 4096, MADV_FREE);
    printf("given back some time: %d\n", page[2]);
    mprotect(page, 3 * 4096, PROT_READ | PROT_WRITE);
    page = mremap(page, 3 * 4096, 64 * 4096, MREMAP_MAYMOVE);
    printf("larger %p\n", (void *)page);
    void *low = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    printf("low %p\n", low);
}

static void *nothing(void *argument) {
    return argument;
}

static void forks(void) {
    if (fork() == 0)
        _exit(0);
    wait(NULL);
    puts("a child");
    fflush(stdout);
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fork() == 0) {
        *shared = 1;
        _exit(0);
    }
    wait(NULL);
    printf("a child that shares %d\n", *shared);
}

static void read_often(const char *path, long times) {
    char bytes[8192];
    for (long n = 0; n < times; n++) {
        struct stat stat_buf;
        int fd = open(path, O_RDONLY);
        fstat(fd, &stat_buf);
        ssize_t len = read(fd, bytes, sizeof bytes);
        add(bytes, len > 64 ? 64 : len);
        close(fd);
    }
    tell("read");
}

int main(int count, char **args) {
    const char *what = count > 1 ? args[1] : "all";
    if (!strcmp(what, "all") && count > 2) {
        printf("HOME is %s, %d arguments\n", getenv("HOME") ? getenv("HOME") : "nowhere", count);
        files(args[2]);
        times();
        identity();
        pipes();
        sockets();
        signals();
        memory();
        fprintf(stderr, "an error\n");
        tell("all");
        return 42;
    }
    if (!strcmp(what, "end") && count > 2)
        return atoi(args[2]);
    if (!strcmp(what, "die") && count > 2) {
        puts("before");
        fflush(stdout);
        kill(getpid(), atoi(args[2]));
        return 0;
    }
    if (!strcmp(what, "fault")) {
        puts("before");
        fflush(stdout);
        *(volatile int *)8 = 1;
    }
    if (!strcmp(what, "thread")) {
        pthread_t thread;
        puts("before");
        fflush(stdout);
        pthread_create(&thread, NULL, nothing, NULL);
        pthread_join(thread, NULL);
        puts("after");
    }
    if (!strcmp(what, "fork"))
        forks();
    if (!strcmp(what, "exec") && count > 2) {
        puts("before");
        fflush(stdout);
        execl("/nowhere", "nowhere", NULL);
        execl(args[2], args[2], NULL);
    }
    if (!strcmp(what, "read") && count > 3)
        read_often(args[2], atol(args[3]));
    if (!strcmp(what, "count") && count > 2) {
        for (volatile uint64_t n = strtoull(args[2], NULL, 10); n; n--)
            sum = sum * 6364136223846793005ull + n;
        tell("count");
    }
    if (!strcmp(what, "copy")) {
        char bytes[4096];
        for (ssize_t len; (len = read(0, bytes, sizeof bytes)) > 0;)
            write(1, bytes, len);
    }
    return 0;
}
