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
