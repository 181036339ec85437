// Planted: whether a socket from accept inherits O_NONBLOCK.
package main

import (
	"diff/internal/plain"
	"fmt"
	"syscall"
	"time"
)

func main() {
	listener, address := plain.Listener()
	plain.Must(syscall.SetNonblock(listener, true))
	client := plain.Client(address)
	accepted, _, err := syscall.Accept(listener)
	for err == syscall.EAGAIN {
		time.Sleep(time.Millisecond)
		accepted, _, err = syscall.Accept(listener)
	}
	plain.Must(err)
	go func() {
		time.Sleep(100 * time.Millisecond)
		syscall.Write(client, []byte("hello"))
	}()
	var buffer [16]byte
	n, err := syscall.Read(accepted, buffer[:])
	fmt.Println(n, err != nil)
	plain.Busy()
}
