// systems: dragonfly freebsd netbsd
// cpus: arm64
// Registers and stack at the entry point, and the auxiliary vector with this system's numbers only.
#include "raw.h"

int start(int argc, char **argv, char **envp) {
    line("argc", argc);
    say("argv[1] "), say(argv[1]), say("\n");
    check("argv ends", argv[argc] == 0, 0);
#if NETBSD && __aarch64__
    // x0 would be a function to call at exit; x2 points to four words about the program.
    check("no clean-up function", entry[0] == 0, entry[0]);
    u64 *strings = (u64 *)entry[2];
    check("ps_strings", strings && strings[0] == (u64)argv && (int)strings[1] == argc && strings[2] == (u64)envp, entry[2]);
#elif __aarch64__
    // x2 would be a function to call at exit.
    check("no clean-up function", entry[2] == 0, entry[2]);
    u64 where = entry[0];
    check("stack pointer", entry[16] == (where & ~15UL), entry[16] - where);
    extern void _start(void);
    check("the other registers", entry[1] == 0 && entry[3] == 0 && entry[6] == 0 && entry[17] == (u64)_start, 0);
#elif NETBSD
    // rdx would be a function to call at exit; rbx points to four words about the program.
    check("no clean-up function", entry[3] == 0, entry[3]);
    u64 *strings = (u64 *)entry[1];
    check("ps_strings", strings && strings[0] == (u64)argv && (int)strings[1] == argc && strings[2] == (u64)envp, entry[1]);
#else
    // rsi would be a function to call at exit.
    check("no clean-up function", entry[4] == 0, entry[4]);
    u64 where = entry[5];
    check("stack pointer", entry[7] == ((where - 8) & ~15UL) + 8, entry[7] - where);
    check("the other registers", entry[0] == 0 && entry[2] == 0 && entry[3] == 0 && entry[6] == 0, 0);
#endif
    char **at = envp;
    int found = 0;
    for (; *at; at++) {
        char *text = *at;
        found |= text[0] == 'C' && text[1] == 'A' && text[2] == 'S' && text[3] == 'E' && text[4] == '_';
    }
    check("environment", found, 0);
    u64 page = 0, entry_point = 0, base = 0;
    for (u64 *aux = (u64 *)(at + 1); aux[0]; aux += 2) {
        switch (aux[0]) {
        case 6: page = aux[1]; break;
        case 7: base = aux[1]; break;
        case 9: entry_point = aux[1]; break;
#if FREEBSD
        // 25 and 26 are processor features here and random bytes and more on Linux; 31 is a count.
        case 19: if (aux[1] < 1 || aux[1] > 4095) check("processors", 0, aux[1]); break;
        case 25: if (aux[1] >> 32) check("features are no address", 0, aux[1]); break;
        case 29: if (aux[1] != (u64)argv) check("arguments", 0, aux[1]); break;
        case 28: if ((int)aux[1] != argc) check("their number", 0, aux[1]); break;
        case 31: if (aux[1] != (u64)envp) check("environment pointer", 0, aux[1]); break;
        case 33: check("no Linux vDSO", 0, aux[1]); break;
#else
        case 25: case 31: case 33: check("a Linux entry leaks", 0, aux[0]); break;
#endif
        }
    }
    line("page size", page);
    check("entry point", entry_point == 0 || entry_point > 0x1000, entry_point);
    check("no interpreter", base == 0, base);
    return 0;
}
