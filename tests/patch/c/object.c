// An object file's functions, and every way that leads to them from inside it. Compiled by itself, patched, then linked.

#define NOINLINE __attribute__((noinline, used))

static volatile int sink;

NOINLINE int old_one(int n) { sink += n; return n * 2; }
NOINLINE int new_one(int n) { sink -= n; return n * 2 + 1000; }

static NOINLINE int hidden_old(int n) { sink += n; return n * 2; }
static NOINLINE int hidden_new(int n) { sink -= n; return n * 2 + 1000; }

NOINLINE int wrapped(int n) { sink += n; return n * 2; }
NOINLINE int wrap(int n) { int m = wrapped(n); sink += m; return m + 1000; }

// Long enough for what is written over it, and nothing the linker changes.
NOINLINE int answer(int n) { return (n * 3) ^ (n >> 7) ^ (n >> 9); }

// The other file's: one that does as the old ones do, one that does as the new ones.
int away(int n);
int outside(int n);
void say(const char *way, int got, int old);

typedef int function(int);

function *variable = old_one;
static function *volatile hidden_variable = hidden_old;
static function *const table[] = { new_one, old_one, hidden_old, outside };

NOINLINE int tail(int n) { return old_one(n); }
NOINLINE int hidden_tail(int n) { return hidden_old(n); }
NOINLINE int conditional(int n) { if (n > sink + 100000) return 0; return hidden_old(n + 1); }
NOINLINE int through(function *f, int n) { return f(n) + 1; }

void report(int pick) {
    say("direct", old_one(5), 10);
    say("tail", tail(5), 10);
    say("variable", variable(5), 10);
    say("table", table[pick](5), 10);
    say("argument", through(old_one, 5), 11);
    say("hidden direct", hidden_old(5), 10);
    say("hidden tail", hidden_tail(5), 10);
    say("hidden conditional", conditional(5), 12);
    say("hidden variable", hidden_variable(5), 10);
    say("hidden table", table[pick + 1](5), 10);
    say("hidden argument", through(hidden_old, 5), 11);
    say("away", away(5), 10);
    say("away argument", through(away, 5), 11);
    say("wrap", wrapped(5), 10);
}
