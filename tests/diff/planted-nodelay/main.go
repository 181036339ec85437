// Planted: what a set TCP_NODELAY reads back as.
package main

import (
	"diff/internal/plain"
	"fmt"
	"syscall"
)

func main() {
	_, address := plain.Listener()
	client := plain.Client(address)
	plain.Must(syscall.SetsockoptInt(client, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1))
	value, err := syscall.GetsockoptInt(client, syscall.IPPROTO_TCP, syscall.TCP_NODELAY)
	plain.Must(err)
	plain.Busy()
	fmt.Println(value == 1)
}
