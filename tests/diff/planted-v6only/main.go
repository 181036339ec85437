// Planted: the default of IPV6_V6ONLY.
package main

import (
	"diff/internal/plain"
	"fmt"
	"syscall"
)

func main() {
	plain.Busy()
	fd, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0)
	plain.Must(err)
	value, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY)
	plain.Must(err)
	plain.Busy()
	if value != 0 {
		fmt.Println("IPv6 only")
	}
	syscall.Close(fd)
}
