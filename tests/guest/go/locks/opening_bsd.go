//go:build dragonfly || freebsd || netbsd

package main

import (
	"syscall"

	"guest/internal/tell"
)

// byOpening takes a lock in the act of opening, which Linux cannot.
func byOpening() {
	one, err := syscall.Open("file", syscall.O_RDWR|syscall.O_EXLOCK, 0)
	tell.Line("open exclusive: %s", tell.Errno(err))
	_, err = syscall.Open("file", syscall.O_RDWR|syscall.O_EXLOCK|syscall.O_NONBLOCK, 0)
	tell.Line("open exclusive again: %s", tell.Errno(err))
	_, err = syscall.Open("file", syscall.O_RDONLY|syscall.O_SHLOCK|syscall.O_NONBLOCK, 0)
	tell.Line("open shared: %s", tell.Errno(err))
	two, err := syscall.Open("file", syscall.O_RDONLY, 0)
	tell.Line("open without: %s", tell.Errno(err))
	tell.Line("flock: %s", tell.Errno(syscall.Flock(two, syscall.LOCK_SH|syscall.LOCK_NB)))
	syscall.Close(one)
	one, err = syscall.Open("file", syscall.O_RDONLY|syscall.O_SHLOCK|syscall.O_NONBLOCK, 0)
	tell.Line("open shared: %s", tell.Errno(err))
	tell.Line("share it: %s", tell.Errno(syscall.Flock(two, syscall.LOCK_SH|syscall.LOCK_NB)))
	syscall.Close(one)
	syscall.Close(two)
}
