// Dies at a known place with known values in memory, while another thread is at another known place. With
// GOTRACEBACK=crash the runtime ends by SIGABRT.
package main

import (
	"runtime"
	"sync/atomic"
)

var (
	// KnownNumber and KnownText are what a core file must show.
	KnownNumber = 0x5eed
	KnownText   = "a core file shows this"

	isThere atomic.Bool
	counter atomic.Int64
)

//go:noinline
func secondPlace() {
	isThere.Store(true)
	for {
		counter.Add(1)
	}
}

//go:noinline
func innermost(at *int, value int) { *at = value }

//go:noinline
func middle(at *int) {
	innermost(at, KnownNumber+len(KnownText))
	KnownNumber++
}

func main() {
	go func() {
		runtime.LockOSThread()
		secondPlace()
	}()
	for !isThere.Load() {
		runtime.Gosched()
	}
	middle(nil)
}
