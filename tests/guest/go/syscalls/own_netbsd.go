package main

import (
	"syscall"

	"guest/internal/tell"
)

// own: sysctl as a protocol.
func own() {
	sysctls()
}

// bidirectional: pipes go one way here.
func bidirectional() { tell.Line("pipe backwards: not here") }

func relatives() { relative(syscall.SYS_UNLINKAT, ^uintptr(99), 0x800) }

func maps() {}
