package main

import (
	"syscall"
	"time"
	"unsafe"
)

// interval is the record of setitimer; microseconds are eight bytes or four and padding everywhere.
type interval struct {
	again, first struct{ seconds, micros int64 }
}

func alarm(after time.Duration) error {
	var value interval
	value.first.micros = after.Microseconds()
	_, _, errno := syscall.Syscall(syscall.SYS_SETITIMER, 0, uintptr(unsafe.Pointer(&value)), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
