// systems: freebsd
// cpus: arm64
// Calls that older programs make: the short stat and the short directory records.
#include "raw.h"

enum { SYS_old_fstat = 189, SYS_fstat = 551, SYS_old_getdirentries = 196 };

int start(int argc, char **argv, char **envp) {
    u8 old[120 + 8], new[224 + 8];
    int fd = call(SYS_open, "file", 0x602, 0640).value;
    call(SYS_write, fd, "0123456789", 10);
    memset(old, 0xee, sizeof old), memset(new, 0xee, sizeof new);
    struct answer answer = call(SYS_old_fstat, fd, old);
    check("old stat", !answer.carry, answer.value);
    answer = call(SYS_fstat, fd, new);
    check("new stat", !answer.carry, answer.value);
    line("old size", *(i64 *)(old + 72));
    line("new size", *(i64 *)(new + 112));
    check("same inode", (u32) * (u64 *)(new + 8) == *(u32 *)(old + 4), *(u32 *)(old + 4));
    check("same mode", *(u16 *)(new + 24) == *(u16 *)(old + 8), *(u16 *)(old + 8));
    check("same time", *(u64 *)(new + 64) == *(u64 *)(old + 40), 0);
    check("nothing behind", old[120] == 0xee && new[224] == 0xee, 0);
    int dir = call(SYS_open, ".", 0, 0).value;
    u8 records[512];
    i64 base = 0;
    answer = call(SYS_old_getdirentries, dir, records, sizeof records, &base);
    int count = 0, found = 0;
    for (u64 at = 0; !answer.carry && at < answer.value; at += *(u16 *)(records + at + 4), count++)
        found |= is((char *)records + at + 8, "file");
    line("old records", count);
    check("the file among them", found, answer.value);
    return 0;
}
