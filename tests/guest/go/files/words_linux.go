package main

import "syscall"

const directory = syscall.O_DIRECTORY
