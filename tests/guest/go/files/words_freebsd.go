package main

// directory is O_DIRECTORY of sys/fcntl.h, which the syscall package does not name everywhere.
const directory = 0x20000
