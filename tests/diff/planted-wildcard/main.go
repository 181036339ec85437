// Planted: whether IPv4's wildcard is free when IPv6's is taken.
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
	err = syscall.Bind(four, &syscall.SockaddrInet4{Port: address.(*syscall.SockaddrInet6).Port})
	fmt.Println("free:", err == nil)
}
