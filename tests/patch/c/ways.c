// Every way C code reaches a function. Each line says which one answered.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOINLINE __attribute__((noinline, noclone))
#if defined(__clang__)
#undef NOINLINE
#define NOINLINE __attribute__((noinline))
#endif

static volatile int sink;

NOINLINE int old_one(int n) { sink += n; return n * 2; }
NOINLINE int new_one(int n) { sink -= n; return n * 2 + 1000; }

NOINLINE int wrapped(int n) { sink += n; return n + 7; }
NOINLINE int wrap(int n) { int m = wrapped(n); sink += m; return m + 1000; }

NOINLINE int answer(void) { sink++; return sink > -1000000 ? 6 : 7; }

typedef int function(int);

// A word in writable data, one in constant data, one in a table.
function *variable = old_one;
static function *const constant = old_one;
static function *const table[] = { new_one, old_one, abs };
struct object { const char *name; function *act; };
static const struct object object = { "object", old_one };

NOINLINE int tail(int n) { return old_one(n); }
NOINLINE int conditional(int n) { if (n > sink + 100000) return 0; return old_one(n + 1); }
NOINLINE int through(function *f, int n) { return f(n) + 1; }

static int by_value(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static int started;
__attribute__((constructor)) static void start(void) { started = old_one(21); }

static void say(const char *way, int got, int old) {
    const char *who = got == old ? "old" : got == old + 1000 ? "new" : "neither";
    printf("%s: %s\n", way, who);
}

int main(int argc, char **argv) {
    volatile int pick = argc > 99 ? 2 : 1;
    int numbers[] = { 3, 1, 2 };
    say("constructor", started, 42);
    say("direct", old_one(5), 10);
    say("tail", tail(5), 10);
    say("conditional", conditional(5), 12);
    say("variable", variable(5), 10);
    say("constant", (*(function *const volatile *)&constant)(5), 10);
    say("table", table[pick](5), 10);
    say("argument", through(old_one, 5), 11);
    say("object", (*(function *const volatile *)&object.act)(5), 10);
    qsort(numbers, 3, sizeof *numbers, by_value);
    printf("sorted: %d %d %d\n", numbers[0], numbers[1], numbers[2]);
    say("wrap", wrapped(5), 12);
    printf("answer: %d\n", answer());
    printf("others: %d %d %s\n", new_one(1), wrap(1) % 1000, strrchr(argv[0], '/') ? "path" : "name");
    return 0;
}
