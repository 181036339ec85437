// systems: linux
// cpus: arm64
// Closes its standard error output, puts a file of its own in that place (the first argument; none: leaves it closed),
// writes to it and dies by a null pointer.
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv) {
    close(2);
    if (argc > 1) {
        int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd != 2 || write(fd, "mine\n", 5) != 5) return 9;
    }
    *(volatile int *)0 = 1;
    return 0;
}
