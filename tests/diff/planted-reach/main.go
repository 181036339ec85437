// Planted: whether IPv6's wildcard takes IPv4 connections.
package main

import (
	"diff/internal/plain"
	"fmt"
	"syscall"
)

func main() {
	plain.Busy()
	six, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	plain.Must(err)
	plain.Must(syscall.Bind(six, &syscall.SockaddrInet6{}))
	plain.Must(syscall.Listen(six, 8))
	address, err := syscall.Getsockname(six)
	plain.Must(err)
	four, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	plain.Must(err)
	port := address.(*syscall.SockaddrInet6).Port
	err = syscall.Connect(four, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	fmt.Println("reached:", err == nil)
}
