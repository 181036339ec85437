// Bad addresses: small ones are recovered, large ones crash, both tell the address.
package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"unsafe"

	"guest/internal/tell"
)

type big struct {
	first [64]byte
	field int
}

//go:noinline
func read(at *big) int { return at.field }

//go:noinline
func write(at *big) { at.field = 1 }

// pointer makes an address out of a number where the compiler cannot see it.
//
//go:noinline
func pointer(address uintptr) *byte { return *(**byte)(unsafe.Pointer(&address)) }

func caught(name string, run func()) {
	defer func() {
		err, isRuntime := recover().(runtime.Error)
		if !isRuntime {
			tell.Line("%s: not caught", name)
			return
		}
		if fault, hasAddress := err.(interface{ Addr() uintptr }); hasAddress {
			tell.Line("%s: %v at %#x", name, err, fault.Addr())
			return
		}
		tell.Line("%s: %v", name, err)
	}()
	run()
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "crash" {
		address, err := strconv.ParseUint(os.Args[2], 0, 64)
		tell.Must(err)
		tell.Line("about to touch %#x", address)
		*pointer(uintptr(address)) = 1
		return
	}
	if len(os.Args) > 1 && os.Args[1] == "nil" {
		write(nil)
		return
	}
	var none *big
	var text *string
	var function func()
	caught("read", func() { read(none) })
	caught("write", func() { write(none) })
	caught("string", func() { _ = len(*text) })
	caught("call", func() { function() })
	for i := 0; i < 200; i++ {
		func() {
			defer func() { recover() }()
			write(none)
		}()
	}
	tell.Line("many were caught")

	done := make(chan bool)
	for i := 0; i < 8; i++ {
		go func() {
			runtime.LockOSThread()
			defer func() { done <- recover() != nil }()
			read(none)
		}()
	}
	for i := 0; i < 8; i++ {
		if !<-done {
			tell.Line("a thread did not catch")
		}
	}
	tell.Line("every thread caught")

	debug.SetPanicOnFault(true)
	caught("high address", func() { *pointer(0x10_0000_0000) = 1 })
	page, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	tell.Must(err)
	start := uintptr(unsafe.Pointer(&page[0]))
	tell.Must(tell.Protect(page, syscall.PROT_READ))
	func() {
		defer func() {
			fault, isFault := recover().(interface{ Addr() uintptr })
			tell.Check("read-only page", isFault && fault.Addr() == start+100, fault)
		}()
		page[100] = 1
	}()
	tell.Must(tell.Protect(page, syscall.PROT_READ|syscall.PROT_WRITE))
	page[100] = 7
	tell.Line("writable again: %d", page[100])
	tell.Must(syscall.Munmap(page))
	func() {
		defer func() {
			fault, isFault := recover().(interface{ Addr() uintptr })
			tell.Check("unmapped page", isFault && fault.Addr() == start, fault)
		}()
		*pointer(start) = 1
		tell.Line("write to an unmapped page went on")
	}()
}
