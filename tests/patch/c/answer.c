// Answers in the place of another function, with everything an object file can bring along: code of its own, strings,
// variables that begin as something and as nothing, tables of addresses, and a call of what it takes the place of.
// NAME is that function, OWN is what it answers by itself. ALONE is for functions whose own code cannot be called any more.

#ifdef ALONE
static int original(void) { return OWN; }
#else
extern int original(void) __asm__("original:" NAME);
#endif
extern int no_such_function(int) __attribute__((weak));

static int calls;
static int zeroes[3000];
static int steps_left = 2;
int common_to_all;

static int add(int n) { return n + 20; }
static int subtract(int n) { return n - 18; }

// These are addresses: who loads the program must complete them.
static int (*const steps[])(int) = {add, subtract};
static const char *words[] = {"forty", "two"};

static int word(int n) {
    // A jump table, where the compiler makes one.
    switch (n) {
    case 0: return 1;
    case 1: return 20;
    case 2: return 300;
    case 3: return 4000;
    case 4: return 50000;
    default: return n;
    }
}

int answer(void) {
    int sum = original() - OWN;
    const char **said = words;
    __asm__ volatile("" : "+r"(said));
    calls++;
    common_to_all++;
    zeroes[calls * 7 % 3000] += calls;
    while (steps_left > 0)
        sum = steps[--steps_left](sum);
    sum += said[0][0] == 'f' && said[1][0] == 't' ? word(said[1][2] - 'n') : 1000;
    sum += zeroes[calls * 7 % 3000] - calls;
    if (no_such_function)
        sum += no_such_function(sum);
    return sum + 40 - 20 * calls + common_to_all - calls;
}
