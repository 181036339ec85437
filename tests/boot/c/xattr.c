// Extended attributes: what a file in memory keeps, lists and refuses.
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PATH "/tmp/attributed"
#define LINK "/tmp/attributed-link"

static int compare(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

// Prints the names of a list, sorted: kernels keep them in different orders.
static void show(const char *list, ssize_t length) {
    const char *names[16];
    int count = 0;
    for (const char *at = list; at < list + length && count < 16; at += strlen(at) + 1)
        names[count++] = at;
    qsort(names, count, sizeof *names, compare);
    printf(" list:");
    for (int i = 0; i < count; i++)
        printf(" %s", names[i]);
    printf("\n");
}

static void no_attribute(void) {
    char bytes[64];
    CHECK(listxattr(PATH, NULL, 0) == 0);
    CHECK(getxattr(PATH, "trusted.none", bytes, sizeof bytes) == -1 && errno == ENODATA);
    CHECK(getxattr(PATH, "security.none", bytes, sizeof bytes) == -1 && errno == ENODATA);
    CHECK(removexattr(PATH, "trusted.none") == -1 && errno == ENODATA);
    CHECK(getxattr(PATH, "security.capability", bytes, sizeof bytes) == -1 && errno == ENODATA);
}

static void kinds_of_names(void) {
    CHECK(setxattr(PATH, "user.name", "x", 1, 0) == -1 && errno == EOPNOTSUPP);
    CHECK(getxattr(PATH, "user.name", NULL, 0) == -1 && errno == EOPNOTSUPP);
    CHECK(removexattr(PATH, "user.name") == -1 && errno == EOPNOTSUPP);
    CHECK(setxattr(PATH, "nobody.name", "x", 1, 0) == -1 && errno == EOPNOTSUPP);
    CHECK(getxattr(PATH, "nobody.name", NULL, 0) == -1 && errno == EOPNOTSUPP);
    CHECK(setxattr(PATH, "", "x", 1, 0) == -1 && errno == ERANGE);
    CHECK(getxattr(PATH, "", NULL, 0) == -1 && errno == ERANGE);
    CHECK(setxattr(PATH, "trusted.", "x", 1, 0) == -1 && errno == EINVAL);
    char name[300] = "trusted.";
    memset(name + 8, 'n', 255 - 8);
    CHECK(setxattr(PATH, name, "x", 1, 0) == 0 && removexattr(PATH, name) == 0);
    memset(name + 8, 'n', 256 - 8);
    CHECK(setxattr(PATH, name, "x", 1, 0) == -1 && errno == ERANGE);
}

static void set_get_list_remove(void) {
    char bytes[256];
    CHECK(!setxattr(PATH, "trusted.one", "first", 5, XATTR_CREATE));
    CHECK(setxattr(PATH, "trusted.one", "again", 5, XATTR_CREATE) == -1 && errno == EEXIST);
    CHECK(setxattr(PATH, "trusted.two", "again", 5, XATTR_REPLACE) == -1 && errno == ENODATA);
    CHECK(!setxattr(PATH, "trusted.two", "", 0, 0));
    CHECK(!setxattr(PATH, "security.three", "3", 1, 0));
    CHECK(setxattr(PATH, "trusted.one", "x", 1, 4) == -1 && errno == EINVAL);
    CHECK(getxattr(PATH, "trusted.one", NULL, 0) == 5);
    CHECK(getxattr(PATH, "trusted.one", bytes, 4) == -1 && errno == ERANGE);
    CHECK(getxattr(PATH, "trusted.one", bytes, 100) == 5 && !memcmp(bytes, "first", 5));
    CHECK(getxattr(PATH, "trusted.two", bytes, 100) == 0);
    CHECK(!setxattr(PATH, "trusted.one", "replaced", 8, XATTR_REPLACE));
    CHECK(getxattr(PATH, "trusted.one", bytes, 100) == 8 && !memcmp(bytes, "replaced", 8));
    ssize_t length = listxattr(PATH, NULL, 0);
    CHECK(length == 12 + 12 + 15);
    CHECK(listxattr(PATH, bytes, length - 1) == -1 && errno == ERANGE);
    CHECK(listxattr(PATH, bytes, sizeof bytes) == length);
    show(bytes, length);
    CHECK(!removexattr(PATH, "trusted.two"));
    CHECK(listxattr(PATH, bytes, sizeof bytes) == 12 + 15);
    CHECK(setxattr(PATH, "trusted.one", "x", 65537, 0) == -1 && errno == E2BIG);
    CHECK(getxattr(PATH, "trusted.one", (char *)8, 100) == -1 && errno == EFAULT);
    CHECK(setxattr(PATH, "trusted.one", (char *)8, 100, 0) == -1 && errno == EFAULT);
}

static void descriptors_links_and_copies(void) {
    char bytes[64];
    int fd = open(PATH, O_RDWR), place = open(PATH, O_PATH);
    CHECK(fgetxattr(fd, "trusted.one", bytes, 64) == 8);
    CHECK(!fsetxattr(fd, "trusted.by-fd", "f", 1, 0) && getxattr(PATH, "trusted.by-fd", bytes, 64) == 1);
    CHECK(!fremovexattr(fd, "trusted.by-fd") && flistxattr(fd, bytes, 64) == 27);
    CHECK(fgetxattr(place, "trusted.one", bytes, 64) == -1 && errno == EBADF);
    CHECK(fgetxattr(99, "trusted.one", bytes, 64) == -1 && errno == EBADF);
    CHECK(!link(PATH, PATH "2") && getxattr(PATH "2", "trusted.one", bytes, 64) == 8 && !unlink(PATH "2"));
    CHECK(getxattr(LINK, "trusted.one", bytes, 64) == 8);
    CHECK(lgetxattr(LINK, "trusted.one", bytes, 64) == -1 && errno == ENODATA);
    CHECK(!lsetxattr(LINK, "trusted.link", "l", 1, 0) && lgetxattr(LINK, "trusted.link", bytes, 64) == 1);
    CHECK(getxattr(PATH, "trusted.link", bytes, 64) == -1 && errno == ENODATA);
    CHECK(llistxattr(LINK, bytes, 64) == 13 && !lremovexattr(LINK, "trusted.link"));
    CHECK(getxattr("/tmp/none", "trusted.one", bytes, 64) == -1 && errno == ENOENT);
    CHECK(listxattr("/tmp/none", bytes, 64) == -1 && errno == ENOENT);
    CHECK(!mkdir("/tmp/attributed-dir", 0755) && !setxattr("/tmp/attributed-dir", "trusted.dir", "d", 1, 0));
    CHECK(getxattr("/tmp/attributed-dir", "trusted.dir", bytes, 64) == 1 && !rmdir("/tmp/attributed-dir"));
    int ends[2];
    CHECK(!pipe(ends));
    CHECK(fsetxattr(ends[0], "trusted.x", "x", 1, 0) == -1 && errno == EOPNOTSUPP);
    CHECK(fgetxattr(ends[0], "trusted.x", bytes, 64) == -1 && errno == EOPNOTSUPP);
    CHECK(getxattr("/proc/self/status", "trusted.x", bytes, 64) == -1 && errno == EOPNOTSUPP);
    CHECK(setxattr("/proc/self/status", "trusted.x", bytes, 1, 0) == -1);
    CHECK(listxattr("/proc/self/status", bytes, 64) == 0);
    close(ends[0]);
    close(ends[1]);
    close(fd);
    close(place);
}

static void other_users(void) {
    char bytes[64];
    CHECK(!chmod(PATH, 0666) && !seteuid(1000));
    CHECK(getxattr(PATH, "trusted.one", bytes, 64) == -1 && errno == ENODATA);
    CHECK(setxattr(PATH, "trusted.one", "x", 1, 0) == -1 && errno == EPERM);
    CHECK(removexattr(PATH, "trusted.one") == -1 && errno == EPERM);
    CHECK(getxattr(PATH, "security.three", bytes, 64) == 1);
    ssize_t length = listxattr(PATH, bytes, 64);
    show(bytes, length);
    CHECK(!seteuid(0));
}

int main(void) {
    mkdir("/tmp", 01777);
    close(open(PATH, O_RDWR | O_CREAT | O_TRUNC, 0644));
    CHECK(!symlink(PATH, LINK));
    PART(no_attribute);
    PART(kinds_of_names);
    PART(set_get_list_remove);
    PART(descriptors_links_and_copies);
    PART(other_users);
    unlink(PATH);
    unlink(LINK);
    return failed_checks != 0;
}
