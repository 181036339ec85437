// Package plain holds what the programs share: raw sockets and errors.
package plain

import (
	"fmt"
	"os"
	"syscall"
)

// Must ends the program when something that cannot fail did.
func Must(err error) {
	if err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(3)
	}
}

// Listener is a raw socket that listens on a port of the loopback, and its address.
func Listener() (int, syscall.Sockaddr) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	Must(err)
	Must(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	Must(syscall.Listen(fd, 8))
	address, err := syscall.Getsockname(fd)
	Must(err)
	return fd, address
}

// Client is a raw socket connected to an address.
func Client(address syscall.Sockaddr) int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	Must(err)
	Must(syscall.Connect(fd, address))
	return fd
}

// Busy does what programs do beside: files, goroutines and memory.
func Busy() {
	done := make(chan int)
	for i := range 4 {
		go func() {
			sum := 0
			for _, b := range make([]byte, 1<<16) {
				sum += int(b) + i
			}
			done <- sum
		}()
	}
	for range 4 {
		<-done
	}
	folder, err := os.MkdirTemp("", "busy")
	Must(err)
	Must(os.WriteFile(folder+"/file", []byte("busy"), 0o600))
	Must(os.Rename(folder+"/file", folder+"/other"))
	Must(os.RemoveAll(folder))
}
