// Listens twice at the same address.
// systems: linux dragonfly freebsd netbsd
// cpus: arm64
// code: E0973
// cause: the address is in use (EADDRINUSE)
// status: 1
// with: explain
package main

import (
	"log"
	"net"
)

func main() {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := net.Listen("tcp", first.Addr().String()); err != nil {
		log.Fatal(err)
	}
}
