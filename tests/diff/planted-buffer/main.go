// Planted: what SO_RCVBUF reads back as.
package main

import (
	"diff/internal/plain"
	"fmt"
	"syscall"
)

func main() {
	listener, _ := plain.Listener()
	plain.Busy()
	plain.Must(syscall.SetsockoptInt(listener, syscall.SOL_SOCKET, syscall.SO_RCVBUF, 20000))
	size, err := syscall.GetsockoptInt(listener, syscall.SOL_SOCKET, syscall.SO_RCVBUF)
	plain.Must(err)
	fmt.Println(size > 30000)
}
