// Prints facts the way the Go guests do, for C programs with a library.
#pragma once
#include <stdio.h>
#include <stdlib.h>
#pragma clang diagnostic ignored "-Wunused-function"

// Prints a named fact; a wrong one ends the program with status 3.
static void check(const char *name, int ok) {
    printf("%s: %s\n", name, ok ? "ok" : "WRONG");
    fflush(stdout);
    if (!ok) exit(3);
}
static void line(const char *name, long value) {
    printf("%s: %ld\n", name, value);
    fflush(stdout);
}
