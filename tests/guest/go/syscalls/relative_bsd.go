//go:build dragonfly || freebsd || netbsd

package main

import (
	"os"
	"syscall"
	"unsafe"

	"guest/internal/tell"
)

// relative removes a directory through unlinkat with the numbers given, wrong flag first.
func relative(unlinkat, cwd, removeDirectory uintptr) {
	tell.Must(os.Mkdir("relative", 0o755))
	name, err := syscall.BytePtrFromString("relative")
	tell.Must(err)
	_, _, errno := syscall.Syscall(unlinkat, cwd, uintptr(unsafe.Pointer(name)), 0)
	tell.Line("unlinkat without the flag: %s", tell.Errno(errno))
	_, _, errno = syscall.Syscall(unlinkat, cwd, uintptr(unsafe.Pointer(name)), removeDirectory)
	tell.Check("unlinkat", errno == 0, errno)
	_, _, errno = syscall.Syscall(unlinkat, cwd, uintptr(unsafe.Pointer(name)), removeDirectory)
	tell.Line("unlinkat again: %s", tell.Errno(errno))
	// A 32-bit value of the same meaning.
	tell.Must(os.Mkdir("relative", 0o755))
	_, _, errno = syscall.Syscall(unlinkat, cwd&0xffffffff, uintptr(unsafe.Pointer(name)), removeDirectory)
	tell.Check("unlinkat, 32 bits", errno == 0, errno)
	_, _, errno = syscall.Syscall(unlinkat, 999, uintptr(unsafe.Pointer(name)), 0)
	tell.Line("unlinkat nowhere: %s", tell.Errno(errno))
}
