package main

import (
	"syscall"

	"guest/internal/tell"
)

// own: sysctl as a protocol.
func own() {
	sysctls()
}

// bidirectional: a pipe takes data at either end.
func bidirectional() {
	var pair [2]int
	tell.Must(syscall.Pipe(pair[:]))
	n, err := syscall.Write(pair[0], []byte("back"))
	tell.Line("pipe backwards: %d %v", n, err)
	if err != nil {
		return
	}
	buffer := make([]byte, 8)
	n, err = syscall.Read(pair[1], buffer)
	tell.Line("pipe backwards: %q %v", buffer[:n], err)
}

func relatives() {
	// AT_FDCWD is -328243 and AT_REMOVEDIR 2.
	const cwd = ^uintptr(328243 - 1)
	relative(syscall.SYS_UNLINKAT, cwd, 2)
}

func maps() {}
