// Nobody listens where it connects to first, somebody does where it connects to then.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// silent
// with: explain
package main

import (
	"log"
	"net"
)

func main() {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	there, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	gone.Close()
	if _, err := net.Dial("tcp", gone.Addr().String()); err == nil {
		log.Fatal("somebody listens")
	}
	if _, err := net.Dial("tcp", there.Addr().String()); err != nil {
		log.Fatal(err)
	}
}
