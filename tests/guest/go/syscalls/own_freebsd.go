package main

import (
	"syscall"
	"unsafe"

	"guest/internal/tell"
)

// own: sysctl as a protocol.
func own() {
	sysctls()
	byName()
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

// byName turns a name into numbers with {0, 3}.
func byName() {
	name := []byte("kern.ostype")
	numbers := make([]uint32, 24)
	size := uintptr(len(numbers) * 4)
	mib := []uint32{0, 3}
	_, _, errno := syscall.Syscall6(syscall.SYS___SYSCTL, uintptr(unsafe.Pointer(&mib[0])), 2, uintptr(unsafe.Pointer(&numbers[0])),
		uintptr(unsafe.Pointer(&size)), uintptr(unsafe.Pointer(&name[0])), uintptr(len(name)))
	tell.Check("by name", errno == 0 && size == 8 && numbers[0] == 1 && numbers[1] == 1, errno, size, numbers[:2])
}

const (
	mapPrivate = 2
	mapFixed   = 0x10
	mapAnon    = 0x1000
	mapGuard   = 0x2000
	mapExcl    = 0x4000
	aligned    = 24
)

func mmap(address, size, protection, flags uintptr, fd int) (uintptr, syscall.Errno) {
	at, _, errno := syscall.Syscall6(syscall.SYS_MMAP, address, size, protection, flags, uintptr(fd), 0)
	return at, errno
}

func maps() {
	at, errno := mmap(0, 4<<20, 3, mapPrivate|mapAnon|21<<aligned, -1)
	tell.Check("aligned to 2 MiB", errno == 0 && at%(2<<20) == 0, at, errno)
	_, errno = mmap(at, 4096, 3, mapPrivate|mapAnon|mapFixed|mapExcl, -1)
	tell.Check("exclusive", errno != 0, errno)
	tell.Line("exclusive: %s", tell.Errno(errno))
	again, errno := mmap(at, 4096, 3, mapPrivate|mapAnon|mapFixed, -1)
	tell.Check("fixed", errno == 0 && again == at, errno)
	guard, errno := mmap(0, 1<<20, 0, mapGuard, -1)
	tell.Check("guard", errno == 0 && guard != 0, errno)
	// Anonymous memory with a descriptor is an error here, none on Linux.
	_, errno = mmap(0, 4096, 3, mapPrivate|mapAnon, 1)
	tell.Line("anonymous with a descriptor: %s", tell.Errno(errno))
	_, errno = mmap(0, 4096, 3, mapAnon, -1)
	tell.Line("neither shared nor private: %s", tell.Errno(errno))
}

func relatives() { relative(syscall.SYS_UNLINKAT, ^uintptr(99), 0x800) }
