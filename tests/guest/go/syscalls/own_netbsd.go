package main

import (
	"syscall"

	"guest/internal/tell"
)

// own: sysctl, and descriptors relative to a directory by this system's numbers.
func own() {
	sysctls()
	relative(syscall.SYS_UNLINKAT, ^uintptr(99), 0x800)
}

// bidirectional: pipes go one way here.
func bidirectional() { tell.Line("pipe backwards: not here") }
