package main

import "syscall"

// own: sysctl, and descriptors relative to a directory by this system's numbers.
func own() {
	sysctls()
	relative(syscall.SYS_UNLINKAT, ^uintptr(99), 0x800)
}
