//go:build dragonfly || freebsd || netbsd

package main

import (
	"syscall"
	"time"
	"unsafe"

	"guest/internal/tell"
)

const infinity = uint64(1<<63 - 1)

func selectRead(fd int, limit time.Duration) (int, error) {
	var set syscall.FdSet
	bits := (*[32]uint32)(unsafe.Pointer(&set))
	bits[fd/32] |= 1 << (fd % 32)
	timeout := syscall.NsecToTimeval(int64(limit))
	n, _, errno := syscall.Syscall6(syscall.SYS_SELECT, uintptr(fd+1), uintptr(unsafe.Pointer(&set)), 0, 0, uintptr(unsafe.Pointer(&timeout)), 0)
	if errno != 0 {
		return -1, errno
	}
	return int(n), nil
}

// polls: the same numbers as on Linux.
func polls() {
	var pair [2]int
	tell.Must(syscall.Pipe(pair[:]))
	entry := struct {
		fd             int32
		events, result int16
	}{fd: int32(pair[0]), events: 1}
	n, _, errno := syscall.Syscall(syscall.SYS_POLL, uintptr(unsafe.Pointer(&entry)), 1, 10)
	tell.Check("nothing", n == 0 && errno == 0, n, errno)
	syscall.Write(pair[1], []byte("x"))
	n, _, errno = syscall.Syscall(syscall.SYS_POLL, uintptr(unsafe.Pointer(&entry)), 1, 1000)
	tell.Check("something", n == 1 && errno == 0 && entry.result&1 != 0, n, errno, entry.result)
	tell.Line("polls: ok")
}

// sysctl asks by numbers.
func sysctl(mib []uint32, old unsafe.Pointer, size *uintptr) error {
	_, _, errno := syscall.Syscall6(syscall.SYS___SYSCTL, uintptr(unsafe.Pointer(&mib[0])), uintptr(len(mib)), uintptr(old), uintptr(unsafe.Pointer(size)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// sysctls: a null buffer asks for the length, a short one gets what fits and ENOMEM.
func sysctls() {
	mib := []uint32{1, 1}
	var size uintptr
	tell.Must(sysctl(mib, nil, &size))
	tell.Check("length", size >= 4 && size < 64, size)
	whole := make([]byte, 64)
	full := uintptr(len(whole))
	tell.Must(sysctl(mib, unsafe.Pointer(&whole[0]), &full))
	tell.Check("text ends with a zero", full >= 4 && whole[full-1] == 0, full, whole)
	short := make([]byte, 3)
	few := uintptr(len(short))
	err := sysctl(mib, unsafe.Pointer(&short[0]), &few)
	tell.Line("short: %s, part %v", tell.Errno(err), string(short) == string(whole[:3]))
	var count uint32
	size = 4
	tell.Must(sysctl([]uint32{6, 3}, unsafe.Pointer(&count), &size))
	tell.Check("processors", count >= 1 && size == 4, count, size)
	size = 4
	tell.Line("no such: %v", sysctl([]uint32{99, 99}, unsafe.Pointer(&count), &size) != nil)
}
