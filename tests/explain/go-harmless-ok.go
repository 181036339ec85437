// Looks for files that need not be there, and fails for a reason of its own.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0999
// status: 3
// with: explain
package main

import (
	"net"
	"os"
	"time"
)

func main() {
	if _, err := os.Stat("/etc/ashore-corpus/settings"); err == nil {
		os.Exit(0)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(0)
	}
	listener.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Millisecond))
	listener.Accept()
	println(time.Now().Location().String())
	os.Exit(3)
}
