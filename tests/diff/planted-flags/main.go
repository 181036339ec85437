// Planted: whether a socket from accept inherits O_NONBLOCK, asked by its flags.
package main

import (
	"diff/internal/plain"
	"syscall"
	"time"
)

func main() {
	plain.Busy()
	listener, address := plain.Listener()
	plain.Must(syscall.SetNonblock(listener, true))
	client := plain.Client(address)
	accepted, _, err := syscall.Accept(listener)
	for err == syscall.EAGAIN {
		time.Sleep(time.Millisecond)
		accepted, _, err = syscall.Accept(listener)
	}
	plain.Must(err)
	syscall.Syscall(syscall.SYS_FCNTL, uintptr(accepted), syscall.F_GETFL, 0)
	syscall.Close(accepted)
	syscall.Close(client)
	plain.Busy()
}
