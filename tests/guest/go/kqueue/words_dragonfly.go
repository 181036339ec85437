package main

import (
	"syscall"
	"unsafe"
)

// The filter and flags the syscall package does not name, from sys/event.h.
const (
	hasUser    = true
	filterUser = -9
	dispatch   = 0x80
	receipt    = 0x40
)

func filterOf(filter int) int { return filter }

func setUdata(event *syscall.Kevent_t, value uintptr) {
	*(*uintptr)(unsafe.Pointer(&event.Udata)) = value
}

func udata(event *syscall.Kevent_t) uintptr { return *(*uintptr)(unsafe.Pointer(&event.Udata)) }
