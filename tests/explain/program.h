// What programs of the corpus have on every system: `main`, `call`, `map`, `die`, threads of nothing.
#pragma once
#ifdef __linux__
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;
static inline void say(const char *text) { write(1, text, strlen(text)); }
#else
#include "raw.h"
#define main(...) start(int argc, char **argv, char **envp)
#endif
#define noinline __attribute__((noinline))
// A value that the compiler cannot see through.
#define hidden(value) ({ __auto_type hidden_ = (value); __asm__ volatile("" : "+r"(hidden_)); hidden_; })
#define SPELT_(text) #text
#define SPELT(text) SPELT_(text)
// A function that returns 0, as machine code.
#ifdef __aarch64__
#define RETURN_0 {0, 0, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6}
#else
#define RETURN_0 {0x31, 0xc0, 0xc3}
#endif
// Writes machine code as its CPU wants it told.
static inline void put_code(void *to, const u8 *code, u64 len) {
    for (u64 n = 0; n < len; n++) ((volatile u8 *)to)[n] = code[n];
#ifdef __aarch64__
    for (u64 n = 0; n < len; n += 4) __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" : : "r"((u8 *)to + n) : "memory");
#endif
}
