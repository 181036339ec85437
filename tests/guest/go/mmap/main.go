// Memory maps: anonymous, of files, shared, protected, at fixed places, advised.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"syscall"
	"unsafe"

	"guest/internal/tell"
)

const page = 4096

func main() {
	if len(os.Args) > 1 {
		child()
		return
	}
	anonymous()
	file()
	advice()
	protect()
	failures()
}

func anonymous() {
	memory, err := syscall.Mmap(-1, 0, 16*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	tell.Must(err)
	tell.Check("zeroed", bytes.Count(memory, []byte{0}) == len(memory))
	tell.Check("aligned", uintptr(unsafe.Pointer(&memory[0]))%page == 0)
	for i := range memory {
		memory[i] = byte(i)
	}
	tell.Line("kept %d", memory[1000])
	tell.Must(syscall.Munmap(memory))
	large, err := syscall.Mmap(-1, 0, 1<<36, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	tell.Check("reserve 64 GiB", err == nil && len(large) == 1<<36, err)
	tell.Must(syscall.Munmap(large))
}

func file() {
	tell.Must(os.WriteFile("data", bytes.Repeat([]byte("abcdefgh"), page), 0o644))
	handle, err := os.OpenFile("data", os.O_RDWR, 0)
	tell.Must(err)
	fd := int(handle.Fd())
	private, err := syscall.Mmap(fd, page, page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	tell.Must(err)
	private[0] = 'X'
	text, _ := os.ReadFile("data")
	tell.Line("private: %c in the file", text[page])
	shared, err := syscall.Mmap(fd, 2*page, page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	tell.Must(err)
	copy(shared, "SHARED")
	text, _ = os.ReadFile("data")
	tell.Line("shared: %s in the file", text[2*page:2*page+8])
	out, err := exec.Command(os.Args[0], "child").CombinedOutput()
	tell.Line("child: %q %v", out, err)
	tell.Line("from the child: %s", shared[8:13])
	tell.Must(syscall.Munmap(shared))
	tell.Must(syscall.Munmap(private))
	handle.Close()
}

func child() {
	handle, err := os.OpenFile("data", os.O_RDWR, 0)
	tell.Must(err)
	shared, err := syscall.Mmap(int(handle.Fd()), 2*page, page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	tell.Must(err)
	fmt.Printf("sees %s", shared[:6])
	copy(shared[8:], "child")
}

// advice: MADV_DONTNEED keeps anonymous contents on the BSDs and drops them on Linux.
func advice() {
	memory, err := syscall.Mmap(-1, 0, 4*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	tell.Must(err)
	copy(memory[page:], "contents")
	tell.Must(advise(memory, dontNeed))
	tell.Line("after MADV_DONTNEED: %q", memory[page:page+8])
	tell.Must(advise(memory, free))
	memory[page] = 'w'
	tell.Line("after MADV_FREE it can be written: %c", memory[page])
	tell.Must(syscall.Munmap(memory))
}

func advise(memory []byte, how uintptr) error {
	_, _, errno := syscall.Syscall(syscall.SYS_MADVISE, uintptr(unsafe.Pointer(&memory[0])), uintptr(len(memory)), how)
	if errno != 0 {
		return errno
	}
	return nil
}

func protect() {
	debug.SetPanicOnFault(true)
	memory, err := syscall.Mmap(-1, 0, 4*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	tell.Must(err)
	faults := func(name string, run func()) {
		defer func() { tell.Line("%s: fault %v", name, recover() != nil) }()
		run()
	}
	tell.Must(tell.Protect(memory[page:2*page], syscall.PROT_NONE))
	faults("before", func() { memory[page-1] = 1 })
	faults("read none", func() { memory[0] = memory[page] })
	faults("write none", func() { memory[page] = 1 })
	faults("behind", func() { memory[2*page] = 1 })
	tell.Must(tell.Protect(memory[page:2*page], syscall.PROT_READ))
	faults("read", func() { memory[0] = memory[page] })
	faults("write", func() { memory[page] = 1 })
	copy(memory, answering(42))
	tell.Must(tell.Protect(memory[:page], syscall.PROT_READ|syscall.PROT_EXEC))
	entry := uintptr(unsafe.Pointer(&memory[0]))
	tell.Line("made code answers %d", call(entry))
	tell.Must(tell.Protect(memory[:page], syscall.PROT_READ|syscall.PROT_WRITE))
	copy(memory, answering(43))
	tell.Must(tell.Protect(memory[:page], syscall.PROT_READ|syscall.PROT_EXEC))
	tell.Line("changed code answers %d", call(entry))
	tell.Must(syscall.Munmap(memory))
}

// call jumps to an address; see call_amd64.s and its like.
func call(entry uintptr) uint64

func failures() {
	_, err := syscall.Mmap(-1, 0, 0, syscall.PROT_READ, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	tell.Line("no length: %s", tell.Errno(err))
	_, err = syscall.Mmap(999, 0, page, syscall.PROT_READ, syscall.MAP_SHARED)
	tell.Line("no file: %s", tell.Errno(err))
	handle, err := os.Open("data")
	tell.Must(err)
	_, err = syscall.Mmap(int(handle.Fd()), 0, page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	tell.Line("read-only file: %s", tell.Errno(err))
	tell.Line("not a map: %s", tell.Errno(syscall.Munmap(make([]byte, 1))))
}
