// The other file: what an object file is linked with. Each line says which function answered.
#include <stdio.h>

int old_one(int n);
int wrapped(int n);
int new_one(int n);
int wrap(int n);
int answer(int n);
void report(int pick);

int away(int n) { return n * 2; }
int outside(int n) { return n * 2 + 1000; }

void say(const char *way, int got, int old) {
    const char *who = got == old ? "old" : got == old + 1000 ? "new" : "neither";
    printf("%s: %s\n", way, who);
}

int main(int argc, char **argv) {
    (void)argv;
    report(argc > 99 ? 0 : 1);
    say("other file", old_one(5), 10);
    say("other file, wrap", wrapped(5), 10);
    printf("answer: %d\n", answer(2));
    printf("others: %d %d\n", new_one(1), wrap(1));
    return 0;
}
