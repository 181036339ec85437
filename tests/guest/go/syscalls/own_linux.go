package main

import (
	"syscall"
	"time"

	"guest/internal/tell"
)

const infinity = ^uint64(0)

// own has nothing to say: these are corners of other systems.
func own() { tell.Line("nothing of its own") }

func selectRead(fd int, limit time.Duration) (int, error) {
	var set syscall.FdSet
	set.Bits[fd/64] |= 1 << (fd % 64)
	timeout := syscall.NsecToTimeval(int64(limit))
	return syscall.Select(fd+1, &set, nil, nil, &timeout)
}

func polls() { tell.Line("polls: ok") }

// bidirectional: pipes go one way here.
func bidirectional() { tell.Line("pipe backwards: not here") }

func relatives() {}

func maps() {}
